"""A text in a crisis is answered within the webhook's response, always, and within 3 seconds.

Here wall time is the promise itself, so this room measures it: a real server with two sync
workers, started as `serve` starts it, over SQLite and over a PostgreSQL of its own.
"""

from __future__ import annotations

import os

import pytest

from tests.conftest import BOTH_DATABASES
from tests.live.desk import PATIENTS, a_desk, assert_at_once
from tests.live.private_postgres import private_postgres
from tests.live.situations import SITUATIONS, text_in

pytestmark = pytest.mark.live

ROUNDS = {
    "sqlite": int(os.environ.get("AT_ONCE_ROUNDS", "2")),
    "postgresql": int(os.environ.get("AT_ONCE_ROUNDS", "4")),
}
"""Fifty texts each, 3,000 in all. `script/faults at-once` takes as many samples as are wanted."""


@pytest.fixture(scope="module")
def postgres():
    with private_postgres() as server:
        yield server


@pytest.fixture(scope="module", params=BOTH_DATABASES)
def desk(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("at_once")
    if request.param == "sqlite":
        url = f"sqlite:///{folder}/porchlight.db"
    else:
        postgres = request.getfixturevalue("postgres")
        postgres.run("postgres", "CREATE DATABASE situations")
        url = postgres.url("situations")
    with a_desk(url, folder) as made:
        made.kind = request.param
        yield made


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda s: s.name.replace(" ", "_"))
def test_a_crisis_is_answered_at_once_in_every_situation(desk, situation):
    before = desk.count("safety_events")
    answers = text_in(desk, situation, rounds=ROUNDS[desk.kind])
    assert_at_once(answers, case=f"{desk.kind}: {situation.name}")
    assert len(answers) == ROUNDS[desk.kind] * PATIENTS
    stored = desk.count("safety_events") - before
    assert stored == (len(answers) if situation.is_stored else 0)
    if situation.is_stored:
        assert desk.count("alerts", "acknowledged_at IS NULL") == PATIENTS
