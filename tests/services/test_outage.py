"""A PostgreSQL that freezes or restarts in the middle of the day."""

import time
from dataclasses import replace

import pytest
from sqlalchemy import make_url

from bot.services import taking_turns
from bot.services.clinic_files import apply_clinic, plan_clinic
from bot.services.health import REST_SECONDS
from bot.services.inbound import replay
from bot.store import tables
from bot.store.engine import StoreLimits, make_engine
from tests.fakes.proxy import FreezingProxy
from tests.services.conftest import FrontDoor
from tests.services.test_clinics import DEMO

pytestmark = pytest.mark.postgres

DANGER = "I want to kill myself tonight"
QUICK = StoreLimits(deadline_seconds=0.5, lock_seconds=0.3)


@pytest.fixture
def database_url(_postgresql_url, _postgresql_sweeper):
    """These tests are about a server; SQLite has none."""
    _postgresql_sweeper()
    return _postgresql_url


@pytest.fixture
def proxy(database_url):
    url = make_url(database_url)
    made = FreezingProxy(url.host or "127.0.0.1", url.port or 5432)
    yield made
    made.close()


@pytest.fixture
def remote(proxy, database_url, keyring, make_parts, demo_clinic, clock):
    """A front door whose database is behind the proxy, with a clinic and a greeted patient."""
    behind = make_url(database_url).set(host="127.0.0.1", port=proxy.port)
    plain = behind.update_query_dict({"sslmode": "disable", "gssencmode": "disable"})
    engine = make_engine(plain.render_as_string(hide_password=False), keyring, limits=QUICK)
    door = FrontDoor(replace(make_parts(engine=engine), turn_seconds=0.6), demo_clinic, clock)
    apply_clinic(door.parts, plan_clinic(door.parts, DEMO))
    door.send("hello")
    yield door
    proxy.thaw()
    engine.dispose()


def inbound_texts(door):
    rows = [row for row in door.rows(tables.MessageRow) if row.direction == "inbound"]
    return [row.body for row in sorted(rows, key=lambda row: row.turn_number)]


def test_a_restarted_server_costs_no_message_and_no_reply(remote, proxy):
    proxy.cut()
    assert remote.send("yes").turn_number == 2


def test_a_crisis_is_answered_in_time_while_the_server_is_frozen(remote, proxy, seconds):
    proxy.freeze()
    started = time.monotonic()
    reply = remote.send(DANGER)
    assert time.monotonic() - started < 3
    assert "988" in reply.texts[0]
    proxy.thaw()
    seconds.seconds += REST_SECONDS
    assert replay(remote.parts) == 1
    assert inbound_texts(remote) == ["hello", DANGER]
    assert remote.rows(tables.AlertRow)


def test_a_commit_whose_answer_was_lost_is_one_turn(remote, proxy, seconds, monkeypatch):
    """The server commits, but we never hear of it: what was kept is found to be there."""
    real = taking_turns.open_turn

    class LosesTheAnswer:
        def __init__(self, connection):
            self._connection = connection

        def commit(self):
            self._connection.commit()
            proxy.freeze()
            self._connection.execute("SELECT 1")

    def open_turn(*args, **named):
        class Opened:
            def __enter__(self):
                self.inner = real(*args, **named)
                turn = self.inner.__enter__()
                turn.connection = LosesTheAnswer(turn.connection)
                return turn

            def __exit__(self, *failure):
                return self.inner.__exit__(*failure)

        return Opened()

    monkeypatch.setattr(taking_turns, "open_turn", open_turn)
    assert not remote.send("yes").is_stored
    proxy.thaw()
    monkeypatch.setattr(taking_turns, "open_turn", real)
    seconds.seconds += REST_SECONDS
    assert replay(remote.parts) == 1
    assert inbound_texts(remote) == ["hello", "yes"]
    replies = [row for row in remote.rows(tables.MessageRow) if row.turn_number == 2]
    assert {row.delivery for row in replies} == {None, "unknown"}
