"""Texts to patients that are not the reply to a webhook, such as the question after a release."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select, update

from bot.delivery.senders import Letter
from bot.store.outbox import OutboxItem, OutboxState
from bot.store.receipts import apply_receipts
from bot.store.tables import ConversationRow, MessageRow, PatientRow

PATIENT_TEXT = "patient-text"


def patient_letter(connection: Connection, item: OutboxItem, *, origin: str) -> Letter | None:
    """Return the text with its patient's number; None if the patient has opted out since."""
    row = connection.execute(
        select(PatientRow.address, PatientRow.opted_out_at, MessageRow.body)
        .join(ConversationRow, ConversationRow.patient_id == PatientRow.id)
        .join(MessageRow, MessageRow.conversation_id == ConversationRow.id)
        .where(MessageRow.id == item.payload["message_id"])
    ).one_or_none()
    if row is None or row.opted_out_at is not None:
        return None
    return Letter(item.id, row.address, origin, row.body)


def text_sent(
    connection: Connection,
    item: OutboxItem,
    *,
    state: OutboxState,
    provider_key: str | None,
    now: datetime,
) -> None:
    """Write on the message itself how its sending ended, and the provider's id of it.

    The provider's word on it may have come before we knew that id; then it is applied now.
    """
    connection.execute(
        update(MessageRow)
        .where(MessageRow.id == item.payload["message_id"])
        .values(provider_key=provider_key, delivery=state.value, delivery_at=now)
    )
    if provider_key is not None:
        apply_receipts(connection, provider_key, now=now)
