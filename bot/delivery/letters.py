"""From a row of the outbox to a letter that can leave: one function for each kind of row."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from sqlalchemy import Connection

from bot.core.clinic import Clinic, OnCall
from bot.core.decisions import Priority
from bot.core.segments import split_text
from bot.delivery.alerts import (
    PAGE_CALL,
    PAGE_EMAIL,
    call_document,
    page_letter,
    refuse_settled,
)
from bot.delivery.announcing import WEBHOOK, event_body
from bot.delivery.parts import DeliveryParts
from bot.delivery.patient_texts import (
    PATIENT_TEXT,
    may_leave,
    patient_text,
    refuse_late_reminder,
)
from bot.delivery.senders import Letter, Outgoing, Undeliverable
from bot.store.engine import READ_ONLY, store_errors
from bot.store.outbox import OutboxItem
from bot.store.page_watch import PAGE_TEXT

SERVICE = "MG"
"""How the id of a messaging service begins; Twilio then chooses the number itself."""


def write_letter(parts: DeliveryParts, item: OutboxItem) -> Outgoing:
    """Return what leaves for this row. Raises Undeliverable, StoreUnavailable."""
    if not item.is_readable:
        raise Undeliverable("unreadable")
    return _LETTERS.get(item.kind, _strange)(parts, item)


def _page(parts: DeliveryParts, item: OutboxItem) -> Outgoing:
    clinic = parts.clinic_of(item.clinic_id)
    person = _on_call(clinic, item.recipient)
    if clinic is None or person is None:
        raise Undeliverable("left-the-list")
    send = partial(Outgoing, check=partial(refuse_settled, item))
    subject, body = page_letter(parts, clinic, kind=item.kind, payload=item.payload)
    if item.kind == PAGE_TEXT and person.phone is not None:
        return send(parts.texts, Letter(item.id, person.phone, sender_of(clinic), body))
    if item.kind == PAGE_EMAIL and person.email is not None:
        return send(parts.letters, Letter(item.id, person.email, "", body, subject))
    if item.kind == PAGE_CALL and person.phone is not None:
        document = call_document(parts, clinic, item.payload)
        number = clinic.sms_numbers[0]
        return send(parts.calls, Letter(item.id, person.phone, number, document))
    raise Undeliverable("no-address")


def _on_call(clinic: Clinic | None, recipient: str) -> OnCall | None:
    number = int(recipient.removeprefix("oncall:"))
    if clinic is None or number >= len(clinic.on_call):
        return None
    return clinic.on_call[number]


def _patient_text(parts: DeliveryParts, item: OutboxItem) -> Outgoing:
    clinic = parts.clinic_of(item.clinic_id)
    if clinic is None:
        raise Undeliverable("no-clinic")
    with store_errors(), parts.engine.connect().execution_options(**READ_ONLY) as connection:
        text = patient_text(connection, item)
    if text is None:
        raise Undeliverable("no-message")
    sender = sender_of(clinic, text.written_to)
    bodies = split_text(text.body)
    if item.parts_sent >= len(bodies):
        raise Undeliverable("empty")
    number = item.parts_sent + 1 if len(bodies) > 1 else 0
    letter = Letter(item.id, text.address, sender, bodies[item.parts_sent], part=number)
    rates = {} if item.priority is Priority.STAT else rates_of(clinic, sender)
    refuse = partial(_refuse, parts, item, clinic)
    return Outgoing(parts.texts, letter, len(bodies), refuse, rates)


def _refuse(
    parts: DeliveryParts, item: OutboxItem, clinic: Clinic, connection: Connection
) -> None:
    """Raise Undeliverable if the patient is not to get this text now."""
    may_leave(item, connection)
    refuse_late_reminder(item, clinic, parts.now(), connection)


def _webhook(parts: DeliveryParts, item: OutboxItem) -> Outgoing:
    clinic = parts.clinic_of(item.clinic_id)
    if clinic is None or clinic.webhook_url is None:
        raise Undeliverable("no-webhook")
    letter = Letter(item.id, clinic.webhook_url, clinic.id, event_body(item.payload))
    return Outgoing(parts.webhooks, letter)


def sender_of(clinic: Clinic, written_to: str | None = None) -> str:
    """Return what a text leaves from: the clinic's messaging service, if it has one.

    Otherwise the number that the patient wrote to, while it is the clinic's; else its first.
    """
    if clinic.messaging_service_sids:
        return clinic.messaging_service_sids[0]
    if written_to is not None and written_to in clinic.sms_numbers:
        return written_to
    return clinic.sms_numbers[0]


def rates_of(clinic: Clinic, sender: str) -> dict[str, float]:
    """Return the paces of a routine text, in segments per second by name.

    A messaging service spreads texts over the clinic's numbers, so it is as fast as all of them.
    """
    numbers = len(clinic.sms_numbers) if sender.startswith(SERVICE) else 1
    rates = {f"number:{sender}": clinic.segments_per_second * numbers}
    if clinic.total_segments_per_second is not None:
        rates[f"clinic:{clinic.id}"] = clinic.total_segments_per_second
    return rates


def _strange(parts: DeliveryParts, item: OutboxItem) -> Outgoing:
    """A row that this version cannot send; it is shown as dropped, not tried for ever."""
    raise Undeliverable("unknown-kind")


_LETTERS: dict[str, Callable[[DeliveryParts, OutboxItem], Outgoing]] = {
    PAGE_TEXT: _page,
    PAGE_EMAIL: _page,
    PAGE_CALL: _page,
    WEBHOOK: _webhook,
    PATIENT_TEXT: _patient_text,
}
