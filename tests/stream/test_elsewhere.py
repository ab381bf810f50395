"""News that another machine tells through Redis."""

import os
import socket

import pytest

from bot.delivery.kicker import Kicker
from bot.services.telling import publisher, teller
from bot.stream.elsewhere import FromRedis
from tests.stream.conftest import await_that


@pytest.fixture
def broker():
    given = os.environ.get("TEST_BROKER_URL")
    if not given:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("no TEST_BROKER_URL")
    return given


def test_an_id_told_on_one_machine_is_heard_on_another(broker, tmp_path):
    heard = FromRedis(broker)
    assert heard.told() == set()
    found = set()
    tell = teller(tmp_path / "nobody", Kicker(publisher(broker)))

    def is_heard():
        tell("c" * 32)
        found.update(heard.told())
        return "c" * 32 in found

    await_that(is_heard)


def test_a_broker_that_is_away_is_left_alone_for_a_moment():
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    moment = [100.0]
    heard = FromRedis(f"redis://127.0.0.1:{port}/0", seconds=lambda: moment[0])
    assert heard.told() == set()
    assert heard._rests_until > moment[0]
    moment[0] = heard._rests_until
    assert heard.told() == set()
    assert heard._rests_until > moment[0]


def test_telling_where_nobody_listens_fails_nothing(tmp_path):
    teller(tmp_path / "nobody")("c" * 32)
