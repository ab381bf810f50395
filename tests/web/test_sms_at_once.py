"""The route itself answers a crisis when the use case behind it fails, and callbacks can wait."""

import time

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.core.errors import DefinitionError, InvalidField, Refused, StoreUnavailable
from bot.rules.last_resort import static_emergency_text
from bot.services.health import REST_SECONDS
from bot.services.inbound import replay
from bot.services.spool import Spool
from bot.store.tables import AlertRow
from bot.web.deadline import REPEAT_SECONDS, WEBHOOK_SECONDS, TookTooLong
from tests.web.conftest import CRISIS, FALLBACK, SMS, STATUS, bodies

ERRORS = (
    RuntimeError("bug"),
    StoreUnavailable("gone"),
    Refused("no"),
    InvalidField("a", "b", "c"),
    DefinitionError("a", "b"),
    RecursionError(),
    MemoryError(),
)


def failing(error):
    def fail(*_args, **_named):
        raise error

    return fail


@pytest.mark.parametrize("path", [SMS, FALLBACK])
@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_whatever_the_use_case_raises_a_crisis_is_answered(twilio, monkeypatch, error, path):
    monkeypatch.setattr("bot.web.sms.receive_at_number", failing(error))
    assert bodies(twilio.text(CRISIS, path=path)) == [static_emergency_text()]


def test_a_crisis_that_was_answered_without_a_turn_is_kept_and_pages(twilio, parts, monkeypatch):
    with monkeypatch.context() as failing_now:
        failing_now.setattr("bot.web.sms.receive_at_number", failing(StoreUnavailable("alarm")))
        twilio.say(CRISIS)
    assert len(parts.spool.waiting()) == 1
    assert replay(parts) == 1
    with Session(parts.engine) as session:
        assert len(session.scalars(select(AlertRow)).all()) == 1


def test_a_disk_that_fails_too_is_said_in_the_log_and_the_crisis_is_answered(
    twilio, monkeypatch, caplog
):
    monkeypatch.setattr("bot.web.sms.receive_at_number", failing(StoreUnavailable("alarm")))
    monkeypatch.setattr("bot.services.spool.Spool.keep", failing(OSError("full")))
    assert bodies(twilio.text(CRISIS)) == [static_emergency_text()]
    assert "crisis_not_recorded" in [record.message for record in caplog.records]


def test_the_text_is_screened_before_the_clinic_is_looked_up(twilio, parts, monkeypatch):
    monkeypatch.setattr(type(parts.clinics), "at", failing(RuntimeError("bug")))
    assert "988" in twilio.say(CRISIS)[0]


def test_the_limit_of_the_webhook_leaves_room_within_the_promise():
    assert WEBHOOK_SECONDS + REPEAT_SECONDS < 3


def test_what_hangs_is_broken_off(twilio, monkeypatch):
    came_to_its_end = []

    def hang(*_args, **_named):
        time.sleep(2)
        came_to_its_end.append(1)

    monkeypatch.setattr("bot.web.sms.WEBHOOK_SECONDS", 0.3)
    monkeypatch.setattr("bot.services.taking_turns.open_turn", hang)
    assert "988" in twilio.say(CRISIS)[0]
    assert came_to_its_end == []


def test_callbacks_do_not_wait_for_a_database_that_failed_a_moment_ago(twilio, parts, monkeypatch):
    tries = []

    def gone(*_args):
        tries.append(1)
        raise StoreUnavailable("gone")

    monkeypatch.setattr("bot.web.sms.note_delivery", gone)
    fields = {"MessageSid": "SM" + "5" * 32, "AccountSid": "AC" + "1" * 32}
    report = {**fields, "MessageStatus": "sent"}
    for _ in range(5):
        assert twilio.post(report, path=STATUS).status_code == 503
    assert len(tries) <= 1 + 1 / REST_SECONDS
    assert "988" in twilio.say(CRISIS)[0]


def test_an_alarm_that_strikes_while_a_crisis_is_kept_does_not_lose_it(twilio, parts, monkeypatch):
    keep, tries = Spool.keep, []

    def keep_late(spool, *args, **named):
        tries.append(1)
        if len(tries) <= 2:
            raise TookTooLong("struck in the middle")
        keep(spool, *args, **named)

    monkeypatch.setattr(
        "bot.services.inbound.take_turn_or_plain", failing(StoreUnavailable("away"))
    )
    monkeypatch.setattr(Spool, "keep", keep_late)
    assert "988" in " ".join(twilio.say(CRISIS))
    assert len(parts.spool.waiting()) == 1
