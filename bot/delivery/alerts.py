"""Turns due alerts into pages, step by step, until somebody acknowledges.

One transaction takes the alert a step further and puts the pages of that step into the outbox:
either both are there after a crash, or the step is still due. An empty on-call list is a step of
its own, so that the workspace can show that nobody could be called.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from bot.channels.twiml import keypress_document
from bot.consults.alert import advance, is_called, row_due
from bot.core.clinic import Clinic, OnCall
from bot.core.decisions import Priority
from bot.core.fail_points import FailPoint, reached
from bot.core.messages import Channel
from bot.delivery.announcing import announce_alert
from bot.delivery.parts import DeliveryParts
from bot.delivery.senders import Undeliverable
from bot.store.alerts import (
    AlertStep,
    StoredAlert,
    add_step,
    due_alerts,
    is_open_alert,
    is_overtaken,
    save_alert,
)
from bot.store.engine import store_errors
from bot.store.outbox import Departure, OutboxItem, put
from bot.store.page_watch import PAGE_TEXT

ALERTS_AT_ONCE = 20
PAGE_EMAIL = "page-email"
PAGE_CALL = "page-call"
CHANNELS = {PAGE_TEXT: "sms", PAGE_EMAIL: "email", PAGE_CALL: "voice"}
PAGES = frozenset(CHANNELS)
"""Kinds of rows that page somebody, and how the alert's history calls their channel."""


def page_due_alerts(parts: DeliveryParts) -> int:
    """Take every due alert one step further; return how many there were."""
    with store_errors(), parts.engine.begin() as connection:
        due = due_alerts(connection, now=parts.now(), limit=ALERTS_AT_ONCE)
        for stored in due:
            _step(parts, connection, stored)
            reached(FailPoint.ALERT_STEPPED)
    if due:
        reached(FailPoint.ALERT_COMMITTED)
    return len(due)


def _step(parts: DeliveryParts, connection: Connection, stored: StoredAlert) -> None:
    now = parts.now()
    clinic = parts.clinic_of(stored.clinic_id)
    people = clinic.on_call if clinic is not None else ()
    by_voice, row = is_called(stored.alert, now), row_due(stored.alert, now)
    if stored.alert.step == 0:
        ids = {"alert_id": stored.alert.id, "consult_id": stored.consult_id}
        announce_alert(parts, connection, clinic, ids)
    alert, reach = advance(stored.alert, now, people=len(people))
    save_alert(connection, alert)
    paged = 0
    for number, person in enumerate(people[:reach]):
        for kind in _ways(person, by_voice=by_voice):
            _page(parts, connection, stored, number=number, kind=kind, row=row)
            paged += 1
    if not paged:
        step = AlertStep(parts.new_id(), alert.id, "nobody-to-page")
        add_step(connection, step, now=now)
    parts.report("alert.step", alert_id=alert.id, step=alert.step, pages=paged)


def _page(
    parts: DeliveryParts,
    connection: Connection,
    stored: StoredAlert,
    *,
    number: int,
    kind: str,
    row: int,
) -> None:
    """Put one page of one person into the outbox."""
    payload = {
        "alert_id": stored.alert.id,
        "code": stored.code,
        "priority": Priority.STAT.value,
        "row": row,
    }
    departure = Departure(
        parts.new_id(), stored.clinic_id, kind, f"oncall:{number}", payload,
        stored.conversation_id, Priority.STAT,
    )  # fmt: skip
    put(connection, departure, now=parts.now())
    step = AlertStep(
        parts.new_id(), stored.alert.id, "paged", number, CHANNELS[kind], departure.id
    )
    add_step(connection, step, now=parts.now())


def refuse_settled(item: OutboxItem, connection: Connection) -> None:
    """Raise Undeliverable for a page whose alert was taken, or that a later page has overtaken.

    After an hour without a provider nobody is to get a page for every step of that hour.
    """
    alert_id = item.payload["alert_id"]
    if not is_open_alert(connection, alert_id):
        raise Undeliverable("taken")
    if is_overtaken(connection, alert_id, item.id):
        raise Undeliverable("overtaken")


def _ways(person: OnCall, *, by_voice: bool) -> tuple[str, ...]:
    there = {
        PAGE_TEXT: person.phone is not None,
        PAGE_EMAIL: person.email is not None,
        PAGE_CALL: by_voice and person.phone is not None,
    }
    return tuple(kind for kind, is_there in there.items() if is_there)


def call_document(parts: DeliveryParts, clinic: Clinic, payload: dict[str, Any]) -> str:
    """Return what a call says, and where it tells which key was pressed; nothing of a patient."""
    language = clinic.languages[0]
    said = parts.pages.text("call", language, Channel.SMS, {})
    action = parts.call_link(payload["alert_id"])
    return keypress_document(said, language=language, action=action)


def page_letter(
    parts: DeliveryParts, clinic: Clinic, *, kind: str, payload: dict[str, Any]
) -> tuple[str, str]:
    """Return the subject and the body of a page; neither says anything about a patient."""
    language = clinic.languages[0]
    words = {
        "priority": payload["priority"],
        "code": payload["code"],
        "link": parts.alert_link(payload["alert_id"]),
    }
    channel = Channel.SMS if kind == PAGE_TEXT else Channel.WEB
    subject = parts.pages.text("page_subject", language, channel, words)
    return subject, parts.pages.text("page", language, channel, words)
