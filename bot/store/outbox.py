"""The outbox: rows that must leave, leased by one runner at a time.

On PostgreSQL a lease is taken with FOR UPDATE SKIP LOCKED, so runners never wait for each other;
on SQLite the transaction is a writer from its start. A lease that runs out is free again: its
runner died. A row is marked `sending` in a transaction of its own before the provider is called,
so that a crash in between leaves a row that says so: its outcome is unknown, not forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import Connection, and_, func, insert, or_, select, update

from bot.store.crypto import UnreadableField
from bot.store.tables import OutboxRow


class OutboxState(StrEnum):
    """How far a row has come. SENT, FAILED, UNKNOWN and DROPPED are final."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class OutboxItem:
    """A leased row. `recipient` is a reference, `payload` what the kind needs to write it."""

    id: str
    clinic_id: str
    kind: str
    recipient: str
    conversation_id: str | None
    payload: dict[str, Any]
    state: OutboxState
    attempts: int
    is_readable: bool = True


@dataclass(frozen=True, slots=True)
class Departure:
    """Something to put into the outbox."""

    id: str
    clinic_id: str
    kind: str
    recipient: str
    payload: dict[str, Any]
    conversation_id: str | None = None


def put(connection: Connection, departure: Departure, *, now: datetime) -> None:
    """Add a row that is due at once; it leaves when the caller commits."""
    connection.execute(
        insert(OutboxRow).values(
            id=departure.id,
            clinic_id=departure.clinic_id,
            kind=departure.kind,
            recipient=departure.recipient,
            conversation_id=departure.conversation_id,
            payload=msgspec.json.encode(departure.payload),
            state=OutboxState.PENDING.value,
            due_at=now,
            attempts=0,
            created_at=now,
        )
    )


def lease(
    connection: Connection, *, by: str, now: datetime, seconds: float, limit: int
) -> list[OutboxItem]:
    """Take up to `limit` due rows for `seconds`; attempts are counted.

    An item that comes back in state SENDING was being sent by a runner that died.
    """
    free = or_(OutboxRow.leased_until.is_(None), OutboxRow.leased_until <= now)
    due = and_(OutboxRow.done_at.is_(None), OutboxRow.due_at <= now, free)
    chosen = connection.execute(
        select(*_READABLE_COLUMNS)
        .where(due)
        .order_by(OutboxRow.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    if chosen:
        connection.execute(
            update(OutboxRow)
            .where(OutboxRow.id.in_([row.id for row in chosen]))
            .values(
                leased_by=by,
                leased_until=now + timedelta(seconds=seconds),
                attempts=OutboxRow.attempts + 1,
            )
        )
    return [_item(row, _payload(connection, row.id)) for row in chosen]


def mark_sending(connection: Connection, item: OutboxItem, *, by: str) -> bool:
    """Note that the provider is called next; false if the lease has gone to another runner."""
    marked = connection.execute(
        update(OutboxRow)
        .where(OutboxRow.id == item.id, OutboxRow.leased_by == by, OutboxRow.done_at.is_(None))
        .values(state=OutboxState.SENDING.value)
    )
    return bool(marked.rowcount)


def settle(
    connection: Connection,
    item: OutboxItem,
    *,
    state: OutboxState,
    now: datetime,
    error: str | None = None,
) -> None:
    """End the row for good; `error` is a provider's code, never a text of its own."""
    _change(connection, item, state=state.value, done_at=now, last_error=error)


def postpone(connection: Connection, item: OutboxItem, *, until: datetime, error: str) -> None:
    """Give the row back to be tried again at `until`."""
    _change(
        connection, item, state=OutboxState.PENDING.value, due_at=until, last_error=error
    )  # fmt: skip


def _change(connection: Connection, item: OutboxItem, **values: Any) -> None:
    connection.execute(
        update(OutboxRow)
        .where(OutboxRow.id == item.id, OutboxRow.done_at.is_(None))
        .values(leased_by=None, leased_until=None, **values)
    )


def waiting(connection: Connection) -> tuple[int, datetime | None]:
    """Return how many rows are not done, and since when the oldest is due."""
    count, oldest = connection.execute(
        select(func.count(), func.min(OutboxRow.due_at)).where(OutboxRow.done_at.is_(None))
    ).one()
    return count, oldest


_READABLE_COLUMNS = [c for c in OutboxRow.__table__.columns if c.name != "payload"]


def _payload(connection: Connection, outbox_id: str) -> dict[str, Any] | None:
    """Return what is needed to write the letter; None if it cannot be read any more.

    Read row by row: one that is damaged must not keep the others from leaving.
    """
    try:
        sealed = connection.scalar(select(OutboxRow.payload).where(OutboxRow.id == outbox_id))
        payload: dict[str, Any] = msgspec.json.decode(sealed or b"")
    except (UnreadableField, msgspec.MsgspecError):
        return None
    return payload


def _item(row: Any, payload: dict[str, Any] | None) -> OutboxItem:
    return OutboxItem(
        id=row.id,
        clinic_id=row.clinic_id,
        kind=row.kind,
        recipient=row.recipient,
        conversation_id=row.conversation_id,
        payload=payload or {},
        is_readable=payload is not None,
        state=OutboxState(row.state),
        attempts=row.attempts,
    )
