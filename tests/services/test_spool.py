"""Messages kept on disk while the database is away, and treated when it is back."""

import os
from contextlib import contextmanager

import pytest

from bot.core.errors import SettingsError, StoreUnavailable
from bot.core.messages import Channel
from bot.services import taking_turns
from bot.services.clinic_files import apply_clinic, plan_clinic
from bot.services.health import REST_SECONDS
from bot.services.inbound import receive, replay
from bot.services.spool import Spool, SpooledMessage
from bot.store import tables
from tests.services.test_clinics import DEMO

DANGER = "I want to kill myself tonight"


class Outage:
    """Takes the database away from turns, and counts how often it was tried."""

    def __init__(self, monkeypatch):
        self._real = taking_turns.open_turn
        self.is_away = True
        self.tries = 0
        monkeypatch.setattr(taking_turns, "open_turn", self._open)

    @contextmanager
    def _open(self, *args, **named):
        self.tries += 1
        if self.is_away:
            raise StoreUnavailable("away")
        with self._real(*args, **named) as turn:
            yield turn


@pytest.fixture
def clinic(parts):
    plan = plan_clinic(parts, DEMO)
    apply_clinic(parts, plan)
    return plan.clinic


@pytest.fixture
def outage(monkeypatch, door, clinic):
    door.clinic = clinic
    return Outage(monkeypatch)


def recover(outage, seconds):
    outage.is_away = False
    seconds.seconds += REST_SECONDS


def test_a_message_is_kept_and_treated_later_with_its_reply_in_the_outbox(door, outage, seconds):
    reply = door.send("hello")
    assert (reply.texts, reply.is_stored) == ((), False)
    recover(outage, seconds)
    assert replay(door.parts) == 1
    assert door.parts.spool.waiting() == []
    messages = door.rows(tables.MessageRow)
    outbound = [row for row in messages if row.direction == "outbound"]
    assert {row.delivery for row in outbound} == {"queued"}
    departures = door.rows(tables.OutboxRow)
    assert [row.kind for row in departures] == ["patient-text"] * len(outbound)


def test_a_crisis_is_answered_from_memory_and_recorded_and_paged_later(door, outage, seconds):
    reply = door.send(DANGER)
    assert "988" in reply.texts[0]
    recover(outage, seconds)
    replay(door.parts)
    assert door.rows(tables.SafetyEventRow)
    assert door.rows(tables.AlertRow)
    assert not door.rows(tables.OutboxRow)


def test_kept_messages_are_treated_before_a_later_one(door, outage, seconds, clock):
    for text in ("hello", "yes"):
        door.send(text)
        clock.advance(seconds=1)
    recover(outage, seconds)
    reply = door.send("no")
    assert reply.turn_number == 3
    inbound_texts = {
        row.turn_number: row.body
        for row in door.rows(tables.MessageRow)
        if row.direction == "inbound"
    }
    assert inbound_texts == {1: "hello", 2: "yes", 3: "no"}


def test_a_crisis_does_not_wait_for_kept_messages(door, outage, seconds):
    door.send("hello")
    recover(outage, seconds)
    assert door.send(DANGER).turn_number == 1
    assert len(door.parts.spool.waiting()) == 1


def test_the_same_message_kept_twice_is_one_turn(door, outage, seconds):
    message = door.message("hello")
    receive(door.parts, message, door.clinic)
    receive(door.parts, message, door.clinic)
    recover(outage, seconds)
    assert replay(door.parts) == 2
    assert len([r for r in door.rows(tables.MessageRow) if r.direction == "inbound"]) == 1


def test_while_the_database_is_away_replaying_keeps_everything(door, outage, seconds):
    door.send("hello")
    seconds.seconds += REST_SECONDS
    with pytest.raises(StoreUnavailable):
        replay(door.parts)
    assert len(door.parts.spool.waiting()) == 1


