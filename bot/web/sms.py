"""Twilio's three webhooks: an inbound text, what became of an outbound one, and the fallback.

What must stay true: crisis resources go out whatever else fails, Twilio is never told 429, and a
text that could be neither stored nor answered is a 503, so that Twilio asks the fallback. The
fallback takes the same turn; if even that fails it says where help is.
"""

from __future__ import annotations

import logging
import re
from http import HTTPStatus

from flask import Blueprint, Response, current_app, g, request

from bot.channels.twilio_sms import InboundText, read_inbound, read_status
from bot.channels.twiml import CONTENT_TYPE, reply_document
from bot.core.errors import CallerError, InvalidField, Refused
from bot.core.messages import Channel
from bot.rules.last_resort import static_emergency_text
from bot.services.inbound import Reply, receive, receive_without_clinic
from bot.services.parts import Parts
from bot.services.status import DeliveryReport, note_delivery
from bot.web.deadline import WEBHOOK_SECONDS, limited_to
from bot.web.entrances import Entrance, entrance

log = logging.getLogger(__name__)

sms = Blueprint("sms", __name__, url_prefix="/webhooks/twilio")

STATUS_PATH = "/webhooks/twilio/status"
MESSAGE_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)


@sms.post("/sms")
@entrance(Entrance.TWILIO)
def receive_text() -> Response:
    """Take the turn of one inbound text and answer it."""
    try:
        return _twiml(_take_turn())
    except CallerError as error:
        return _refusal(error)
    except Exception:
        log.exception("text_not_answered")
        return _empty(HTTPStatus.SERVICE_UNAVAILABLE)


@sms.post("/fallback")
@entrance(Entrance.TWILIO)
def receive_fallback() -> Response:
    """Take the turn that the first address could not; say where help is if this cannot either."""
    log.warning("fallback_used")
    try:
        return _twiml(_take_turn())
    except CallerError as error:
        return _refusal(error)
    except Exception:
        log.exception("text_not_answered")
        return _twiml(Reply((static_emergency_text(),), is_stored=False))


@sms.post("/status")
@entrance(Entrance.TWILIO)
def receive_status() -> Response:
    """Note what became of one of our texts; the query names it where the text left in a reply."""
    try:
        status = read_status(g.twilio_fields)
    except InvalidField as error:
        return _refusal(error)
    message_id = request.args.get("message", "")
    report = DeliveryReport(
        status.message_sid,
        status.status,
        status.error_code,
        message_id if MESSAGE_ID.fullmatch(message_id) else None,
    )
    note_delivery(_parts(), report)
    return _empty(HTTPStatus.NO_CONTENT)


def _take_turn() -> Reply:
    """Return the reply to the text of this request. Raises Refused for a number of nobody's."""
    parts = _parts()
    inbound = read_inbound(g.twilio_fields, received_at=parts.now())
    with limited_to(WEBHOOK_SECONDS):
        clinic = parts.clinics.at(
            Channel.SMS, inbound.message.clinic_address, inbound.messaging_service_sid
        )
        if clinic is None:
            return _nobodys_number(parts, inbound)
        return receive(parts, inbound.message, clinic)


def _nobodys_number(parts: Parts, inbound: InboundText) -> Reply:
    """A crisis is answered whatever the number; anything else is refused, and an alarm."""
    log.error("webhook_refused", extra={"reason": "unknown_number"})
    reply = receive_without_clinic(parts, inbound.message)
    if reply is None:
        raise Refused("no clinic answers at this number")
    return reply


def _twiml(reply: Reply) -> Response:
    """Return the reply as TwiML; Twilio reports on each stored text under that text's id."""
    base = current_app.config["PUBLIC_URL"] + STATUS_PATH
    callbacks = [f"{base}?message={message_id}" for message_id in reply.message_ids]
    document = reply_document(reply.texts, status_callbacks=callbacks)
    return Response(document, content_type=CONTENT_TYPE)


def _refusal(error: CallerError) -> Response:
    """Return 403 for what is not ours, 400 (and an alarm) for what cannot be read."""
    if isinstance(error, Refused):
        return _empty(HTTPStatus.FORBIDDEN)
    field = error.field if isinstance(error, InvalidField) else "body"
    log.error("webhook_unreadable", extra={"field": field})
    return _empty(HTTPStatus.BAD_REQUEST)


def _empty(status: HTTPStatus) -> Response:
    return Response(status=status)


def _parts() -> Parts:
    parts: Parts = current_app.extensions["porchlight"]
    return parts
