"""Who may work on an outbox row: one runner at a time, for a limited time.

On PostgreSQL a lease is taken with FOR UPDATE SKIP LOCKED, so runners never wait for each other;
on SQLite the transaction is a writer from its start. A lease that runs out is free again: its
runner died. Each priority is looked for by itself: the index then leads straight to its due rows,
however many others wait for a later moment or are done.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, and_, or_, select, update

from bot.core.decisions import Priority
from bot.store.crypto import UnreadableField
from bot.store.outbox import PRIORITY_OF_RANK, RANKS, OutboxItem, OutboxState
from bot.store.tables import OutboxRow

EVERYTHING = tuple(RANKS)


@dataclass(frozen=True, slots=True)
class Lane:
    """Which rows a runner takes: the first of `priorities` first.

    `kinds` are the only kinds it takes (empty: all), `leaves` those that another lane has.
    """

    priorities: tuple[Priority, ...] = EVERYTHING
    kinds: frozenset[str] = frozenset()
    leaves: frozenset[str] = frozenset()


EVERY_ROW = Lane()


def lease(
    connection: Connection,
    *,
    by: str,
    now: datetime,
    seconds: float,
    limit: int,
    lane: Lane = EVERY_ROW,
) -> list[OutboxItem]:
    """Take up to `limit` due rows of a lane for `seconds`.

    An item that comes back in state SENDING was being sent by a runner that died.
    """
    chosen: list[Any] = []
    for priority in lane.priorities:
        if len(chosen) < limit:
            chosen += _due(connection, lane, priority, now=now, limit=limit - len(chosen))
    return _take(connection, chosen, by=by, until=now + timedelta(seconds=seconds))


def lease_row(
    connection: Connection, outbox_id: str, *, by: str, now: datetime, seconds: float
) -> OutboxItem | None:
    """Take this one row if it is due and free; None if there is nothing to do for it."""
    found = connection.execute(
        select(*_READABLE_COLUMNS)
        .where(OutboxRow.id == outbox_id, _is_free(now))
        .with_for_update(skip_locked=True)
    ).all()
    until = now + timedelta(seconds=seconds)
    return next(iter(_take(connection, found, by=by, until=until)), None)


def _due(
    connection: Connection, lane: Lane, priority: Priority, *, now: datetime, limit: int
) -> Sequence[Any]:
    rows = select(*_READABLE_COLUMNS)
    if lane.kinds:
        rows = rows.where(OutboxRow.kind.in_(lane.kinds))
    if lane.leaves:
        rows = rows.where(OutboxRow.kind.not_in(lane.leaves))
    return connection.execute(
        rows.where(OutboxRow.priority == RANKS[priority], _is_free(now))
        .order_by(OutboxRow.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()


def _is_free(now: datetime) -> Any:
    free = or_(OutboxRow.leased_until.is_(None), OutboxRow.leased_until <= now)
    return and_(OutboxRow.done_at.is_(None), OutboxRow.due_at <= now, free)


def _take(
    connection: Connection, chosen: Sequence[Any], *, by: str, until: datetime
) -> list[OutboxItem]:
    if chosen:
        connection.execute(
            update(OutboxRow)
            .where(OutboxRow.id.in_([row.id for row in chosen]))
            .values(leased_by=by, leased_until=until)
        )
    return [_item(row, _payload(connection, row.id)) for row in chosen]


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
        state=OutboxState(row.state),
        attempts=row.attempts,
        priority=PRIORITY_OF_RANK.get(row.priority, Priority.ROUTINE),
        slot_at=row.slot_at,
        called_at=row.called_at,
        parts_sent=row.parts_sent,
        looks=row.looks,
        provider_key=row.provider_key,
        is_readable=payload is not None,
    )
