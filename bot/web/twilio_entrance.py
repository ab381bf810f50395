"""Lets in what Twilio signed, and nothing else. Reads the form once, strictly."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from flask import abort, current_app, g, request

from bot.channels.signature import Fields, SignatureCheck
from bot.channels.twilio_sms import parse_form
from bot.core.errors import InvalidField
from bot.core.fail_points import FailPoint, reached

log = logging.getLogger(__name__)

FORM = "application/x-www-form-urlencoded"
ACCOUNT = "twilio_account"


@dataclass(frozen=True, slots=True)
class TwilioAccount:
    """Our account as webhooks and texts need it; shows no token."""

    account_sid: str
    check: SignatureCheck


def check_twilio() -> None:
    """Abort unless the request is a form that Twilio signed for our account.

    403 for a signature, content type or account that is not right; 400, with an alarm in the
    log, for a body that cannot be read; 413 for one that is too large.
    """
    account: TwilioAccount = current_app.extensions[ACCOUNT]
    if request.mimetype != FORM:
        _refuse("not_a_form")
    fields = _read_form()
    query = request.environ.get("QUERY_STRING", "")
    given = request.headers.get("X-Twilio-Signature")
    if not account.check.accepts(request.path, query, fields, given):
        _refuse("signature_refused")
    if dict(fields).get("AccountSid") != account.account_sid:
        _refuse("account_refused")
    g.twilio_fields = fields
    reached(FailPoint.SIGNATURE_CHECKED)


def _read_form() -> Fields:
    body = request.get_data(cache=False)
    try:
        return parse_form(body)
    except InvalidField as error:
        log.error("webhook_unreadable", extra={"field": error.field, "route": request.path})
        abort(400)


def _refuse(event: str) -> None:
    log.warning("webhook_refused", extra={"reason": event, "route": request.path})
    abort(403)
