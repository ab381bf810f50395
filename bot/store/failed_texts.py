"""A text to a patient that did not arrive: what follows from it, by the reason it failed for.

Whether the provider refused it or a carrier did later makes no difference: both come here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select, update

from bot.conversation.model import ReplyKind
from bot.core.decisions import Priority
from bot.core.text_errors import Remedy, remedy_of
from bot.store.asking import ask_clinician
from bot.store.missing import add_if_missing
from bot.store.outbox import Departure, put
from bot.store.receipts import Delivered
from bot.store.rows import PATIENT_TEXT
from bot.store.tables import (
    ConversationRow,
    FlagRow,
    MessageRow,
    OptOutRow,
    PatientRow,
    TextPartRow,
)
from bot.store.waking import wake_or_open

UNREACHABLE = "unreachable"
"""The flag of a conversation whose phone takes no texts, and the reason a person is asked."""

PAUSES = (timedelta(minutes=10), timedelta(hours=1))
"""How long after each failure a routine text goes to a phone that was out of reach once more."""

RESENDS_OF_CRISIS = 1


@dataclass(frozen=True, slots=True)
class Failure:
    """A text that failed, and how often it had been sent again before."""

    text: Delivered
    resends: int = 0


def note_failed_text(
    connection: Connection, failure: Failure, *, now: datetime, new_id: Callable[[], str]
) -> None:
    """Do what the reason of the failure asks for. An emergency text always wakes a person."""
    text, remedy = failure.text, remedy_of(failure.text.error_code)
    is_crisis = text.kind == ReplyKind.CRISIS
    conversation = connection.execute(
        select(ConversationRow.patient_id, ConversationRow.clinic_id, ConversationRow.turn_number)
        .where(ConversationRow.id == text.conversation_id)
        .with_for_update()
    ).one()
    if remedy is Remedy.OPTED_OUT:
        _opt_out(connection, conversation.patient_id, text.conversation_id, now=now, new_id=new_id)
    if remedy is Remedy.UNREACHABLE:
        _flag(connection, text.conversation_id, conversation.turn_number, now=now)
        priority = Priority.URGENT if is_crisis else Priority.ROUTINE
        ask_clinician(
            connection, text.conversation_id, UNREACHABLE, priority, now=now, new_id=new_id
        )
    if is_crisis:
        wake_or_open(connection, text.conversation_id, step="undelivered", now=now, new_id=new_id)
    if remedy is Remedy.AGAIN_LATER and _may_go_again(connection, failure):
        _send_again(connection, failure, conversation, now=now, new_id=new_id)


def _opt_out(
    connection: Connection,
    patient_id: str,
    conversation_id: str,
    *,
    now: datetime,
    new_id: Callable[[], str],
) -> None:
    """Take the carrier's word that the patient wants no texts as the patient's own."""
    changed = connection.execute(
        update(PatientRow)
        .where(PatientRow.id == patient_id, PatientRow.opted_out_at.is_(None))
        .values(opted_out_at=now)
    )
    if changed.rowcount:
        row = {"id": new_id(), "patient_id": patient_id, "opted_out": True}
        row |= {"conversation_id": conversation_id, "source": "carrier"}
        connection.execute(insert(OptOutRow).values(**row, created_at=now))


def _flag(
    connection: Connection, conversation_id: str, turn_number: int, *, now: datetime
) -> None:
    row = {"conversation_id": conversation_id, "turn_number": turn_number, "code": UNREACHABLE}
    add_if_missing(connection, FlagRow, row | {"created_at": now})


def _may_go_again(connection: Connection, failure: Failure) -> bool:
    most = RESENDS_OF_CRISIS if failure.text.kind == ReplyKind.CRISIS else len(PAUSES)
    if failure.resends >= most:
        return False
    has_parts = select(TextPartRow.number).where(TextPartRow.message_id == failure.text.message_id)
    return connection.execute(has_parts).first() is None


def _send_again(
    connection: Connection,
    failure: Failure,
    conversation: object,
    *,
    now: datetime,
    new_id: Callable[[], str],
) -> None:
    """Put the text into the outbox anew; it leaves unless the conversation has moved on."""
    text, is_crisis = failure.text, failure.text.kind == ReplyKind.CRISIS
    of_message = MessageRow.id == text.message_id
    turn_number = connection.scalar(select(MessageRow.turn_number).where(of_message))
    payload = {"message_id": text.message_id, "resends": failure.resends + 1}
    if not is_crisis:
        payload["turn_number"] = turn_number
    departure = Departure(
        new_id(),
        conversation.clinic_id,  # type: ignore[attr-defined]
        PATIENT_TEXT,
        f"patient:{conversation.patient_id}",  # type: ignore[attr-defined]
        payload,
        text.conversation_id,
        Priority.STAT if is_crisis else Priority.ROUTINE,
    )
    due_at = now if is_crisis else now + PAUSES[failure.resends]
    put(connection, departure, now=now, due_at=due_at)
    connection.execute(
        update(MessageRow)
        .where(of_message)
        .values(provider_key=None, delivery="queued", delivery_at=now)
    )
