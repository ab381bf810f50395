"""The turn's transaction: one SELECT that locks, one write, one COMMIT.

What must stay true:

* The same inbound message, however often and however concurrently it comes, is stored once and
  always gets the reply of the first time.
* Turns of one patient happen one after the other. The lock makes them wait; the write also names
  the turn it continues from, so that a turn decided on anything older is refused, not merged.
* All of a turn is stored, or nothing of it.

Nothing here commits: whoever opened the transaction decides that.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import chain
from typing import Any, Protocol

import psycopg
from sqlalchemy import Engine

from bot.core.clock import monotonic_seconds
from bot.core.errors import PorchlightError
from bot.core.messages import Channel
from bot.store import statements
from bot.store.crypto import KeyRing
from bot.store.engine import DeadlineConnection, is_postgresql, store_errors
from bot.store.loading import CurrentOf, InConversation, Loaded, StoredReply, TurnReader, Where
from bot.store.row_book import Rows


class TurnConflict(PorchlightError):
    """Somebody else wrote first; nothing was stored, and the turn must be taken again."""


class TurnTransaction(Protocol):
    """The steps of one turn in the database, the same on both.

    `connection` is the driver's own; whoever opened the turn commits on it.
    """

    connection: Any

    def load(self, where: Where) -> Loaded | None:
        """Return the conversation, locked until the transaction ends; None if there is none."""

    def write(self, rows: Rows) -> bool:
        """Store the turn; false (and nothing is stored) if the message was stored before.

        Raises TurnConflict when the conversation was changed since, or begun by another.
        """

    def stored_reply(self, channel: Channel, provider_key: str) -> StoredReply | None:
        """Return what was answered to this message the first time."""


@contextmanager
def open_turn(
    engine: Engine, keyring: KeyRing, *, budget_seconds: float
) -> Iterator[TurnTransaction]:
    """Give a transaction for one turn; rolled back unless committed.

    All its waits together last `budget_seconds` at most. Raises StoreUnavailable when the
    database cannot be reached, does not answer in time, or cannot write.
    """
    with store_errors():
        pooled = engine.raw_connection()
        connection: Any = pooled.driver_connection
        try:
            make = _PostgresqlTurn if is_postgresql(engine) else _SqliteTurn
            turn = make(connection, keyring, budget_seconds)
            try:
                yield turn
            finally:
                turn.leave()
        except Exception:
            _give_up(engine, pooled)
            raise
        finally:
            pooled.close()


def _give_up(engine: Engine, pooled: Any) -> None:
    """Roll back. If not even that works the server is gone, and so is every pooled connection."""
    try:
        pooled.driver_connection.rollback()
    except (psycopg.Error, sqlite3.Error):
        pooled.invalidate()
        engine.dispose()


class _PostgresqlTurn(TurnReader):
    """BEGIN and SELECT FOR UPDATE, one statement that writes, COMMIT: four round trips."""

    def __init__(
        self, connection: DeadlineConnection, keyring: KeyRing, budget_seconds: float
    ) -> None:
        super().__init__(keyring)
        self.connection = connection
        self._cursor = psycopg.RawCursor(connection)
        connection.budget_until = monotonic_seconds() + budget_seconds

    def load(self, where: Where) -> Loaded | None:
        text, values = _lookup(where, "postgresql")
        row = self._cursor.execute(text, values).fetchone()
        return None if row is None else self.conversation(row)

    def write(self, rows: Rows) -> bool:
        shape = tuple((name, len(rows[name])) for name in rows)
        values = tuple(chain.from_iterable(chain.from_iterable(rows.values())))
        text = statements.postgresql_write(shape)
        try:
            written = self._cursor.execute(text, values).fetchone()
        except (
            psycopg.errors.UniqueViolation,
            psycopg.errors.SerializationFailure,
            psycopg.errors.DeadlockDetected,
        ):
            raise TurnConflict("another turn was first") from None
        inserted, placed = written or (0, 0)
        if inserted and not placed:
            raise TurnConflict("the conversation has moved on")
        return bool(inserted)

    def stored_reply(self, channel: Channel, provider_key: str) -> StoredReply | None:
        text = statements.STORED_REPLY["postgresql"]
        return self.reply(self._cursor.execute(text, (channel.value, provider_key)).fetchall())

    def leave(self) -> None:
        self.connection.budget_until = None


class _SqliteTurn(TurnReader):
    """The same rows by several statements under SQLite's one write lock."""

    def __init__(
        self, connection: sqlite3.Connection, keyring: KeyRing, budget_seconds: float
    ) -> None:
        super().__init__(keyring)
        self.connection = connection
        self._usual_wait = connection.execute("PRAGMA busy_timeout").fetchone()[0]
        connection.execute(f"PRAGMA busy_timeout={round(budget_seconds * 1000)}")
        connection.execute("BEGIN IMMEDIATE")

    def load(self, where: Where) -> Loaded | None:
        text, values = _lookup(where, "sqlite")
        row = self.connection.execute(text, values).fetchone()
        return None if row is None else self.conversation(row)

    def write(self, rows: Rows) -> bool:
        try:
            return self._write(rows)
        except sqlite3.IntegrityError:
            raise TurnConflict("another turn was first") from None

    def _write(self, rows: Rows) -> bool:
        # A message names its conversation and a conversation its patient; checked at COMMIT.
        self.connection.execute("PRAGMA defer_foreign_keys=ON")
        for name, of_part in rows.items():
            text = statements.sqlite_write(name)
            values = [_sqlite_values(name, row) for row in of_part]
            changed = self.connection.executemany(text, values).rowcount
            if name == "gate" and not changed:
                return False
            if name == "moved" and not changed:
                raise TurnConflict("the conversation has moved on")
        return True

    def stored_reply(self, channel: Channel, provider_key: str) -> StoredReply | None:
        text = statements.STORED_REPLY["sqlite"]
        return self.reply(self.connection.execute(text, (channel.value, provider_key)).fetchall())

    def leave(self) -> None:
        self.connection.execute(f"PRAGMA busy_timeout={self._usual_wait}")


def _lookup(where: Where, dialect: str) -> tuple[str, tuple[Any, ...]]:
    if isinstance(where, InConversation):
        return statements.LOAD_BY_CONVERSATION[dialect], (where.conversation_id,)
    if isinstance(where, CurrentOf):
        return statements.LOAD_BY_PATIENT_OF[dialect], (where.conversation_id,)
    values = (where.clinic_id, where.channel.value, where.address_hash)
    return statements.LOAD_BY_ADDRESS[dialect], values


def _sqlite_values(name: str, row: tuple[Any, ...]) -> tuple[Any, ...]:
    values = []
    for value, times in zip(row, statements.sqlite_repeats(name), strict=True):
        stored = value
        if isinstance(value, datetime):
            naive = value.astimezone(UTC).replace(tzinfo=None)
            stored = naive.isoformat(sep=" ", timespec="microseconds")
        values.extend([stored] * times)
    return tuple(values)
