"""While the database is down, pages and probes answer at once: the next text must be heard."""

import pytest

from bot.core.errors import StoreUnavailable
from bot.services.health import REST_SECONDS, StoreHealth
from bot.store.engine import LockedTooLong
from tests.web.conftest import CRISIS

PAGES = ("/clinic/", "/clinic/login", f"/alerts/{'0' * 32}/{'1' * 32}", "/readyz")


@pytest.fixture
def tries(monkeypatch):
    """Counts how often the database was asked."""
    made = []

    def gone(*_args, **_named):
        made.append(1)
        raise StoreUnavailable("gone")

    monkeypatch.setattr("bot.services.readiness.current", gone)
    monkeypatch.setattr("bot.web.alerts.open_by_link", gone)
    return made


@pytest.mark.parametrize("page", PAGES)
def test_a_page_does_not_wait_for_a_database_that_failed_a_moment_ago(client, parts, tries, page):
    parts.health.note_failure()
    assert client.get(page).status_code == 503
    assert tries == []


@pytest.mark.parametrize("page", PAGES[2:])
def test_a_page_that_finds_the_database_gone_lets_it_rest(client, parts, tries, page):
    assert client.get(page).status_code == 503
    assert parts.health.is_down
    assert client.get(page).status_code == 503
    assert tries == [1]


def test_a_lock_that_stops_one_patients_text_stops_no_page(client, parts):
    parts.health.note_failure(locked=True)
    assert client.get("/clinic/login").status_code == 200
    assert client.get("/readyz").status_code == 200


def test_the_process_is_alive_and_a_crisis_answered_while_pages_rest(client, twilio, parts):
    parts.health.note_failure()
    assert client.get("/healthz").status_code == 200
    assert "988" in twilio.say(CRISIS)[0]


def test_after_a_lock_it_is_down_only_when_it_fails_otherwise():
    now = [0.0]
    health = StoreHealth(lambda: now[0])
    health.note_failure(locked=True)
    assert (health.is_resting, health.is_down) == (True, False)
    health.note_failure()
    assert (health.is_resting, health.is_down) == (True, True)
    now[0] += 2 * REST_SECONDS
    assert (health.is_resting, health.is_down) == (False, False)


def test_a_lock_in_a_page_is_noted_as_a_lock(client, parts, monkeypatch):
    def locked(*_args, **_named):
        raise LockedTooLong("locked")

    monkeypatch.setattr("bot.web.alerts.open_by_link", locked)
    assert client.get(PAGES[2]).status_code == 503
    assert parts.health.is_resting
    assert not parts.health.is_down
