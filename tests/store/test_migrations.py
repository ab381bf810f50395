"""Migrations: there and back, one at a time, and equal to the tables the code expects."""

import re
import subprocess
import sys
from itertools import count

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from bot.core.errors import StoreUnavailable
from bot.store import migrate
from bot.store.tables import Base
from tests.conftest import BOTH_DATABASES

NUMBERS = count()


@pytest.fixture(params=BOTH_DATABASES)
def bare_url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'bare.db'}"
    make = request.getfixturevalue("fresh_postgresql")
    return make(f"bare{next(NUMBERS)}")


def tables_of(url):
    engine = migrate.migration_engine(url)
    names = set(inspect(engine).get_table_names())
    engine.dispose()
    return names - {"alembic_version"}


def test_up_down_and_up_again(bare_url):
    engine = migrate.migration_engine(bare_url)
    assert migrate.current(engine) is None
    migrate.upgrade(bare_url)
    assert migrate.current(engine) == migrate.head()
    full = tables_of(bare_url)
    migrate.downgrade(bare_url, "base")
    assert tables_of(bare_url) == set()
    migrate.upgrade(bare_url)
    migrate.upgrade(bare_url)
    assert tables_of(bare_url) == full == set(Base.metadata.tables)
    engine.dispose()


def test_the_migrated_tables_are_those_of_the_code(engine):
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, Base.metadata) == []


def test_several_processes_may_migrate_at_once(bare_url):
    code = "import sys; from bot.store import migrate; migrate.upgrade(sys.argv[1])"
    command = [sys.executable, "-c", code, bare_url]
    started = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(2)]
    faults = [process.communicate()[1].decode() for process in started]
    assert [process.returncode for process in started] == [0, 0], faults
    assert tables_of(bare_url) == set(Base.metadata.tables)


def test_a_database_that_is_not_there_is_unavailable(tmp_path):
    with pytest.raises(StoreUnavailable):
        migrate.upgrade("postgresql://nobody@127.0.0.1:1/nothing")


def revisions():
    return list(ScriptDirectory(str(migrate.MIGRATIONS)).walk_revisions())


def test_revisions_are_numbered_in_a_row():
    numbers = sorted(revision.revision for revision in revisions())
    assert numbers == [f"{number:04d}" for number in range(1, len(numbers) + 1)]


@pytest.mark.parametrize("revision", revisions(), ids=lambda revision: revision.revision)
def test_every_migration_says_why(revision):
    assert re.search(r"^why: \w.{20,}", revision.module.__doc__, re.MULTILINE)
