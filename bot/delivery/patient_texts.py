"""Texts to patients that are not the reply to a webhook, such as the question after a release."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from bot.conversation.model import ReplyKind
from bot.core.clinic import Clinic
from bot.core.contact_hours import may_contact
from bot.delivery.senders import Undeliverable
from bot.store.failed_texts import Failure, note_failed_text
from bot.store.message_keys import give_key
from bot.store.outbox import OutboxItem, OutboxState
from bot.store.receipts import (
    UNDELIVERED,
    Delivered,
    apply_receipts,
    is_forward,
    whole_delivery,
)
from bot.store.rows import PATIENT_TEXT
from bot.store.tables import ConversationRow, MessageRow, PatientRow
from bot.store.text_parts import keep_part

__all__ = [
    "PATIENT_TEXT",
    "may_leave",
    "GivenId",
    "part_sent",
    "patient_text",
    "refuse_late_reminder",
    "text_ended",
    "text_failed",
]


@dataclass(frozen=True, slots=True)
class PatientText:
    """What is needed to send a text; `written_to` is the number that the patient last texted."""

    address: str
    body: str
    written_to: str | None


def patient_text(connection: Connection, item: OutboxItem) -> PatientText | None:
    """Return the text of a row and where it goes; None if there is no such message."""
    row = connection.execute(
        select(PatientRow.address, MessageRow.body, MessageRow.conversation_id)
        .join(ConversationRow, ConversationRow.patient_id == PatientRow.id)
        .join(MessageRow, MessageRow.conversation_id == ConversationRow.id)
        .where(MessageRow.id == item.payload["message_id"])
    ).one_or_none()
    if row is None:
        return None
    written_to = connection.scalar(
        select(MessageRow.clinic_address)
        .where(
            MessageRow.conversation_id == row.conversation_id,
            MessageRow.clinic_address.is_not(None),
        )
        .order_by(MessageRow.turn_number.desc(), MessageRow.position.desc())
        .limit(1)
    )
    return PatientText(row.address, row.body, written_to)


def may_leave(item: OutboxItem, connection: Connection) -> None:
    """Raise Undeliverable if the patient has opted out, or a resend would come too late.

    The patient's row stays locked until the transaction ends that marks the text as being sent:
    a STOP is either seen here, or comes after the text.
    """
    found = connection.execute(
        select(PatientRow.opted_out_at, ConversationRow.turn_number, ConversationRow.is_current)
        .join(ConversationRow, ConversationRow.patient_id == PatientRow.id)
        .join(MessageRow, MessageRow.conversation_id == ConversationRow.id)
        .where(MessageRow.id == item.payload["message_id"])
        .with_for_update(read=True, of=PatientRow)
    ).one()
    if found.opted_out_at is not None:
        raise Undeliverable("opted-out")
    only_in_turn = item.payload.get("turn_number")
    if only_in_turn not in (None, found.turn_number) or not found.is_current and only_in_turn:
        raise Undeliverable("moved-on")


def refuse_late_reminder(
    item: OutboxItem, clinic: Clinic, now: datetime, connection: Connection
) -> None:
    """Raise Undeliverable for a reminder that was overtaken or would come out of contact hours.

    It may have waited for a provider or a worker; the conversation has other steps since, or the
    day is over.
    """
    row = connection.execute(
        select(
            MessageRow.kind,
            MessageRow.turn_number,
            ConversationRow.turn_number.label("now_at"),
            ConversationRow.is_current,
        )
        .join(ConversationRow, ConversationRow.id == MessageRow.conversation_id)
        .where(MessageRow.id == item.payload["message_id"])
    ).one()
    if row.kind != ReplyKind.REMINDER:
        return
    if not row.is_current or row.turn_number != row.now_at:
        raise Undeliverable("overtaken")
    if not may_contact(clinic, now):
        raise Undeliverable("out-of-hours")


@dataclass(frozen=True, slots=True)
class GivenId:
    """The provider's id of a text, or of one part of it (from 1; 0 for a whole text).

    `is_certain` is false for one that a look into the provider's list has guessed.
    """

    provider_key: str
    part: int
    is_certain: bool


def part_sent(
    connection: Connection,
    item: OutboxItem,
    given: GivenId,
    *,
    now: datetime,
    new_id: Callable[[], str],
) -> bool:
    """Write down the provider's id of a text or part.

    The provider's word on it may have come before we knew that id; then it is applied now. False
    if the id was a guess and is another text's.
    """
    message_id = item.payload["message_id"]
    key, is_certain = given.provider_key, given.is_certain
    if given.part:
        keep_part(connection, message_id, given.part, key, now=now)
    elif not give_key(connection, message_id, key, now=now, is_certain=is_certain):
        return False
    moved = apply_receipts(connection, key, now=now)
    if moved is not None and moved.status in UNDELIVERED:
        _note_failure(connection, item, moved, now=now, new_id=new_id)
    return True


def text_ended(
    connection: Connection, item: OutboxItem, *, state: OutboxState, now: datetime
) -> None:
    """Write on the message itself how its sending ended; a receipt that says more stands."""
    of_message = MessageRow.id == item.payload["message_id"]
    before = connection.scalar(select(MessageRow.delivery).where(of_message).with_for_update())
    after = state.value
    if not is_forward(before, after):
        return
    whole = whole_delivery(connection, item.payload["message_id"], after)
    values = {"delivery": whole or after, "delivery_at": now}
    connection.execute(update(MessageRow).where(of_message).values(values))


def text_failed(
    connection: Connection,
    item: OutboxItem,
    *,
    code: str,
    now: datetime,
    new_id: Callable[[], str],
) -> None:
    """Do what the reason of a failure asks for."""
    message_id = item.payload["message_id"]
    message = connection.execute(
        select(MessageRow.conversation_id, MessageRow.kind).where(MessageRow.id == message_id)
    ).one_or_none()
    if message is not None:
        failed = Delivered(message_id, message.conversation_id, message.kind, "failed", code)
        _note_failure(connection, item, failed, now=now, new_id=new_id)


def _note_failure(
    connection: Connection,
    item: OutboxItem,
    text: Delivered,
    *,
    now: datetime,
    new_id: Callable[[], str],
) -> None:
    failure = Failure(text, int(item.payload.get("resends", 0)))
    note_failed_text(connection, failure, now=now, new_id=new_id)
