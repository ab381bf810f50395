"""Timers: rows that become due, leased by one runner at a time.

A lease puts the row's due time off a little, so that a runner that dies leaves it due again soon.
Whoever fires it then locks the conversation and looks at its turn number: a lease that was taken
twice, or too late, does nothing. What is changed here is always the row of the very turn that was
leased; a newer one is never touched.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.conversation.model import Conversation, TimerKind, TimerSet
from bot.store.tables import ConversationRow, TimerRow
from bot.store.tables.patients import WAITING

_INSERTS: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


@dataclass(frozen=True, slots=True)
class DueTimer:
    """A leased timer, as it was set, and whose it is."""

    conversation_id: str
    clinic_id: str
    turn_number: int
    timer: TimerSet


@dataclass(frozen=True, slots=True)
class WaitingConversation:
    """A conversation that should have a timer, and whose it is."""

    id: str
    clinic_id: str


def lease_timers(
    connection: Connection, *, now: datetime, seconds: float, limit: int
) -> list[DueTimer]:
    """Take up to `limit` due timers for `seconds`, the longest due first."""
    rows = connection.execute(
        select(TimerRow.__table__, ConversationRow.clinic_id)
        .join(ConversationRow, ConversationRow.id == TimerRow.conversation_id)
        .where(TimerRow.due_at <= now)
        .order_by(TimerRow.due_at)
        .limit(limit)
        .with_for_update(of=TimerRow, skip_locked=True)
    ).all()
    if rows:
        connection.execute(
            update(TimerRow)
            .where(TimerRow.conversation_id.in_([row.conversation_id for row in rows]))
            .values(due_at=now + timedelta(seconds=seconds))
        )
    return [
        DueTimer(
            row.conversation_id,
            row.clinic_id,
            row.turn_number,
            TimerSet(TimerKind(row.kind), row.due_at, row.since),
        )
        for row in rows
    ]


def move_timer(connection: Connection, due: DueTimer, timer: TimerSet) -> None:
    """Let `timer` come instead of a leased one, unless the conversation has set another."""
    connection.execute(
        update(TimerRow)
        .where(*_the_leased(due))
        .values(kind=timer.kind.value, due_at=timer.due_at, since=timer.since)
    )


def remove_timer(connection: Connection, due: DueTimer) -> None:
    """Remove a leased timer, unless the conversation has set another."""
    connection.execute(delete(TimerRow).where(*_the_leased(due)))


def set_if_newer(
    connection: Connection, conversation: Conversation, timer: TimerSet, *, now: datetime
) -> None:
    """Set a conversation's timer, unless it has one of this turn or a later one already."""
    insert = _INSERTS[connection.dialect.name]
    changing = {
        "kind": timer.kind.value,
        "due_at": timer.due_at,
        "since": timer.since,
        "turn_number": conversation.turn_number,
        "created_at": now,
    }
    connection.execute(
        insert(TimerRow)
        .values(conversation_id=conversation.id, **changing)
        .on_conflict_do_update(
            index_elements=["conversation_id"],
            set_=changing,
            where=TimerRow.turn_number < conversation.turn_number,
        )
    )


def waiting_without_timer(
    connection: Connection, *, after: str, limit: int
) -> list[WaitingConversation]:
    """Return conversations in which the flow waits and that have no timer of their last turn.

    At most `limit`, by id, with ids above `after`. They are from before there were timers.
    """
    has_its_own = and_(
        TimerRow.conversation_id == ConversationRow.id,
        TimerRow.turn_number == ConversationRow.turn_number,
    )
    rows = connection.execute(
        select(ConversationRow.id, ConversationRow.clinic_id)
        .outerjoin(TimerRow, has_its_own)
        .where(WAITING, ConversationRow.id > after, TimerRow.conversation_id.is_(None))
        .order_by(ConversationRow.id)
        .limit(limit)
    ).all()
    return [WaitingConversation(row.id, row.clinic_id) for row in rows]


def _the_leased(due: DueTimer) -> tuple[ColumnElement[bool], ...]:
    return (
        TimerRow.conversation_id == due.conversation_id,
        TimerRow.turn_number == due.turn_number,
        TimerRow.kind == due.timer.kind.value,
    )
