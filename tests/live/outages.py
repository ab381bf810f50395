"""Ways in which a database fails, each made on purpose and healed again."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import psycopg

from tests.live.private_postgres import PrivatePostgres, fill

Outage = Callable[..., AbstractContextManager[None]]


@contextmanager
def frozen(server: PrivatePostgres, _database: str, _disk: Path) -> Iterator[None]:
    """SIGSTOP: connections stay open, and nothing ever answers."""
    server.freeze()
    try:
        yield
    finally:
        server.thaw()


@contextmanager
def refused(server: PrivatePostgres, _database: str, _disk: Path) -> Iterator[None]:
    """The server is gone at once, as after a crash."""
    server.stop()
    try:
        yield
    finally:
        server.start()


@contextmanager
def read_only(server: PrivatePostgres, _database: str, _disk: Path) -> Iterator[None]:
    server.set_read_only("on")
    try:
        yield
    finally:
        server.set_read_only("off")


@contextmanager
def disk_full(_server: PrivatePostgres, _database: str, disk: Path) -> Iterator[None]:
    """Not one byte left on the disk of the database's tables."""
    filler = fill(disk)
    try:
        yield
    finally:
        filler.unlink()


@contextmanager
def rows_locked(server: PrivatePostgres, database: str, _disk: Path) -> Iterator[None]:
    """Another session holds every patient's lock and does not let go."""
    with psycopg.connect(server.url(database)) as other:
        other.execute("SELECT 1 FROM patients FOR UPDATE")
        other.execute("SELECT 1 FROM conversations FOR UPDATE")
        yield
        other.rollback()


LOCKED_PATIENT = "SELECT id FROM patients ORDER BY id LIMIT 1"


@contextmanager
def one_patient_locked(server: PrivatePostgres, database: str, _disk: Path) -> Iterator[None]:
    """Another session holds the lock of one patient alone."""
    with psycopg.connect(server.url(database)) as other:
        other.execute(f"SELECT 1 FROM patients WHERE id = ({LOCKED_PATIENT}) FOR UPDATE")
        other.execute(
            f"SELECT 1 FROM conversations WHERE patient_id = ({LOCKED_PATIENT}) FOR UPDATE"
        )
        yield
        other.rollback()


@contextmanager
def table_locked(server: PrivatePostgres, database: str, _disk: Path) -> Iterator[None]:
    """What a careless migration does: nobody may even read."""
    with psycopg.connect(server.url(database)) as other:
        other.execute("LOCK TABLE conversations IN ACCESS EXCLUSIVE MODE")
        yield
        other.rollback()


@contextmanager
def file_locked(disk: Path) -> Iterator[None]:
    """Another process holds SQLite's one write lock."""
    with closing(sqlite3.connect(disk / "porchlight.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def file_disk_full(disk: Path) -> Iterator[None]:
    filler = fill(disk)
    try:
        yield
    finally:
        filler.unlink()


POSTGRESQL: tuple[Outage, ...] = (
    frozen,
    refused,
    read_only,
    disk_full,
    rows_locked,
    table_locked,
)
SQLITE: tuple[Outage, ...] = (file_locked, file_disk_full)
