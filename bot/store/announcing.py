"""Consult requests whose clinic has not been told of them, or of their present priority."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, or_, select, update

from bot.core.decisions import Priority
from bot.store.tables import ConsultRow


@dataclass(frozen=True, slots=True)
class Unannounced:
    """A request to tell its clinic of. `is_new` is false if only its priority has changed."""

    consult_id: str
    clinic_id: str
    conversation_id: str
    priority: Priority
    is_new: bool


def take_unannounced(
    connection: Connection, clinic_ids: Collection[str], *, since: datetime, limit: int
) -> list[Unannounced]:
    """Return requests of these clinics to tell of, and mark them as told.

    One that was opened before `since` and never told of is left alone: the clinic has an address
    to be told at since a short while only.
    """
    rows = connection.execute(
        select(
            ConsultRow.id,
            ConsultRow.clinic_id,
            ConsultRow.conversation_id,
            ConsultRow.priority,
            ConsultRow.announced,
        )
        .where(
            ConsultRow.clinic_id.in_(clinic_ids),
            ConsultRow.finished_at.is_(None),
            or_(ConsultRow.announced.is_(None), ConsultRow.announced != ConsultRow.priority),
            or_(ConsultRow.announced.is_not(None), ConsultRow.created_at >= since),
        )
        .order_by(ConsultRow.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        told = update(ConsultRow).where(ConsultRow.id == row.id)
        connection.execute(told.values(announced=row.priority))
    return [
        Unannounced(
            row.id, row.clinic_id, row.conversation_id, Priority(row.priority),
            row.announced is None,
        )
        for row in rows
    ]  # fmt: skip
