"""The provider's id of a message, and whose it is when two of ours could have it.

The provider's list tells words and a number, not which of two equal texts an id belongs to. So
what a look at the list gives is a guess. The provider's answer to a send, and a callback, name
our own text: they are certain, and take an id back from whom it was given to by a guess.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, select, update
from sqlalchemy.exc import IntegrityError

from bot.store.crypto import UnreadableField
from bot.store.outbox import OutboxState
from bot.store.rows import PATIENT_TEXT
from bot.store.tables import DeliveryReceiptRow, MessageRow, OutboxRow

MISTAKEN = "mistaken"
"""Why a row that was sent by a guess is of unknown outcome again."""


def give_key(
    connection: Connection,
    message_id: str,
    provider_key: str,
    *,
    now: datetime,
    is_certain: bool = True,
) -> bool:
    """Write the id onto the message, unless it has one; false if it is another message's.

    Never false for what `is_certain`: then the other message gives it up.
    """
    if _write(connection, message_id, provider_key):
        return True
    if is_certain:
        _take_back(connection, provider_key, now)
        return _write(connection, message_id, provider_key)
    return False


def _write(connection: Connection, message_id: str, provider_key: str) -> bool:
    unnamed = (MessageRow.id == message_id) & MessageRow.provider_key.is_(None)
    try:
        with connection.begin_nested():
            connection.execute(update(MessageRow).where(unnamed).values(provider_key=provider_key))
    except IntegrityError:
        return False
    return True


def _take_back(connection: Connection, provider_key: str, now: datetime) -> None:
    """Leave the holder of an id without it, to be looked for again; receipts wait anew."""
    of_holder = (MessageRow.channel == "sms") & (MessageRow.provider_key == provider_key)
    holder = connection.execute(
        select(MessageRow.id, MessageRow.conversation_id).where(of_holder).with_for_update()
    ).one_or_none()
    if holder is None:
        return
    unknown = OutboxState.UNKNOWN.value
    values = {"provider_key": None, "delivery": unknown, "delivery_code": None}
    connection.execute(
        update(MessageRow).where(MessageRow.id == holder.id).values(**values, delivery_at=now)
    )
    of_key = DeliveryReceiptRow.provider_key == provider_key
    connection.execute(update(DeliveryReceiptRow).where(of_key).values(applied_at=None))
    for outbox_id in _rows_of(connection, holder):
        connection.execute(
            update(OutboxRow)
            .where(OutboxRow.id == outbox_id)
            .values(
                state=unknown, done_at=None, due_at=now, looks=0, provider_key=None,
                last_error=MISTAKEN, leased_by=None, leased_until=None,
            )
        )  # fmt: skip


def _rows_of(connection: Connection, message: Any) -> list[str]:
    """Return the ids of the message's rows of the outbox that count as sent."""
    ids = connection.scalars(
        select(OutboxRow.id).where(
            OutboxRow.conversation_id == message.conversation_id,
            OutboxRow.kind == PATIENT_TEXT,
            OutboxRow.state == OutboxState.SENT.value,
        )
    ).all()
    return [outbox_id for outbox_id in ids if _message_of(connection, outbox_id) == message.id]


def _message_of(connection: Connection, outbox_id: str) -> str | None:
    try:
        payload = connection.scalar(select(OutboxRow.payload).where(OutboxRow.id == outbox_id))
        found: str | None = msgspec.json.decode(payload or b"{}").get("message_id")
    except (UnreadableField, msgspec.MsgspecError):
        return None
    return found
