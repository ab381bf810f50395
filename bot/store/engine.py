"""The database engine: SQLite or PostgreSQL, each with the settings that keep promises.

SQLite: WAL with synchronous FULL (a commit survives a power cut), foreign keys on, writers begin
IMMEDIATE (a deferred BEGIN that upgrades later loses updates or fails at once), readers begin
plain. PostgreSQL: psycopg with time limits on both sides; the client's own deadline is the one
that still holds when the server is frozen and answers nothing. Behind a pooler of transactions
nothing is prepared.

Whatever goes wrong with the database itself is raised as StoreUnavailable by `store_errors`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy import Engine, create_engine, event, make_url, text
from sqlalchemy import exc as sqlalchemy_errors
from sqlalchemy.engine import URL, Connection

from bot.core.clock import monotonic_seconds
from bot.core.errors import SettingsError, StoreUnavailable
from bot.store.crypto import KeyRing

READ_ONLY = {"porchlight_read_only": True}
"""Execution options of a connection that only reads; on SQLite it then takes no write lock."""

_UNAVAILABLE = (
    sqlite3.OperationalError,
    sqlite3.InterfaceError,
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg.InternalError,
    sqlalchemy_errors.TimeoutError,
    sqlalchemy_errors.OperationalError,
    sqlalchemy_errors.InterfaceError,
    sqlalchemy_errors.InternalError,
)


@dataclass(frozen=True, slots=True)
class StoreLimits:
    """How long to wait for the database.

    `deadline_seconds` bounds every answer of the server as the client sees it; `lock_seconds` and
    `idle_seconds` are enforced by PostgreSQL; `busy_seconds` is SQLite's wait for its write lock.
    """

    deadline_seconds: float = 2.0
    lock_seconds: float = 1.5
    idle_seconds: float = 10.0
    busy_seconds: float = 2.0
    pool_size: int = 5


DEFAULT_LIMITS = StoreLimits()


class DeadlineConnection(psycopg.Connection[Any]):
    """A psycopg connection that gives up on a server which does not answer.

    `statement_timeout` is the server's promise and worth nothing when the server is stopped or
    unreachable. `deadline_seconds` bounds each wait; `budget_until` (monotonic seconds), when
    set, bounds all waits of one turn together. A connection given up on is closed: its state is
    unknown, and the pool must not hand it out again.
    """

    deadline_seconds: float = DEFAULT_LIMITS.deadline_seconds
    budget_until: float | None = None

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Drive `gen` to its result; raises psycopg.OperationalError at the deadline."""
        seconds = self.deadline_seconds if timeout is None else timeout
        if self.budget_until is not None:
            seconds = max(0.001, min(seconds, self.budget_until - monotonic_seconds()))
        try:
            return super().wait(gen, interval, seconds)
        except psycopg.OperationalError:
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                self.close()
            raise


def make_engine(
    database_url: str, keyring: KeyRing | None, *, limits: StoreLimits = DEFAULT_LIMITS
) -> Engine:
    """Return an engine for `sqlite:///path` or `postgresql://...`; connects lazily.

    The key ring travels on the engine's dialect, where the encrypted column types find it; without
    one they cannot be used.
    Raises SettingsError for any other kind of database.
    """
    url = _readable_url(database_url)
    backend = url.get_backend_name()
    if backend not in _MAKERS:
        raise SettingsError(["DATABASE_URL"], "must begin with sqlite:/// or postgresql://")
    engine = _MAKERS[backend](url, limits)
    engine.dialect.porchlight_keyring = keyring  # type: ignore[attr-defined]
    return engine


def is_postgresql(engine: Engine) -> bool:
    """Whether this engine speaks to PostgreSQL (otherwise it is SQLite)."""
    return engine.dialect.name == "postgresql"


class LockedTooLong(StoreUnavailable):
    """The database answers, but what was asked for stayed locked by somebody else."""


