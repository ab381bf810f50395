"""Taking an alert: by the link in the page, by texting its code back, or in the workspace.

Only a person ends an alert, and the first one to do so stands. The link's token is derived from
the alert's id with a key of ours, so it need not be stored and cannot be guessed.
"""

from __future__ import annotations

import hmac
import logging
import re

from sqlalchemy import Connection

from bot.consults.alert import acknowledge
from bot.core.clinic import Clinic
from bot.core.errors import NotFound, StoreUnavailable
from bot.core.messages import Channel, InboundMessage
from bot.services.parts import Parts
from bot.store.alerts import (
    AlertStep,
    StoredAlert,
    add_step,
    find_alert,
    find_open_by_code,
    save_alert,
)
from bot.store.engine import store_errors

CODE = re.compile(r"\s*([0-9]{4})\s*(?:\.\s*)?", re.ASCII)
TOKEN_LENGTH = 32

log = logging.getLogger(__name__)


def alert_token(parts: Parts, alert_id: str) -> str:
    """Return what the link to an alert must carry: 128 bits that only we can make."""
    return parts.address_hash.of("alerts", "link", alert_id).hex()[:TOKEN_LENGTH]


def alert_link(parts: Parts, alert_id: str) -> str:
    """Return the address that stands in a page; it says nothing about a patient."""
    return f"{parts.public_url}/alerts/{alert_id}/{alert_token(parts, alert_id)}"


def open_by_link(parts: Parts, alert_id: str, token: str) -> bool:
    """Return whether the alert is still open. Raises NotFound if the link is not one of ours."""
    _check(parts, alert_id, token)
    with store_errors(), parts.engine.begin() as connection:
        stored = find_alert(connection, alert_id)
    if stored is None:
        raise NotFound("no such alert")
    return stored.alert.is_open


def take_by_link(parts: Parts, alert_id: str, token: str) -> bool:
    """Acknowledge the alert; false if somebody has before. Raises NotFound, StoreUnavailable."""
    _check(parts, alert_id, token)
    return take(parts, alert_id, by="link")


def take_by_call(parts: Parts, alert_id: str) -> tuple[str, str]:
    """Acknowledge the alert for whoever pressed a key; return what to say, and its language.

    The address that leads here stands only in the call's own TwiML, and Twilio signs for it.
    Raises NotFound, StoreUnavailable.
    """
    with store_errors(), parts.engine.begin() as connection:
        stored = find_alert(connection, alert_id)
        if stored is None:
            raise NotFound("no such alert")
        taken = _take(parts, connection, stored, by="call")
    clinic = parts.clinics.of(stored.clinic_id)
    language = clinic.languages[0] if clinic is not None else parts.phrases.languages[0]
    key = "alert_taken" if taken else "alert_gone_call"
    return parts.phrases.text(key, language, Channel.SMS, {}), language


def take(parts: Parts, alert_id: str, *, by: str) -> bool:
    """Acknowledge the alert for `by`; false if somebody has before. Raises NotFound."""
    with store_errors(), parts.engine.begin() as connection:
        stored = find_alert(connection, alert_id)
        if stored is None:
            raise NotFound("no such alert")
        return _take(parts, connection, stored, by=by)


def answer_staff(parts: Parts, message: InboundMessage, clinic: Clinic) -> str | None:
    """Return the answer to on-call staff who text a code; None if that is not what this is.

    A text is taken so only if it is four digits and nothing else, from a number of the clinic's
    on-call list. When the database is away the text is None too: then it is kept as any other.
    """
    place, found = _place(message, clinic), CODE.fullmatch(message.text)
    if place is None or found is None:
        return None
    try:
        with store_errors(), parts.engine.begin() as connection:
            stored = find_open_by_code(connection, clinic.id, found[1])
            taken = stored is not None and _take(
                parts, connection, stored, by=f"oncall:{place}"
            )  # fmt: skip
    except StoreUnavailable:
        return None
    key = "alert_taken" if taken else "alert_gone"
    return parts.phrases.text(key, clinic.languages[0], message.channel, {})


def is_staff_code(message: InboundMessage, clinic: Clinic) -> bool:
    """Whether this is four digits and nothing else, from a number of the on-call list."""
    return _place(message, clinic) is not None and CODE.fullmatch(message.text) is not None


def _place(message: InboundMessage, clinic: Clinic) -> int | None:
    phones = (person.phone for person in clinic.on_call)
    return next((n for n, phone in enumerate(phones) if phone == message.patient_address), None)


def _check(parts: Parts, alert_id: str, token: str) -> None:
    if not hmac.compare_digest(token.encode(), alert_token(parts, alert_id).encode()):
        raise NotFound("no such alert")


def _take(parts: Parts, connection: Connection, stored: StoredAlert, *, by: str) -> bool:
    if not stored.alert.is_open:
        return False
    now = parts.now()
    save_alert(connection, acknowledge(stored.alert, by=by, now=now))
    add_step(connection, AlertStep(parts.new_id(), stored.alert.id, "acknowledged"), now=now)
    log.info("alert_taken", extra={"alert_id": stored.alert.id})
    return True
