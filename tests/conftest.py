"""Fixtures that several rooms share: databases, keys, a clock and ids that repeat."""

from __future__ import annotations

import os
import shutil
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import count

import psycopg
import pytest
from sqlalchemy import make_url

from bot.store import migrate
from bot.store.crypto import AddressHash, KeyRing
from bot.store.engine import StoreLimits, make_engine
from bot.store.tables import Base

NO_POSTGRESQL = "no PostgreSQL: TEST_DATABASE_URL is not set"

BOTH_DATABASES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


class FakeClock:
    """A clock that stands still until it is moved."""

    def __init__(self, start):
        self.moment = start

    def __call__(self):
        return self.moment

    def advance(self, **span):
        self.moment += timedelta(**span)
        return self.moment


class SequentialIds:
    """Makes 00…01, 00…02 and so on; safe to call from several threads."""

    def __init__(self):
        self._numbers = count(1)

    def __call__(self):
        return f"{next(self._numbers):032x}"


@pytest.fixture
def clock():
    return FakeClock(datetime(2026, 3, 2, 15, 4, 5, 678901, tzinfo=UTC))


@pytest.fixture
def new_id():
    return SequentialIds()


@pytest.fixture
def new_token():
    numbers = count(1)
    return lambda: f"token-{next(numbers):037d}"


@pytest.fixture(scope="session")
def keyring():
    return KeyRing([bytes(range(32))])


@pytest.fixture(scope="session")
def address_hash():
    return AddressHash(bytes(range(100, 132)))


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory):
    """A migrated, empty SQLite file; each test gets a copy."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    migrate.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def fresh_postgresql(worker_id):
    """Makes empty databases on the test server; dropped when the session ends."""
    given = os.environ.get("TEST_DATABASE_URL")
    if not given:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(NO_POSTGRESQL)
    server = make_url(given).set(drivername="postgresql")
    made = []

    def make(purpose):
        name = f"porchlight_{purpose}_{worker_id}_{os.getpid()}"
        made.append(name)
        _on_server(server, f'CREATE DATABASE "{name}"')
        return server.set(database=name).render_as_string(hide_password=False)

    yield make
    for name in made:
        _on_server(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def _postgresql_url(fresh_postgresql):
    url = fresh_postgresql("rows")
    migrate.upgrade(url)
    return url


@pytest.fixture(scope="session")
def _postgresql_sweeper(_postgresql_url):
    """Empties every table at once; far quicker than truncating or migrating again."""
    tables = reversed(Base.metadata.sorted_tables)
    sweep = "; ".join(f"DELETE FROM {table.name}" for table in tables)
    with closing(psycopg.connect(_postgresql_url, autocommit=True)) as connection:
        yield lambda: connection.execute(sweep)


@pytest.fixture(params=BOTH_DATABASES)
def database_url(request, tmp_path):
    """The address of an empty, migrated database: once SQLite, once PostgreSQL."""
    if request.param == "sqlite":
        path = tmp_path / "porchlight.db"
        shutil.copy(request.getfixturevalue("_sqlite_template"), path)
        return f"sqlite:///{path}"
    request.getfixturevalue("_postgresql_sweeper")()
    return request.getfixturevalue("_postgresql_url")


@pytest.fixture
def engine(database_url, keyring):
    made = make_engine(database_url, keyring, limits=StoreLimits(pool_size=20))
    yield made
    made.dispose()


def _on_server(server, statement):
    url = server.render_as_string(hide_password=False)
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        connection.execute(statement)
