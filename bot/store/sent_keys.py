"""A provider's callback names our own row of the outbox: then we learn its id from it.

That settles what became of a send whose answer was lost: it was taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, and_, or_, select, update

from bot.store.crypto import UnreadableField
from bot.store.message_keys import give_key
from bot.store.outbox import OutboxState
from bot.store.page_watch import PAGE_TEXT
from bot.store.receipts import is_forward
from bot.store.rows import PATIENT_TEXT
from bot.store.tables import MessageRow, OutboxRow, TextPartRow
from bot.store.text_parts import keep_part

PAGES_BACK = timedelta(hours=1)
"""How much older than a lost answer a page may be whose id is not to be taken for another's."""


@dataclass(frozen=True, slots=True)
class SentRow:
    """A row of the outbox that a callback speaks of."""

    id: str
    kind: str
    conversation_id: str | None
    payload: dict[str, Any]
    delivery: str | None


def find_sent(connection: Connection, outbox_id: str) -> SentRow | None:
    """Return the row of this id, locked; None if there is none or it cannot be read."""
    try:
        row = connection.execute(
            select(
                OutboxRow.kind, OutboxRow.conversation_id, OutboxRow.payload, OutboxRow.delivery
            )
            .where(OutboxRow.id == outbox_id)
            .with_for_update()
        ).one_or_none()
        if row is None:
            return None
        payload = msgspec.json.decode(row.payload)
    except (UnreadableField, msgspec.MsgspecError):
        return None
    return SentRow(outbox_id, row.kind, row.conversation_id, payload, row.delivery)


def learn_key(
    connection: Connection, row: SentRow, provider_key: str, *, part: int, now: datetime
) -> None:
    """Note under which id the provider has it; a row of unknown outcome is sent then.

    `part` is 0 for what leaves as one. A row that is being sent right now is left to its runner.
    """
    if row.kind == PATIENT_TEXT and part:
        keep_part(connection, row.payload["message_id"], part, provider_key, now=now)
        return
    if row.kind == PATIENT_TEXT:
        give_key(connection, row.payload["message_id"], provider_key, now=now)
    of_row = OutboxRow.id == row.id
    connection.execute(
        update(OutboxRow)
        .where(of_row, OutboxRow.provider_key.is_(None))
        .values(provider_key=provider_key)
    )
    waits = and_(OutboxRow.state == OutboxState.PENDING.value, OutboxRow.attempts > 0)
    unsure = OutboxRow.state.in_([OutboxState.UNKNOWN.value, OutboxState.FAILED.value])
    connection.execute(
        update(OutboxRow)
        .where(of_row, or_(waits, unsure))
        .values(
            state=OutboxState.SENT.value,
            done_at=now,
            last_error=None,
            leased_by=None,
            leased_until=None,
        )
    )


def move_page(connection: Connection, row: SentRow, status: str) -> bool:
    """Store how far a page has come; false if it was there or further already."""
    if not is_forward(row.delivery, status):
        return False
    connection.execute(update(OutboxRow).where(OutboxRow.id == row.id).values(delivery=status))
    return True


def key_of_part(connection: Connection, message_id: str, number: int) -> str | None:
    """Return the provider's id of one part of a message, None while it is not known."""
    of_part = (TextPartRow.message_id == message_id) & (TextPartRow.number == number)
    return connection.scalar(select(TextPartRow.provider_key).where(of_part))


def unclaimed(connection: Connection, keys: Sequence[str], *, since: datetime) -> list[str]:
    """Return those of the provider's ids that belong to nothing else of ours, in their order."""
    of_pages = and_(OutboxRow.kind == PAGE_TEXT, OutboxRow.created_at >= since - PAGES_BACK)
    claimed = {
        *connection.scalars(
            select(MessageRow.provider_key).where(
                MessageRow.channel == "sms", MessageRow.provider_key.in_(keys)
            )
        ),
        *connection.scalars(
            select(TextPartRow.provider_key).where(TextPartRow.provider_key.in_(keys))
        ),
        *connection.scalars(
            select(OutboxRow.provider_key).where(of_pages, OutboxRow.provider_key.in_(keys))
        ),
    }
    return [key for key in keys if key not in claimed]
