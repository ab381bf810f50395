"""Turns due alerts into pages, step by step, until somebody acknowledges.

One transaction takes the alert a step further and puts the pages of that step into the outbox:
either both are there after a crash, or the step is still due. An empty on-call list is a step of
its own, so that the workspace can show that nobody could be called.
"""

from __future__ import annotations

from sqlalchemy import Connection

from bot.consults.alert import advance
from bot.core.clinic import Clinic, OnCall
from bot.core.decisions import Priority
from bot.core.fail_points import FailPoint, reached
from bot.core.messages import Channel
from bot.delivery.parts import DeliveryParts
from bot.store.alerts import AlertStep, StoredAlert, add_step, due_alerts, save_alert
from bot.store.engine import store_errors
from bot.store.outbox import Departure, put

ALERTS_AT_ONCE = 20
PAGE_TEXT = "page-text"
PAGE_EMAIL = "page-email"


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
    alert, reach = advance(stored.alert, now, people=len(people))
    save_alert(connection, alert)
    paged = sum(
        _page(parts, connection, stored, number=number, person=person)
        for number, person in enumerate(people[:reach])
    )
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
    person: OnCall,
) -> int:
    """Put one person's pages into the outbox; return how many ways there are to reach them."""
    ways = [kind for kind, there in _ways(person) if there]
    payload = {"alert_id": stored.alert.id, "code": stored.code, "priority": Priority.STAT.value}
    for kind in ways:
        departure = Departure(
            parts.new_id(), stored.clinic_id, kind, f"oncall:{number}", payload,
            stored.conversation_id, Priority.STAT,
        )  # fmt: skip
        put(connection, departure, now=parts.now())
        channel = "sms" if kind == PAGE_TEXT else "email"
        step = AlertStep(parts.new_id(), stored.alert.id, "paged", number, channel, departure.id)
        add_step(connection, step, now=parts.now())
    return len(ways)


def _ways(person: OnCall) -> tuple[tuple[str, bool], ...]:
    return ((PAGE_TEXT, person.phone is not None), (PAGE_EMAIL, person.email is not None))


def page_letter(
    parts: DeliveryParts, clinic: Clinic, *, kind: str, payload: dict[str, str]
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
