"""The outbox: rows that must leave, and how each of them ends.

A row is marked `sending` in a transaction of its own before the provider is called, so that a
crash in between leaves a row that says so: its outcome is unknown, not forgotten. Who may work on
a row is decided in `bot.store.leasing`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import Connection, func, insert, select, update

from bot.core.decisions import Priority
from bot.store.tables import OutboxRow

RANKS: dict[Priority, int] = {Priority.STAT: 0, Priority.URGENT: 1, Priority.ROUTINE: 2}
"""Priorities as they are stored: what has the lower number leaves first."""

PRIORITY_OF_RANK = {rank: priority for priority, rank in RANKS.items()}


class OutboxState(StrEnum):
    """How far a row has come. SENT, FAILED and DROPPED are final, and so is UNKNOWN once done."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class OutboxItem:
    """A leased row. `recipient` is a reference, `payload` what the kind needs to write it.

    `attempts` counts the calls of the provider before this one, for the part that is next.
    """

    id: str
    clinic_id: str
    kind: str
    recipient: str
    conversation_id: str | None
    payload: dict[str, Any]
    state: OutboxState
    attempts: int
    priority: Priority = Priority.ROUTINE
    slot_at: datetime | None = None
    called_at: datetime | None = None
    parts_sent: int = 0
    looks: int = 0
    provider_key: str | None = None
    is_readable: bool = True


@dataclass(frozen=True, slots=True)
class Departure:
    """Something to put into the outbox. A page or an emergency text is stat."""

    id: str
    clinic_id: str
    kind: str
    recipient: str
    payload: dict[str, Any]
    conversation_id: str | None = None
    priority: Priority = Priority.ROUTINE


def put(
    connection: Connection, departure: Departure, *, now: datetime, due_at: datetime | None = None
) -> None:
    """Add a row, due at once unless `due_at` is given; it leaves when the caller commits."""
    values = departure_values(departure, now=now)
    if due_at is not None:
        values["due_at"] = due_at
    connection.execute(insert(OutboxRow).values(created_at=now, **values))


def departure_values(departure: Departure, *, now: datetime) -> dict[str, Any]:
    """Return the columns of a new row that is due now, its payload not yet encrypted."""
    return {
        "id": departure.id,
        "clinic_id": departure.clinic_id,
        "kind": departure.kind,
        "recipient": departure.recipient,
        "conversation_id": departure.conversation_id,
        "payload": msgspec.json.encode(departure.payload),
        "priority": RANKS[departure.priority],
        "state": OutboxState.PENDING.value,
        "due_at": now,
        "attempts": 0,
        "parts_sent": 0,
        "looks": 0,
        **dict.fromkeys(_EMPTY_AT_FIRST),
    }


_EMPTY_AT_FIRST = (
    "slot_at", "called_at", "leased_until", "leased_by", "last_error", "provider_key", "delivery",
    "done_at",
)  # fmt: skip


def mark_sending(connection: Connection, item: OutboxItem, *, by: str, now: datetime) -> bool:
    """Note that the provider is called next; false if the lease has gone to another runner."""
    marked = connection.execute(
        update(OutboxRow)
        .where(OutboxRow.id == item.id, OutboxRow.leased_by == by, OutboxRow.done_at.is_(None))
        .values(
            state=OutboxState.SENDING.value,
            attempts=OutboxRow.attempts + 1,
            called_at=now,
            slot_at=None,
        )
    )
    return bool(marked.rowcount)


def settle(
    connection: Connection,
    item: OutboxItem,
    *,
    state: OutboxState,
    now: datetime,
    error: str | None = None,
    provider_key: str | None = None,
) -> None:
    """End the row for good; `error` is a provider's code, never a text of its own."""
    values = {"state": state.value, "done_at": now, "last_error": error}
    if provider_key is not None:
        values["provider_key"] = provider_key
    _give_back(connection, item, **values)


def postpone(
    connection: Connection,
    item: OutboxItem,
    *,
    until: datetime,
    error: str,
    looks: int | None = None,
) -> None:
    """Give the row back to be tried again at `until`."""
    state = OutboxState.PENDING.value
    looks = item.looks if looks is None else looks
    _give_back(connection, item, state=state, due_at=until, last_error=error, looks=looks)


def await_word(
    connection: Connection, item: OutboxItem, *, until: datetime, looks: int, error: str
) -> None:
    """Give the row back as one of unknown outcome, to be looked up at `until`."""
    state = OutboxState.UNKNOWN.value
    _give_back(connection, item, state=state, due_at=until, last_error=error, looks=looks)


def keep_slot(connection: Connection, item: OutboxItem, *, slot_at: datetime) -> None:
    """Give the row back until its turn at its sending number comes."""
    _give_back(connection, item, due_at=slot_at, slot_at=slot_at)


def go_on(connection: Connection, item: OutboxItem, *, parts_sent: int) -> None:
    """Note that so many parts of the text have left; the lease stays, the next part is due."""
    connection.execute(
        update(OutboxRow)
        .where(OutboxRow.id == item.id, OutboxRow.done_at.is_(None))
        .values(state=OutboxState.PENDING.value, parts_sent=parts_sent, attempts=0)
    )


def _give_back(connection: Connection, item: OutboxItem, **values: Any) -> None:
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
