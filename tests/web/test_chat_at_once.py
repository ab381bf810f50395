"""Danger in the chat whose turn fails is kept on disk and treated later, said again or not."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.core.errors import StoreUnavailable
from bot.services.inbound import replay
from bot.services.spool import Spool
from bot.store.tables import AlertRow
from bot.web.deadline import TookTooLong
from tests.web.chatting import chatter, texts
from tests.web.conftest import CRISIS
from tests.web.test_sms_at_once import failing

TOO_LONG = CRISIS + " a" * 5001


@pytest.fixture
def visitor(client):
    made = chatter(client)
    made.say("1")
    return made


def alerts(parts):
    with Session(parts.engine) as session:
        return len(session.scalars(select(AlertRow)).all())


def said_in(caplog):
    return [record.message for record in caplog.records]


def striking(times):
    """A disk that is so slow that the alarm strikes in the first attempts to keep something."""
    keep, tries = Spool.keep, []

    def keep_late(spool, *args, **named):
        tries.append(1)
        if len(tries) <= times:
            raise TookTooLong("struck in the middle")
        keep(spool, *args, **named)

    return keep_late


@pytest.mark.parametrize("error", [RuntimeError("bug"), StoreUnavailable("alarm"), MemoryError()])
def test_danger_whose_turn_fails_is_kept_and_pages(visitor, parts, monkeypatch, caplog, error):
    with monkeypatch.context() as failing_now:
        failing_now.setattr("bot.web.chat.say_in_chat", failing(error))
        response = visitor.send(CRISIS)
    assert response.status_code == 503
    assert "911" in response.json["emergency"]["texts"][0]
    assert len(parts.spool.waiting()) == 1
    assert replay(parts) == 1
    assert visitor.read()["status"] == "held"
    assert texts(visitor.read(), "patient")[-1] == CRISIS
    assert alerts(parts) == 1
    assert "crisis_not_recorded" not in said_in(caplog)


def test_a_page_that_says_it_again_meets_one_turn(visitor, parts, monkeypatch):
    with monkeypatch.context() as failing_now:
        failing_now.setattr("bot.web.chat.say_in_chat", failing(RuntimeError("bug")))
        visitor.send(CRISIS, client_id="danger")
    view = visitor.say(CRISIS, client_id="danger")
    assert view["is_stored"]
    assert replay(parts) == 1
    assert visitor.say(CRISIS, client_id="danger")["messages"] == view["messages"]
    assert texts(visitor.read(), "patient").count(CRISIS) == 1
    assert alerts(parts) == 1


def test_danger_that_was_kept_is_treated_before_what_was_said_after_it(
    visitor, parts, monkeypatch
):
    with monkeypatch.context() as failing_now:
        failing_now.setattr("bot.web.chat.say_in_chat", failing(RuntimeError("bug")))
        visitor.send(CRISIS)
    visitor.say("hello")
    assert texts(visitor.read(), "patient")[-2:] == [CRISIS, "hello"]


def test_danger_in_a_request_that_is_refused_is_kept_too(visitor, parts, monkeypatch):
    with monkeypatch.context() as failing_now:
        failing_now.setattr("bot.web.chat.say_in_chat", failing(RuntimeError("bug")))
        response = visitor.send(TOO_LONG)
    assert response.status_code == 422
    assert "911" in response.json["emergency"]["texts"][0]
    assert replay(parts) == 1
    assert visitor.read()["status"] == "held"


@pytest.mark.parametrize("text", [CRISIS, TOO_LONG])
def test_an_alarm_that_strikes_while_danger_is_kept_does_not_lose_it(
    visitor, parts, monkeypatch, text
):
    with monkeypatch.context() as failing_now:
        failing_now.setattr(
            "bot.services.inbound.take_turn_or_plain", failing(StoreUnavailable("away"))
        )
        failing_now.setattr(Spool, "keep", striking(times=2))
        assert "911" in visitor.send(text).json["emergency"]["texts"][0]
    assert len(parts.spool.waiting()) == 1
    assert replay(parts) == 1
    assert alerts(parts) == 1


def test_a_disk_that_fails_too_is_said_in_the_log_and_danger_is_answered(
    visitor, monkeypatch, caplog
):
    monkeypatch.setattr(
        "bot.services.inbound.take_turn_or_plain", failing(StoreUnavailable("away"))
    )
    monkeypatch.setattr(Spool, "keep", failing(OSError("full")))
    view = visitor.say(CRISIS)
    assert "911" in view["emergency"]["texts"][0]
    assert "crisis_not_recorded" in said_in(caplog)


def test_danger_under_the_id_of_another_message_is_heard_all_the_same(visitor, parts):
    visitor.say("2", client_id="used")
    view = visitor.say(CRISIS, client_id="used")
    assert "911" in view["emergency"]["texts"][0]
    assert not view["is_stored"]
    assert replay(parts) == 1
    assert visitor.read()["status"] == "held"
    assert alerts(parts) == 1


def test_danger_at_a_process_that_never_read_its_clinics_is_kept(visitor, parts, monkeypatch):
    with monkeypatch.context() as unread:
        unread.setattr(type(parts.clinics), "of", lambda _self, _clinic_id: None)
        unread.setattr(type(parts.clinics), "is_known", False)
        response = visitor.send(CRISIS)
    assert response.status_code == 503
    assert "911" in response.json["emergency"]["texts"][0]
    assert replay(parts) == 1
    assert visitor.read()["status"] == "held"
