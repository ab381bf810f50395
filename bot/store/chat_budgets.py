"""Budgets by the minute, counted in the database, so that all processes count together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, case, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.store.tables import ChatBudgetRow

FORGOTTEN_AT_ONCE = 1000

_INSERTS: Mapping[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


def count_up(connection: Connection, keys: Sequence[bytes], *, minute: int) -> dict[bytes, int]:
    """Use one of each budget; return how many of each are used in this minute, this one included.

    `minute` counts from the epoch. Rows are locked in the order of their keys.
    """
    insert = _INSERTS[connection.dialect.name]
    rows = [{"key_hash": key, "minute": minute, "used": 1} for key in sorted(set(keys))]
    adding = insert(ChatBudgetRow).values(rows)
    is_new = ChatBudgetRow.minute != adding.excluded.minute
    used = case((is_new, 1), else_=ChatBudgetRow.used + 1)
    counting = adding.on_conflict_do_update(
        index_elements=[ChatBudgetRow.key_hash],
        set_={"minute": adding.excluded.minute, "used": used},
    ).returning(ChatBudgetRow.key_hash, ChatBudgetRow.used)
    return {bytes(row.key_hash): row.used for row in connection.execute(counting)}


def forget_before(connection: Connection, minute: int) -> None:
    """Remove what nobody has used since `minute`, a part of it; never waits for a lock."""
    old = select(ChatBudgetRow.key_hash).where(ChatBudgetRow.minute < minute)
    few = old.limit(FORGOTTEN_AT_ONCE).with_for_update(skip_locked=True)
    connection.execute(delete(ChatBudgetRow).where(ChatBudgetRow.key_hash.in_(few)))
