"""Brings a database to the tables this code expects, or back. Needs no app and no keys."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from bot.store.engine import READ_ONLY, StoreLimits, make_engine, store_errors

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"

PATIENT = StoreLimits(deadline_seconds=3600, lock_seconds=60, idle_seconds=3600, busy_seconds=60)
"""A migration may take as long as it needs; `migrations/env.py` bounds its waits for locks."""


def upgrade(database_url: str, revision: str = "head") -> None:
    """Run every migration up to `revision`, all in one transaction. Safe to run twice.

    Raises StoreUnavailable when the database cannot be reached or a lock was not to be had.
    """
    _run(database_url, command.upgrade, revision)


def downgrade(database_url: str, revision: str) -> None:
    """Undo migrations down to `revision` (`base`: all of them), in one transaction."""
    _run(database_url, command.downgrade, revision)


def head() -> str:
    """Return the revision this code expects."""
    script = ScriptDirectory(str(MIGRATIONS))
    revision = script.get_current_head()
    if revision is None:
        raise LookupError(f"no migrations in {MIGRATIONS.name}/")
    return revision


def current(engine: Engine) -> str | None:
    """Return the revision the database is at; None when it was never migrated."""
    with store_errors(), engine.connect().execution_options(**READ_ONLY) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def migration_engine(database_url: str) -> Engine:
    """Return an engine whose waits are long enough for changes to tables."""
    return make_engine(database_url, None, limits=PATIENT)


def _run(database_url: str, step: Callable[[Config, str], None], revision: str) -> None:
    engine = migration_engine(database_url)
    try:
        with store_errors(), engine.begin() as connection:
            step(_config(connection), revision)
    finally:
        engine.dispose()


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
