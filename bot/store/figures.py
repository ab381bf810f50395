"""Figures of what waits, for operators: counts and moments, nothing of anybody.

Each is read over a partial index of open rows or a table that stays small, so that asking costs
the same after ten million rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from bot.core.decisions import Priority
from bot.store.heartbeats import ROUTINE, URGENT, SignsOfLife, signs_of_life
from bot.store.outbox import RANKS
from bot.store.tables import AlertRow, OptOutRow, OutboxRow, TimerRow


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many rows of a kind and lane are open, and when the oldest was made."""

    kind: str
    is_urgent: bool
    count: int
    oldest_at: datetime

    @property
    def lane(self) -> str:
        """The lane of the worker that delivers them."""
        return URGENT if self.is_urgent else ROUTINE


@dataclass(frozen=True, slots=True)
class Figures:
    """What waits in the database. `alerts_since` is None when no alert is open.

    `timers_from` is when the next timer of a silence is due, None when there is none.
    """

    outbox: tuple[Waiting, ...]
    alerts_open: int
    alerts_since: datetime | None
    opt_outs: int
    lanes: tuple[SignsOfLife, ...]
    timers_from: datetime | None = None


def read_figures(connection: Connection, *, alive_since: datetime) -> Figures:
    """Return the figures of this moment."""
    alerts, since = connection.execute(
        select(func.count(), func.min(AlertRow.created_at)).where(
            AlertRow.acknowledged_at.is_(None)
        )
    ).one()
    return Figures(
        outbox=outbox_waiting(connection),
        alerts_open=alerts,
        alerts_since=since,
        opt_outs=connection.scalar(
            select(func.count()).select_from(OptOutRow).where(OptOutRow.opted_out)
        )
        or 0,
        lanes=signs_of_life(connection, since=alive_since),
        timers_from=connection.scalar(select(func.min(TimerRow.due_at))),
    )


def outbox_waiting(connection: Connection) -> tuple[Waiting, ...]:
    """Return the open rows of the outbox by kind and lane."""
    is_urgent = (OutboxRow.priority < RANKS[Priority.ROUTINE]).label("is_urgent")
    rows = connection.execute(
        select(OutboxRow.kind, is_urgent, func.count(), func.min(OutboxRow.created_at))
        .where(OutboxRow.done_at.is_(None))
        .group_by(OutboxRow.kind, is_urgent)
        .order_by(OutboxRow.kind)
    ).all()
    return tuple(Waiting(*row) for row in rows)
