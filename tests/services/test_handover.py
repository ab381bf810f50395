"""A clinician releases a held conversation or takes it over."""

from dataclasses import replace

import pytest

from bot.core.errors import IllegalTransition, InvalidField, NotFound, Refused
from bot.services.clinic_files import apply_clinic, plan_clinic
from bot.services.consult_sheet import read_sheet
from bot.services.consults import list_consults
from bot.services.handover import release, speak, take_over
from bot.store import tables
from tests.services.test_clinics import DEMO
from tests.services.test_consults import DANGER


@pytest.fixture
def held(door, clinician):
    """A conversation that a crisis stopped in the middle of the screening; its request."""
    apply_clinic(door.parts, plan_clinic(door.parts, DEMO))
    door.send("hello")
    door.question = door.send("yes").texts
    door.send(DANGER)
    (summary,) = list_consults(door.parts, clinician)
    return summary


def conversation(door):
    (row,) = [row for row in door.rows(tables.ConversationRow) if row.is_current]
    return row


def queued(door):
    rows = [row for row in door.rows(tables.MessageRow) if row.delivery == "queued"]
    return [row.body for row in sorted(rows, key=lambda row: row.position)]


def test_releasing_asks_the_open_question_again_through_the_outbox(door, clinician, held):
    release(door.parts, clinician, held.id)
    assert conversation(door).status == "active"
    assert queued(door)[-1] == door.question[-1]
    assert {row.kind for row in door.rows(tables.OutboxRow)} == {"patient-text"}
    answered = door.send("yes")
    assert answered.facts["status"] == "active"


def test_after_a_release_the_next_crisis_gets_the_full_answer_again(door, clinician, held):
    first = door.rows(tables.SafetyEventRow)[0].said
    release(door.parts, clinician, held.id)
    door.send(DANGER)
    assert [event.said for event in door.rows(tables.SafetyEventRow)] == [first, first]


def test_taking_over_silences_the_bot_but_never_a_crisis(door, clinician, held):
    take_over(door.parts, clinician, held.id)
    assert door.send("hello?").texts == ()
    assert "988" in door.send(DANGER).texts[0]
    assert conversation(door).status == "human"
    with pytest.raises(IllegalTransition):
        take_over(door.parts, clinician, held.id)
    release(door.parts, clinician, held.id)
    assert conversation(door).status == "active"


def test_a_clinicians_words_leave_by_text_and_stand_under_their_name(door, clinician, held):
    take_over(door.parts, clinician, held.id)
    speak(door.parts, clinician, held.id, "  Are you somewhere safe right now?  ")
    assert queued(door)[-1] == "Are you somewhere safe right now?"
    assert {row.kind for row in door.rows(tables.OutboxRow)} == {"patient-text"}
    said = read_sheet(door.parts, clinician, held.id).transcript[-1]
    assert (said.text, said.clinician_name) == (
        "Are you somewhere safe right now?",
        clinician.name,
    )
    assert "speak" in {row.action for row in door.rows(tables.AuditRow)}


def test_the_patient_is_told_who_has_come_and_that_they_have_left(door, clinician, held):
    take_over(door.parts, clinician, held.id)
    assert queued(door)[-1].startswith(f"{clinician.name} at Porchlight Demo Clinic is here now.")
    release(door.parts, clinician, held.id)
    (left,) = [text for text in queued(door) if "has left" in text]
    assert clinician.name in left


def test_a_clinician_writes_only_where_they_have_taken_over(door, clinician, held):
    before = conversation(door).turn_number
    with pytest.raises(IllegalTransition):
        speak(door.parts, clinician, held.id, "Hello")
    assert conversation(door).turn_number == before


def test_nothing_is_written_to_a_patient_who_opted_out_of_texts(door, clinician, held):
    take_over(door.parts, clinician, held.id)
    door.send("STOP")
    before = queued(door)
    with pytest.raises(Refused):
        speak(door.parts, clinician, held.id, "Hello")
    assert queued(door) == before


@pytest.mark.parametrize("words", ["", " \n ", "x" * 1601])
def test_an_empty_or_endless_text_is_not_sent(door, clinician, held, words):
    take_over(door.parts, clinician, held.id)
    with pytest.raises(InvalidField):
        speak(door.parts, clinician, held.id, words)


def test_a_conversation_that_is_not_held_cannot_be_released(door, clinician, held):
    release(door.parts, clinician, held.id)
    before = conversation(door).turn_number
    with pytest.raises(IllegalTransition):
        release(door.parts, clinician, held.id)
    assert conversation(door).turn_number == before


def test_nothing_is_said_to_a_patient_who_opted_out(door, clinician, held):
    door.send("STOP")
    release(door.parts, clinician, held.id)
    assert conversation(door).status == "active"
    assert queued(door) == []


def test_a_crisis_in_the_first_text_is_released_into_the_greeting(door, clinician):
    apply_clinic(door.parts, plan_clinic(door.parts, DEMO))
    door.send(DANGER, phone="+15005550101")
    greeting = door.send("hello", phone="+15005550102").texts
    (held,) = list_consults(door.parts, clinician)
    release(door.parts, clinician, held.id)
    assert tuple(queued(door)) == greeting


def test_both_are_on_record_and_in_the_transcript(door, clinician, held):
    take_over(door.parts, clinician, held.id)
    release(door.parts, clinician, held.id)
    audited = [row.action for row in door.rows(tables.AuditRow)]
    assert {"take-over", "release"} <= set(audited)
    transcript = read_sheet(door.parts, clinician, held.id).transcript
    steps = [line.kind for line in transcript if line.direction == "clinician"]
    assert steps == ["take-over", "release"]


def test_another_clinics_conversation_cannot_be_touched(door, clinician, held):
    stranger = replace(clinician, clinic_ids=frozenset({"other"}))
    with pytest.raises(NotFound):
        release(door.parts, stranger, held.id)
    with pytest.raises(NotFound):
        take_over(door.parts, stranger, held.id)
    assert conversation(door).status == "held"
