"""Runs the migrations on the connection it is handed, or on the database of the Flask app.

On PostgreSQL an advisory lock lets one process migrate at a time (several start at once on a
deployment), and a short lock timeout makes a change that would wait behind a long transaction
fail instead of queueing every webhook behind itself.
"""

from __future__ import annotations

from alembic import context
from flask import current_app
from sqlalchemy import Connection, text

from bot.store.migrate import migration_engine
from bot.store.tables import Base

ONE_AT_A_TIME = 7_401_982_635
"""The advisory lock's number; nothing else takes it."""


def lock_out_others(connection: Connection) -> None:
    """Wait up to a minute for another migration to end, then a second for each table's lock."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL lock_timeout = '60s'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ONE_AT_A_TIME})
        connection.execute(text("SET LOCAL lock_timeout = '1s'"))


def run(connection: Connection) -> None:
    """Run what Alembic was asked for inside the connection's open transaction."""
    lock_out_others(connection)
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    url = current_app.config["SQLALCHEMY_DATABASE_URI"]
    engine = migration_engine(url.render_as_string(hide_password=False))
    with engine.begin() as opened:
        run(opened)
    engine.dispose()
