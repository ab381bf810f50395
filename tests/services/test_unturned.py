"""A message that no turn can be taken for is stored whole, and a person is asked to read it."""

import pytest

from bot.conversation.model import ConversationStatus
from bot.core.messages import Channel
from bot.services import replaying, taking_turns
from bot.services.consults import list_consults
from bot.services.handover import take_over
from bot.services.inbound import receive, replay
from bot.store import tables
from tests.services.test_spool import DANGER, clinic

__all__ = ["clinic"]


class Fault(Exception):
    """A fault of ours that no second try gets around."""


@pytest.fixture
def broken(door, clinic, monkeypatch):
    """Makes every turn fail, with the flow and without."""
    door.clinic = clinic

    def fail(*_arguments, **_named):
        raise Fault

    monkeypatch.setattr(taking_turns, "take_turn", fail)


def texts(door, direction):
    rows = [row for row in door.rows(tables.MessageRow) if row.direction == direction]
    return [(row.body, row.delivery) for row in sorted(rows, key=lambda r: r.turn_number)]


def consult(door):
    (row,) = door.rows(tables.ConsultRow)
    return row.priority, [each.code for each in door.rows(tables.ConsultReasonRow)]


def test_danger_is_answered_at_once_and_pages_although_its_turn_never_succeeds(door, broken):
    reply = door.send(DANGER)
    assert "988" in reply.texts[0]
    assert replay(door.parts) == 1
    assert door.parts.spool.waiting() == []
    assert texts(door, "inbound") == [(DANGER, None)]
    assert consult(door) == ("stat", ["turn-failed"])
    (alert,) = door.rows(tables.AlertRow)
    assert (alert.reason, alert.acknowledged_at) == ("crisis", None)
    assert alert.next_at is not None
    (event,) = door.rows(tables.SafetyEventRow)
    assert (event.tier, event.category) == ("crisis", "suicide")
    (conversation,) = door.rows(tables.ConversationRow)
    assert (conversation.status, conversation.risk_open) == ("held", True)
    assert not door.rows(tables.OutboxRow), "it was answered at once, and not a second time"


def test_any_other_message_reaches_a_person_and_the_patient_is_told_so(door, broken):
    assert door.send("hello").texts == ()
    assert replay(door.parts) == 1
    assert consult(door) == ("urgent", ["turn-failed"])
    ((said, delivery),) = texts(door, "outbound")
    assert "a person at Porchlight Demo Clinic will read it" in said
    assert delivery == "queued"
    assert [row.kind for row in door.rows(tables.OutboxRow)] == ["patient-text"]
    assert not door.rows(tables.AlertRow)


def test_a_conversation_that_was_going_on_keeps_its_place(door, clinic, monkeypatch):
    door.clinic = clinic
    door.send("hello")
    door.send("yes")
    (before,) = door.rows(tables.ConversationRow)
    with monkeypatch.context() as patched:
        patched.setattr(taking_turns, "take_turn", lambda *_a, **_n: 1 / 0)
        door.send("no")
        replay(door.parts)
    (after,) = door.rows(tables.ConversationRow)
    assert (after.state, after.status) == (before.state, before.status)
    assert after.turn_number == before.turn_number + 1
    assert door.send("no").turn_number == before.turn_number + 2


def test_an_alert_that_is_open_calls_again(door, clinic, monkeypatch):
    door.clinic = clinic
    door.send(DANGER)
    with monkeypatch.context() as patched:
        patched.setattr(taking_turns, "take_turn", lambda *_a, **_n: 1 / 0)
        door.send(DANGER + " now")
        replay(door.parts)
    assert len(door.rows(tables.AlertRow)) == 1
    assert "turn-failed" in [row.kind for row in door.rows(tables.AlertStepRow)]
    assert len(door.rows(tables.ConsultRow)) == 1


def test_danger_makes_an_open_request_urgent_at_once(door, clinic, monkeypatch):
    door.clinic = clinic
    door.send("hello")
    door.send("human")
    assert consult(door)[0] == "routine"
    with monkeypatch.context() as patched:
        patched.setattr(taking_turns, "take_turn", lambda *_a, **_n: 1 / 0)
        door.send(DANGER)
        replay(door.parts)
    priority, reasons = consult(door)
    assert (priority, "turn-failed" in reasons) == ("stat", True)
    (conversation,) = door.rows(tables.ConversationRow)
    assert conversation.consult_priority == "stat"


def test_a_clinician_who_has_the_conversation_keeps_it(door, clinic, clinician, monkeypatch):
    door.clinic = clinic
    door.send(DANGER)
    (summary,) = list_consults(door.parts, clinician)
    take_over(door.parts, clinician, summary.id)
    with monkeypatch.context() as patched:
        patched.setattr(taking_turns, "take_turn", lambda *_a, **_n: 1 / 0)
        door.send(DANGER + " now")
        replay(door.parts)
    (conversation,) = door.rows(tables.ConversationRow)
    assert (conversation.status, conversation.risk_open) == ("human", True)


def test_the_same_message_recorded_twice_stands_there_once(door, broken):
    message = door.message(DANGER)
    receive(door.parts, message, door.clinic)
    receive(door.parts, message, door.clinic)
    replay(door.parts)
    assert len(texts(door, "inbound")) == 1
    assert len(door.rows(tables.AlertRow)) == 1


def test_a_web_message_is_answered_where_the_page_asks(door, broken):
    door.send("hello", channel=Channel.WEB, phone="chat-1", provider_id="1")
    replay(door.parts)
    assert [delivery for _, delivery in texts(door, "outbound")] == ["waiting"]
    assert not door.rows(tables.OutboxRow)


def test_what_cannot_even_be_recorded_is_set_aside_and_lost_to_nobody(door, broken, monkeypatch):
    def fail(*_arguments):
        raise Fault

    monkeypatch.setattr(replaying, "record_unturned", fail)
    door.send(DANGER)
    assert replay(door.parts) == 0
    assert door.parts.spool.waiting() == []
    assert len(list(door.parts.spool._folder.glob("*.damaged"))) == 1


def test_the_next_message_of_a_new_patient_is_held_until_released(door, clinic, monkeypatch):
    door.clinic = clinic
    with monkeypatch.context() as patched:
        patched.setattr(taking_turns, "take_turn", lambda *_a, **_n: 1 / 0)
        door.send(DANGER)
        replay(door.parts)
    reply = door.send("hello?")
    assert reply.facts["status"] == ConversationStatus.HELD.value
