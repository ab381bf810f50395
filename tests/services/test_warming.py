"""A server loads before it serves, and forks with no connection open."""

import pytest

from bot.core.errors import DefinitionError, StoreUnavailable
from bot.services import warming
from bot.services.warming import warm


@pytest.fixture(autouse=True)
def _fake_detector_proves_itself(monkeypatch):
    monkeypatch.setattr(warming, "self_check", lambda detector: None)


def test_no_connection_is_left_open_for_two_processes_to_share(parts, caplog):
    warm(parts)
    assert parts.engine.pool.checkedin() == 0
    assert not caplog.records


def test_a_database_that_is_away_does_not_stop_the_server(parts, monkeypatch):
    def away():
        raise StoreUnavailable("away")

    monkeypatch.setattr(parts.clinics, "all", away, raising=False)
    warm(parts)


def test_crisis_rules_that_miss_their_own_example_stop_the_server(parts, monkeypatch):
    def fails(detector):
        raise DefinitionError("en.some.rule", "its own example does not fire it")

    monkeypatch.setattr(warming, "self_check", fails)
    with pytest.raises(DefinitionError):
        warm(parts)
