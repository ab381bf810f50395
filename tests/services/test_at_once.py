"""A crisis is never kept waiting: not by a lock, a queue of kept messages, or a failing disk."""

from dataclasses import replace

import pytest

from bot.core.errors import StoreUnavailable
from bot.services import replaying
from bot.services.clinic_files import apply_clinic, plan_clinic
from bot.services.health import LONGEST_REST_SECONDS, REST_SECONDS, StoreHealth
from bot.services.inbound import receive_at_number, replay
from bot.services.spool import Spool
from bot.store import tables
from bot.store.engine import LockedTooLong
from bot.web.deadline import TookTooLong
from tests.services.conftest import PHONE, FakeSeconds
from tests.services.test_clinics import DEMO
from tests.services.test_spool import Outage

DANGER = "I want to kill myself tonight"
OTHER_PHONE = "+15005550177"


@pytest.fixture
def clinic(door):
    plan = plan_clinic(door.parts, DEMO)
    apply_clinic(door.parts, plan)
    door.clinic = plan.clinic
    return plan.clinic


@pytest.fixture
def outage(monkeypatch, clinic):
    return Outage(monkeypatch)


class Locks:
    """Holds the rows of some patients: whoever asks for them is told that they are locked."""

    def __init__(self, monkeypatch):
        self.phones = set()
        self.tries = 0
        self._real = replaying.take_stored_turn
        monkeypatch.setattr(replaying, "take_stored_turn", self._take)

    def _take(self, parts, task):
        if task.message.patient_address in self.phones:
            self.tries += 1
            raise LockedTooLong("locked")
        return self._real(parts, task)


@pytest.fixture
def locks(monkeypatch, clinic):
    return Locks(monkeypatch)


def inbound(door):
    rows = [row for row in door.rows(tables.MessageRow) if row.direction == "inbound"]
    return [row.body for row in sorted(rows, key=lambda row: row.turn_number)]


def test_the_rest_grows_with_every_failure_and_shrinks_after_a_success():
    seconds = FakeSeconds()
    health = StoreHealth(seconds)
    rests = []
    for _ in range(4):
        began = seconds.seconds
        health.note_failure()
        while health.is_resting:
            seconds.seconds += 0.5
        rests.append(seconds.seconds - began)
    assert rests == [REST_SECONDS, 2 * REST_SECONDS, LONGEST_REST_SECONDS, LONGEST_REST_SECONDS]
    health.note_success()
    health.note_failure()
    seconds.seconds += REST_SECONDS
    assert not health.is_resting


def test_after_a_lock_that_was_not_to_be_had_nobody_waits_for_a_moment(door, locks, seconds):
    locks.phones = {PHONE}
    assert not door.send("hello").is_stored
    assert not door.send("hello?").is_stored
    assert "988" in door.send(DANGER).texts[0]
    assert locks.tries == 1
    seconds.seconds += REST_SECONDS
    assert door.send("hi", phone=OTHER_PHONE).is_stored
    assert not door.send("hello again").is_stored
    assert locks.tries == 2
    assert door.parts.health.is_resting


def test_a_locked_patient_holds_up_nobody_else(door, locks, outage, seconds, clock):
    for phone in (PHONE, OTHER_PHONE, PHONE):
        door.send("hello", phone=phone)
        clock.advance(seconds=1)
    outage.is_away = False
    locks.phones = {PHONE}
    assert replay(door.parts) == 1
    assert locks.tries == 1
    assert len(door.parts.spool.waiting()) == 2
    locks.phones = set()
    assert replay(door.parts) == 2


def test_when_one_patient_after_the_other_is_locked_the_rest_is_not_tried(door, locks, outage):
    phones = [f"+1500555010{number}" for number in range(6)]
    for phone in phones:
        door.send("hello", phone=phone)
    outage.is_away = False
    locks.phones = set(phones)
    assert replay(door.parts) == 0
    assert locks.tries == replaying.LOCKED_AT_MOST
    assert len(door.parts.spool.waiting()) == len(phones)


def test_a_patient_whose_messages_are_being_replayed_elsewhere_keeps_the_order(
    door, outage, seconds, clock
):
    door.send("hello")
    clock.advance(seconds=1)
    outage.is_away = False
    seconds.seconds += REST_SECONDS
    with door.parts.spool.alone():
        assert not door.send("yes").is_stored
        assert door.send("hi", phone=OTHER_PHONE).is_stored
        assert not door.parts.health.is_resting
    assert replay(door.parts) == 2
    assert [text for text in inbound(door) if text != "hi"] == ["hello", "yes"]


def test_a_web_process_replays_its_own_patients_messages_alone(door, outage, seconds, clock):
    for phone in (PHONE, OTHER_PHONE):
        door.send("hello", phone=phone)
        clock.advance(seconds=1)
    outage.is_away = False
    seconds.seconds += REST_SECONDS
    assert door.send("yes").turn_number == 2
    assert len(door.parts.spool.waiting()) == 1


def test_a_disk_that_hangs_does_not_take_the_answer_away(door, outage, monkeypatch):
    def hang(*_args, **_named):
        raise TookTooLong("hung")

    monkeypatch.setattr(Spool, "keep", hang)
    assert "988" in door.send(DANGER).texts[0]
    with pytest.raises(StoreUnavailable):
        door.send("hello")


def test_an_alarm_in_the_middle_of_keeping_a_text_does_not_lose_it(door, outage, monkeypatch):
    keep, calls = Spool.keep, []

    def break_off_once(spool, *args, **named):
        calls.append(args)
        if len(calls) == 1:
            raise TookTooLong("struck in the middle")
        keep(spool, *args, **named)

    monkeypatch.setattr(Spool, "keep", break_off_once)
    assert "988" in door.send(DANGER).texts[0]
    assert len(door.parts.spool.waiting()) == 1


def test_before_the_clinics_could_be_read_a_text_is_kept_not_refused(
    door, clinic, monkeypatch, make_parts, seconds
):
    parts = make_parts(spool=door.parts.spool)
    away = StoreUnavailable("away")
    refresh = type(parts.clinics).refresh
    monkeypatch.setattr(type(parts.clinics), "refresh", lambda _self: (_ for _ in ()).throw(away))
    reply = receive_at_number(parts, door.message("hello"))
    assert (reply.texts, reply.is_stored) == ((), False)
    assert "988" in receive_at_number(parts, door.message(DANGER)).texts[0]
    with pytest.raises(StoreUnavailable):
        replay(parts)
    assert len(parts.spool.waiting()) == 2
    monkeypatch.setattr(type(parts.clinics), "refresh", refresh)
    seconds.seconds += REST_SECONDS
    assert replay(parts) == 2
    assert inbound(door) == ["hello", DANGER]
    assert door.rows(tables.AlertRow)


def test_an_unreadable_clinic_row_takes_no_known_clinic_away(door, clinic, monkeypatch, seconds):
    broken = ValueError("not a clinic")
    monkeypatch.setattr(
        type(door.parts.clinics), "refresh", lambda _self: (_ for _ in ()).throw(broken)
    )
    seconds.seconds += 3600
    assert receive_at_number(door.parts, door.message("hello")).is_stored


def test_a_number_of_nobodys_answers_a_crisis_alone(door, clinic):
    nobody = door.message("hello")
    assert receive_at_number(door.parts, replace(nobody, clinic_address="+15005550000")) is None
    danger = replace(door.message(DANGER), clinic_address="+15005550000")
    assert "988" in receive_at_number(door.parts, danger).texts[0]
