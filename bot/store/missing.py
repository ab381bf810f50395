"""Inserting a row unless it is there, in one statement on either database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

_INSERTS: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


def add_if_missing(
    target: Connection | Session, mapped: type[Any], values: dict[str, Any]
) -> bool:
    """Insert one row of a mapped class; false if a row with one of its unique keys exists."""
    connection = target.connection() if isinstance(target, Session) else target
    table: Table = mapped.__table__
    insert = _INSERTS[connection.dialect.name]
    statement = insert(table).values(values).on_conflict_do_nothing()
    # Without the option PostgreSQL's count of an INSERT is thrown away, and every row seems there.
    done = connection.execute(statement, execution_options={"preserve_rowcount": True})
    return done.rowcount == 1