@contextmanager
def store_errors() -> Iterator[None]:
    """Turn failures of the database itself into StoreUnavailable, without their texts.

    A driver's message may quote values; only its class and SQLSTATE are kept. A lock that was not
    to be had is LockedTooLong.
    """
    try:
        yield
    except _UNAVAILABLE as error:
        kind = LockedTooLong if _is_locked(error) else StoreUnavailable
        raise kind(describe(error)) from None


def describe(error: BaseException) -> str:
    """Return the class and SQLSTATE of a driver's error: all that may be logged of it."""
    original = getattr(error, "orig", None) or error
    state = getattr(original, "sqlstate", None) or getattr(original, "sqlite_errorname", None)
    return f"{type(original).__name__} {state}" if state else type(original).__name__


def _is_locked(error: BaseException) -> bool:
    original = getattr(error, "orig", None) or error
    if isinstance(original, psycopg.errors.LockNotAvailable):
        return True
    return getattr(original, "sqlite_errorname", "").startswith("SQLITE_BUSY")


def check_durability(engine: Engine) -> None:
    """Raise SettingsError if a commit could be lost in a power cut."""
    question, strong = (
        ("SHOW synchronous_commit", {"on", "remote_write", "remote_apply"})
        if is_postgresql(engine)
        else ("PRAGMA synchronous", {"2", "3"})
    )
    with store_errors(), engine.connect() as connection:
        level = str(connection.execute(text(question)).scalar())
    if level not in strong:
        raise SettingsError(["DATABASE_URL"], f"commits are not durable: {question} is {level}")


def _readable_url(database_url: str) -> URL:
    try:
        url = make_url(database_url)
    except sqlalchemy_errors.ArgumentError:
        raise SettingsError(["DATABASE_URL"], "is not a database URL") from None
    if url.drivername in {"postgres", "postgresql"}:
        return url.set(drivername="postgresql+psycopg")
    return url


def _make_sqlite(url: URL, limits: StoreLimits) -> Engine:
    if url.database in {None, "", ":memory:"}:
        raise SettingsError(["DATABASE_URL"], "SQLite needs a file: sqlite:////path/to/file.db")
    engine = create_engine(
        url,
        hide_parameters=True,
        connect_args={"timeout": limits.busy_seconds},
        pool_size=limits.pool_size,
        pool_timeout=limits.deadline_seconds,
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    read_only = connection.get_execution_options().get("porchlight_read_only", False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


def _make_postgresql(url: URL, limits: StoreLimits) -> Engine:
    engine = create_engine(
        url,
        hide_parameters=True,
        connect_args=_postgresql_arguments(limits),
        pool_size=limits.pool_size,
        pool_timeout=limits.deadline_seconds,
    )

    def connect(_dialect: object, _record: object, arguments: Any, named: Any) -> Any:
        connection = DeadlineConnection.connect(*arguments, **named)
        connection.deadline_seconds = limits.deadline_seconds
        if _is_behind_pooler(connection):
            connection.prepare_threshold = None
        return connection

    event.listen(engine, "do_connect", connect)
    return engine


def _is_behind_pooler(connection: DeadlineConnection) -> bool:
    """Whether a pooler stands between: it gives its clients process numbers of its own making.

    What is prepared then stays with a server process that the next transaction may not meet.
    """
    try:
        connection.autocommit = True
        found = connection.execute("SELECT pg_backend_pid()").fetchone()
        connection.autocommit = False
    except psycopg.Error:
        connection.close()
        raise
    return found != (connection.info.backend_pid,)


def _postgresql_arguments(limits: StoreLimits) -> dict[str, Any]:
    milliseconds = {
        "lock_timeout": limits.lock_seconds,
        "statement_timeout": limits.deadline_seconds,
        "idle_in_transaction_session_timeout": limits.idle_seconds,
    }
    settings = [f"-c {name}={round(value * 1000)}" for name, value in milliseconds.items()]
    return {
        "connect_timeout": max(2, round(limits.deadline_seconds)),
        "tcp_user_timeout": round(limits.deadline_seconds * 1000),
        "options": " ".join([*settings, "-c timezone=UTC"]),
        "application_name": "porchlight",
    }


_MAKERS = {"sqlite": _make_sqlite, "postgresql": _make_postgresql}
