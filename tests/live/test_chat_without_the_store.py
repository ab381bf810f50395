"""In the web chat too a crisis is answered within 3 seconds while the database fails.

Meanwhile other visitors write without a pause. Nothing is lost: what could not be answered is kept
on disk and treated afterwards, the danger included.
"""

from __future__ import annotations

import time
from contextlib import contextmanager

import psycopg
import pytest

from tests.live import outages
from tests.live.chatting import visitor
from tests.live.desk import CRISIS, assert_at_once
from tests.live.private_postgres import private_postgres
from tests.live.servers import await_true, prepare, serving, traffic

pytestmark = pytest.mark.live

OUTAGE_SECONDS = 4.0
ORDINARY_VISITORS = 3
DANGER_PAUSE_SECONDS = 0.2


@pytest.fixture(scope="module")
def postgres():
    with private_postgres() as server:
        yield server


@contextmanager
def sessions_locked(server, database, _disk):
    """What a careless migration does to the chat's own tables."""
    with psycopg.connect(server.url(database)) as other:
        other.execute("LOCK TABLE chat_sessions, chat_budgets IN ACCESS EXCLUSIVE MODE")
        yield
        other.rollback()


@pytest.mark.parametrize(
    "outage", [outages.frozen, outages.refused, sessions_locked], ids=lambda each: each.__name__
)
def test_danger_in_the_chat_is_answered_at_once(postgres, tmp_path, outage):
    name = f"chat_{outage.__name__}"
    postgres.run("postgres", f"CREATE DATABASE {name}")
    prepare(postgres.url(name))
    with serving(postgres.url(name), tmp_path) as server:
        usual = [visitor(server) for _ in range(ORDINARY_VISITORS)]
        endangered = visitor(server)
        bodies = []

        def danger(_number):
            time.sleep(DANGER_PAUSE_SECONDS)
            answer, body = endangered.say(CRISIS)
            bodies.append(body)
            return answer

        def ordinary(number):
            time.sleep(0.05)
            return usual[number % len(usual)].say("1")[0]

        with (
            outage(postgres, name, tmp_path),
            traffic(ordinary, clients=ORDINARY_VISITORS) as answers,
            traffic(danger, clients=1) as urgent,
        ):
            time.sleep(OUTAGE_SECONDS)
        assert_at_once(urgent, case=f"chat: {outage.__name__.replace('_', ' ')}")
        assert {answer.status for answer in answers} == {200}
        assert any(not body["is_stored"] for body in bodies)
        server.start_worker()
        await_true(lambda: not server.waiting(), seconds=60)
        await_true(lambda: endangered.read().get("status") == "held", seconds=30)
        said = [m["text"] for m in endangered.read()["messages"] if m["from"] == "patient"]
        assert said == [CRISIS] * len(bodies)
