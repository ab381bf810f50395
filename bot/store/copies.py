"""Comparing a database with a copy of it that was restored from a backup."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, func, select

from bot.store.tables import (
    AlertRow,
    AnswerRow,
    AuditRow,
    Base,
    ConsultRow,
    ConversationRow,
    MessageRow,
    OptOutRow,
    OutboxRow,
    PatientRow,
    SafetyEventRow,
)

KEPT: tuple[type[Base], ...] = (
    *(PatientRow, ConversationRow, MessageRow, AnswerRow, SafetyEventRow),
    *(ConsultRow, AlertRow, OutboxRow, OptOutRow, AuditRow),
)
"""Tables whose rows are never removed: a copy has as many as there were."""


def count_rows(connection: Connection) -> dict[str, int]:
    """Return table -> number of rows, of every table whose rows are never removed."""
    return {
        row.__tablename__: connection.scalar(select(func.count()).select_from(row)) or 0
        for row in KEPT
    }


def missing_rows(
    before: Mapping[str, int], copy: Mapping[str, int], after: Mapping[str, int]
) -> list[str]:
    """Return the tables whose copy cannot be right.

    `before` and `after` were counted in the original around the backup; a copy taken between the
    two lies between them.
    """
    return [name for name in before if not before[name] <= copy.get(name, -1) <= after[name]]


def read_newest_message(connection: Connection) -> bool:
    """Read the newest message, if there is one, with the keys given; false if there is none.

    Raises UnreadableField when the keys are not those of the backup.
    """
    newest = select(MessageRow.body).order_by(MessageRow.created_at.desc()).limit(1)
    return connection.scalar(newest) is not None
