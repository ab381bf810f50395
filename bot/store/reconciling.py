"""How far the provider's list of inbound messages has been compared with ours, by number."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, select, update

from bot.store.missing import add_if_missing
from bot.store.tables import MessageRow, ReconciledRow


def claim_number(
    connection: Connection, number: str, *, now: datetime, next_at: datetime, begin_at: datetime
) -> datetime | None:
    """Return up to when this number is known, if it is due; then it is the caller's until next_at.

    None if it is not due yet. A number that was never compared begins at `begin_at`: what was sent
    before it was ours is not for us.
    """
    row = {"number": number, "until": begin_at, "next_at": next_at}
    if add_if_missing(connection, ReconciledRow, row):
        return begin_at
    claimed = connection.execute(
        update(ReconciledRow)
        .where(ReconciledRow.number == number, ReconciledRow.next_at <= now)
        .values(next_at=next_at)
    )
    if not claimed.rowcount:
        return None
    of_number = ReconciledRow.number == number
    return connection.scalar(select(ReconciledRow.until).where(of_number))


def not_due(connection: Connection, *, now: datetime) -> frozenset[str]:
    """Return the numbers that were compared a short while ago."""
    waiting = select(ReconciledRow.number).where(ReconciledRow.next_at > now)
    return frozenset(connection.scalars(waiting))


def note_reconciled(connection: Connection, number: str, *, until: datetime) -> None:
    """Store that everything up to `until` is known; it never moves back."""
    connection.execute(
        update(ReconciledRow)
        .where(ReconciledRow.number == number, ReconciledRow.until < until)
        .values(until=until)
    )


def known_ids(connection: Connection, provider_ids: Collection[str]) -> frozenset[str]:
    """Return which of these inbound texts are stored."""
    stored = select(MessageRow.provider_key).where(
        MessageRow.channel == "sms", MessageRow.provider_key.in_(provider_ids)
    )
    return frozenset(key for key in connection.scalars(stored) if key is not None)
