"""Signs of life: a process that works touches its row, and anybody can see how long ago."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select, update

from bot.store.missing import add_if_missing
from bot.store.tables import HeartbeatRow

URGENT = "urgent"
ROUTINE = "routine"
"""The lanes of a worker, each with signs of life of its own."""

BEAT_EVERY = timedelta(seconds=5)
"""Often enough to be missed soon, seldom enough to cost nothing."""

FORGOTTEN_AFTER = timedelta(days=1)
"""How long the row of a process that ended is kept, for whoever asks when it was last seen."""


@dataclass(frozen=True, slots=True)
class SignsOfLife:
    """One role: when any process was seen in it last, and how many were seen of late."""

    role: str
    last_at: datetime
    alive: int


def beat(connection: Connection, *, role: str, name: str, now: datetime) -> None:
    """Note that this process works at `now`, unless it said so less than BEAT_EVERY ago.

    Its first beat forgets the processes that are long gone.
    """
    mine = (HeartbeatRow.name == name) & (HeartbeatRow.role == role)
    last = connection.scalar(select(HeartbeatRow.beat_at).where(mine))
    if last is None:
        gone = HeartbeatRow.beat_at < now - FORGOTTEN_AFTER
        connection.execute(delete(HeartbeatRow).where(gone))
        row = {"name": name, "role": role, "beat_at": now, "created_at": now}
        add_if_missing(connection, HeartbeatRow, row)
    elif now - last >= BEAT_EVERY:
        connection.execute(update(HeartbeatRow).where(mine).values(beat_at=now))


def signs_of_life(connection: Connection, *, since: datetime) -> tuple[SignsOfLife, ...]:
    """Return each role that was ever seen; `alive` counts processes seen after `since`."""
    rows = connection.execute(
        select(HeartbeatRow.role, HeartbeatRow.beat_at).order_by(HeartbeatRow.role)
    ).all()
    seen: dict[str, list[datetime]] = {}
    for role, beat_at in rows:
        seen.setdefault(role, []).append(beat_at)
    return tuple(
        SignsOfLife(role, max(moments), sum(moment > since for moment in moments))
        for role, moments in seen.items()
    )