def test_a_failed_database_is_left_alone_for_a_moment(door, outage, seconds):
    door.send("hello")
    tries = outage.tries
    door.send("hello again")
    door.send(DANGER)
    assert outage.tries == tries
    seconds.seconds += REST_SECONDS
    door.send("and again")
    assert outage.tries > tries
    assert len(door.parts.spool.waiting()) == 4


def test_a_web_message_is_answered_where_the_page_asks(door, outage, seconds):
    door.send("hello", channel=Channel.WEB, phone="chat-1", provider_id="1")
    recover(outage, seconds)
    replay(door.parts)
    assert not door.rows(tables.OutboxRow)
    assert {r.delivery for r in door.rows(tables.MessageRow)} == {None, "waiting"}


def full_disk(*_):
    raise OSError(28, "No space left on device")


def test_what_can_be_neither_stored_nor_kept_is_said_so(door, outage, monkeypatch):
    monkeypatch.setattr(Spool, "keep", full_disk)
    with pytest.raises(StoreUnavailable):
        door.send("hello")
    assert "988" in door.send(DANGER).texts[0]


def test_a_spool_that_cannot_be_read_stops_no_turn(door, monkeypatch):
    monkeypatch.setattr(Spool, "waiting", full_disk)
    assert door.send("hello").is_stored


def test_a_message_of_a_clinic_that_is_gone_is_set_aside(door, make_parts):
    spooled = SpooledMessage(door.message("hello"), "gone", None, False)
    door.parts.spool.keep(spooled, patient="somebody")
    assert replay(door.parts) == 0
    assert door.parts.spool.waiting() == []
    assert len(list(door.parts.spool._folder.glob("*.damaged"))) == 1


def test_a_damaged_file_is_set_aside_and_the_others_are_treated(door, outage, seconds):
    door.send("hello")
    (whole,) = door.parts.spool.waiting()
    torn = whole.with_name("0000-torn.message")
    torn.write_bytes(whole.read_bytes()[:-5])
    recover(outage, seconds)
    assert replay(door.parts) == 1
    assert torn.with_suffix(".damaged").exists()


def test_an_unfinished_file_is_never_read(door):
    (door.parts.spool._folder / "0001.aside").write_bytes(b"half")
    assert door.parts.spool.waiting() == []


def test_nothing_in_a_kept_file_is_readable(door, outage):
    door.send("my canary words")
    (path,) = door.parts.spool.waiting()
    content = path.read_bytes() + path.name.encode()
    assert b"canary" not in content
    assert b"5005550199" not in content
    assert path.stat().st_mode & 0o077 == 0


def test_keeping_syncs_the_file_and_then_its_folder(door, outage, monkeypatch):
    synced, fsync = [], os.fsync

    def watch(descriptor):
        synced.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", watch)
    door.send("hello")
    (path,) = door.parts.spool.waiting()
    assert [name.endswith(".aside") for name in synced] == [True, False]
    assert synced[1] == str(path.parent)


def test_only_one_process_replays_at_a_time(door, outage, seconds):
    door.send("hello")
    recover(outage, seconds)
    with door.parts.spool.alone() as is_mine:
        assert is_mine
        assert replay(door.parts) == 0
    assert replay(door.parts) == 1


def test_a_folder_that_cannot_be_written_is_refused_at_the_start(tmp_path, keyring, new_id):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with pytest.raises(SettingsError, match="SPOOL_DIR"):
        Spool(blocked, keyring, new_id).check()


def test_a_kept_message_that_comes_again_is_answered_by_the_outbox_alone(door, outage, seconds):
    message = door.message("hello")
    receive(door.parts, message, door.clinic)
    recover(outage, seconds)
    for _ in range(2):
        again = receive(door.parts, message, door.clinic)
        assert (again.texts, again.duplicate, again.turn_number) == ((), True, 1)
    outbound = [row for row in door.rows(tables.MessageRow) if row.direction == "outbound"]
    assert outbound
    assert {row.id for row in door.rows(tables.OutboxRow)} == {row.id for row in outbound}
