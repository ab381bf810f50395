"""The whole program behind PgBouncer in transaction mode, as docs/deploy tells to set it up."""

from __future__ import annotations

import shutil
from functools import partial
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.cli.supervise import stream_command
from bot.store import migrate
from bot.store.engine import make_engine
from tests.fakes.twilio import fake_twilio
from tests.live import outages
from tests.live.desk import CRISIS
from tests.live.pooler import pooler, role_limits
from tests.live.private_postgres import private_postgres
from tests.live.servers import await_true, in_parallel, make_server, prepare
from tests.live.test_stream import Visitor

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]

NUMBERS = count(1)
SAID = ("Hi", "yes", "1", "2", "no", "BACK", "1", "SKIP", "2", "help me", "1", "2")
"""More than the five times after which the driver prepares a statement."""

ON_CALL = "+12125550123"
TROUBLE = {"turn_not_stored", "turn_failed", "message_kept", "worker.database-away", "not_ready"}


@pytest.fixture(scope="module")
def postgres():
    with private_postgres() as server:
        for statement in role_limits():
            server.run("postgres", statement)
        yield server


@pytest.fixture
def url(postgres):
    name = f"pooled{next(NUMBERS)}"
    postgres.run("postgres", f"CREATE DATABASE {name}")
    with pooler(postgres, name) as address:
        yield address


@pytest.fixture
def server(url, tmp_path):
    """Web, worker and stream, migrated and run through the pooler."""
    prepare(url)
    streams = Path("/tmp") / f"porchlight-{tmp_path.name[-20:]}"
    with fake_twilio() as twilio:
        made = make_server(url, tmp_path, TWILIO_API_URL=twilio.url, STREAM_DIR=str(streams))
        made.twilio = twilio
        try:
            made.start_web()
            made.start_worker()
            made.start(stream_command())
            await_true(lambda: "stream_started" in made.events(), seconds=60)
            yield made
        finally:
            made.stop()
            shutil.rmtree(streams, ignore_errors=True)


def test_the_role_has_the_limits_that_cannot_be_asked_for_at_connect(url):
    engine = make_engine(url, None)
    names = (
        "lock_timeout",
        "statement_timeout",
        "idle_in_transaction_session_timeout",
        "timezone",
    )
    with engine.connect() as connection:
        shown = [connection.execute(text(f"SHOW {name}")).scalar() for name in names]
    engine.dispose()
    assert shown == ["1500ms", "2s", "10s", "UTC"]


def test_behind_a_pooler_nothing_is_prepared_and_without_one_it_is(postgres, url):
    thresholds = []
    for address in (url, postgres.url()):
        engine = make_engine(address, None)
        with engine.connect() as connection:
            thresholds.append(connection.connection.driver_connection.prepare_threshold)
        engine.dispose()
    assert thresholds == [None, 5]


def test_turns_pages_and_streams_work_through_it(server):
    visitor = Visitor(server)
    assert visitor.listen() == 200
    for body in SAID:
        jobs = [partial(server.text, body, From=f"+1213555{n:04d}") for n in range(8)]
        assert {answer.status for answer in in_parallel(jobs, clients=4)} == {200}
    said = visitor.say("yes", "first")[1]["messages"]
    await_true(lambda: len(visitor.heard) >= len(said), seconds=30)
    assert server.text(CRISIS, From="+12135559999").says_where_help_is
    await_true(lambda: server.twilio.bodies_to(ON_CALL), seconds=60)
    assert server.get("/readyz") == 200
    assert not TROUBLE & set(server.events())


def test_a_database_that_goes_away_behind_it_is_away_and_comes_back(server, postgres):
    with outages.refused(postgres, "", Path()):
        assert server.text(CRISIS, From="+12135558888").says_where_help_is
        assert server.text("Hi", From="+12135557777").status == 200
        assert server.waiting()
    await_true(lambda: not server.waiting(), seconds=90)
    await_true(lambda: server.text("yes", From="+12135557777").texts != (), seconds=60)
    await_true(lambda: server.twilio.bodies_to(ON_CALL), seconds=60)


def test_migrations_go_back_and_forth_through_it(url):
    migrate.upgrade(url)
    migrate.downgrade(url, "base")
    migrate.upgrade(url)
    engine = make_engine(url, None)
    assert migrate.current(engine) == migrate.head()
    engine.dispose()
