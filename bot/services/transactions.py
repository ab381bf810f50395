"""Transactions of the pages: a session that reads, or one that writes and commits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from bot.store.engine import READ_ONLY, store_errors


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """Give a session that only reads. Raises StoreUnavailable."""
    with store_errors(), Session(engine.execution_options(**READ_ONLY)) as session:
        yield session


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """Give a session whose changes are committed at the end, or none of them on an exception.

    Raises StoreUnavailable.
    """
    with store_errors(), Session(engine) as session:
        yield session
        session.commit()
