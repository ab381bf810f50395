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
from bot.core.errors import CallerError, InvalidField, Refused, StoreUnavailable
from bot.core.fail_points import FailPoint, reached
from bot.rules.last_resort import static_emergency_text
from bot.services.emergency import screen
from bot.services.inbound import Reply, keep_answered, receive_at_number
from bot.services.parts import Parts
from bot.services.status import DeliveryReport, note_delivery
from bot.web.answers import TOLD
from bot.web.deadline import REPEAT_SECONDS, WEBHOOK_SECONDS, limited_to
from bot.web.entrances import Entrance, entrance

log = logging.getLogger(__name__)

sms = Blueprint("sms", __name__, url_prefix="/webhooks/twilio")

STATUS_PATH = "/webhooks/twilio/status"
OUR_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
PART = re.compile(r"[1-9][0-9]?", re.ASCII)


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
    """Note what became of one of our texts; the query names it by our own id."""
    try:
        status = read_status(g.twilio_fields)
    except InvalidField as error:
        return _refusal(error)
    part = request.args.get("part", "")
    report = DeliveryReport(
        status.message_sid,
        status.status,
        status.error_code,
        message_id=_our_id("message"),
        outbox_id=_our_id("outbox"),
        part=int(part) if PART.fullmatch(part) else 0,
    )
    return _note_delivery(_parts(), report)


def _our_id(name: str) -> str | None:
    """Return the id of ours that the query carries under `name`, None if it is none."""
    value = request.args.get(name, "")
    return value if OUR_ID.fullmatch(value) else None


def _note_delivery(parts: Parts, report: DeliveryReport) -> Response:
    """Note it, unless the database rests: many callbacks that wait would keep a crisis waiting."""
    if parts.health.is_resting:
        return _empty(HTTPStatus.SERVICE_UNAVAILABLE)
    try:
        with limited_to(WEBHOOK_SECONDS):
            note_delivery(parts, report)
    except StoreUnavailable:
        parts.health.note_failure()
        raise
    return _empty(HTTPStatus.NO_CONTENT)


def _take_turn() -> Reply:
    """Return the reply to the text of this request. Raises Refused for a number of nobody's.

    The text is screened before anything else, so that whatever fails later, and be it this
    program, a crisis has its answer.
    """
    parts = _parts()
    inbound = read_inbound(g.twilio_fields, received_at=parts.now())
    finding = screen(parts, inbound.message)
    reached(FailPoint.TEXT_SCANNED)
    try:
        with limited_to(WEBHOOK_SECONDS):
            reply = receive_at_number(
                parts,
                inbound.message,
                messaging_service_sid=inbound.messaging_service_sid,
                finding=finding,
            )
    except Exception:
        if not finding.fires:
            raise
        log.exception("turn_failed")
        reply = Reply((static_emergency_text(),), is_stored=False, is_lost=True)
    if reply is None:
        raise Refused("no clinic answers at this number")
    if reply.is_lost and not _is_kept_now(parts, inbound):
        log.error("crisis_not_recorded")
    if reply.turn_number:
        setattr(g, TOLD, True)
    return reply


def _is_kept_now(parts: Parts, inbound: InboundText) -> bool:
    """Keep a crisis on disk whose time ran out, or whose turn failed, before that was done."""
    try:
        with limited_to(REPEAT_SECONDS):
            return keep_answered(
                parts, inbound.message, messaging_service_sid=inbound.messaging_service_sid
            )
    except StoreUnavailable:
        return False


def _twiml(reply: Reply) -> Response:
    """Return the reply as TwiML; Twilio reports on each stored text under that text's id."""
    base = current_app.config["PUBLIC_URL"] + STATUS_PATH
    callbacks = [f"{base}?message={message_id}" for message_id in reply.message_ids]
    document = reply_document(reply.texts, status_callbacks=callbacks)
    reached(FailPoint.REPLY_READY)
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
