"""How fast routine texts leave: each sending number has a moment at which it is free again.

Every runner takes its place in the same rows, so that several machines together keep to one rate.
A text whose turn has not come is given the moment at which it will: it waits as a row, nobody
polls for it, and texts leave in the order in which they asked.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from bot.store.missing import add_if_missing
from bot.store.tables import PaceRow


def take_slot(
    connection: Connection, rates: Mapping[str, float], *, segments: int, now: datetime
) -> datetime:
    """Reserve room for `segments` under every rate; return the moment at which they may leave.

    `rates` are segments per second by name, each shared by all that use the name. The rows are
    locked in the order of their names until the transaction ends.
    """
    free = _free_at(connection, rates)
    for name in sorted(rates.keys() - free.keys()):
        add_if_missing(connection, PaceRow, {"name": name, "free_at": now})
    if len(free) < len(rates):
        free = _free_at(connection, rates)
    slot = max(now, *free.values())
    for name, rate in sorted(rates.items()):
        until = slot + timedelta(seconds=segments / rate)
        connection.execute(update(PaceRow).where(PaceRow.name == name).values(free_at=until))
    return slot


def _free_at(connection: Connection, names: Collection[str]) -> dict[str, datetime]:
    rows = connection.execute(
        select(PaceRow.name, PaceRow.free_at)
        .where(PaceRow.name.in_(names))
        .order_by(PaceRow.name)
        .with_for_update()
    ).all()
    return {row.name: row.free_at for row in rows}
