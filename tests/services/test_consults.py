"""Consult requests: the list, the sheet, every change, and who may see what."""

from dataclasses import replace

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from bot.consults.model import ConsultAction, ConsultOutcome, ConsultStatus, Said
from bot.core.decisions import Priority
from bot.core.errors import IllegalTransition, NotFound
from bot.services.consult_sheet import read_sheet
from bot.services.consults import act, list_consults
from bot.services.history import stored_answer_sets
from bot.store import tables
from tests.services.conftest import PHONE, account
from tests.services.test_inbound import together

DANGER = "I want to kill myself tonight"
SAFE = Said("safe", ConsultOutcome.SAFE)


@pytest.fixture
def consult(door, clinician):
    """A request opened by a crisis; as the list shows it."""
    door.send("hello")
    door.send(DANGER)
    (summary,) = list_consults(door.parts, clinician)
    return summary


def audited(door):
    return [(row.action, row.subject_type) for row in door.rows(tables.AuditRow)]


def test_the_list_shows_what_is_needed_to_choose(door, consult):
    assert (consult.status, consult.priority) == (ConsultStatus.REQUESTED, Priority.STAT)
    assert consult.address == PHONE
    assert consult.reasons == ("crisis:suicide",)
    assert (consult.clinician_id, consult.version) == (None, 1)
    assert not consult.is_late
    assert audited(door) == [("list", "clinic")]


def test_the_list_is_ordered_by_urgency_then_by_due_time(door, clinician, clock):
    door.send("hello", phone="+15005550101")
    door.send("talk to a person", phone="+15005550101")
    clock.advance(minutes=1)
    door.send(DANGER, phone="+15005550102")
    clock.advance(minutes=1)
    door.send(DANGER, phone="+15005550103")
    listed = list_consults(door.parts, clinician)
    assert [row.address[-1] for row in listed] == ["2", "3", "1"]
    assert [row.priority for row in listed] == [Priority.STAT, Priority.STAT, Priority.ROUTINE]
    only = list_consults(door.parts, clinician, priority=Priority.ROUTINE)
    assert [row.address[-1] for row in only] == ["1"]


def test_a_request_nobody_accepted_in_time_is_late(door, clinician, consult, clock):
    clock.advance(minutes=5)
    (late,) = list_consults(door.parts, clinician)
    assert late.is_late
    act(door.parts, clinician, consult.id, ConsultAction.ACCEPT, version=1)
    (accepted,) = list_consults(door.parts, clinician, only_mine=True)
    assert not accepted.is_late
    assert accepted.clinician_name == "Dr Doe"


def test_another_clinics_request_looks_like_none_at_all(door, clinician, consult):
    stranger = replace(clinician, clinic_ids=frozenset({"other"}))
    assert list_consults(door.parts, stranger) == ()
    for consult_id in (consult.id, "0" * 32):
        with pytest.raises(NotFound) as caught:
            read_sheet(door.parts, stranger, consult_id)
        assert str(caught.value) == "consult request"
        with pytest.raises(NotFound):
            act(door.parts, stranger, consult_id, ConsultAction.ACCEPT, version=1)


def test_a_request_goes_through_its_states_and_keeps_its_history(door, clinician, consult, clock):
    version = 1
    for action, note in [
        (ConsultAction.ACCEPT, ""),
        (ConsultAction.START, ""),
        (ConsultAction.COMPLETE, "Called, safe with family."),
    ]:
        clock.advance(minutes=1)
        said = Said(note, ConsultOutcome.SAFE)
        act(door.parts, clinician, consult.id, action, version=version, said=said)
        version += 1
    sheet = read_sheet(door.parts, clinician, consult.id)
    assert sheet.summary.status is ConsultStatus.COMPLETED
    steps = [(s.action, s.clinician_name, s.note, s.outcome) for s in sheet.history]
    assert steps == [
        ("open", None, None, None),
        ("accept", "Dr Doe", None, None),
        ("start", "Dr Doe", None, None),
        ("complete", "Dr Doe", "Called, safe with family.", "safe"),
    ]
    assert list_consults(door.parts, clinician) == ()


def test_completing_closes_the_risk_and_the_next_crisis_opens_a_new_request(
    door, clinician, consult
):
    act(door.parts, clinician, consult.id, ConsultAction.ACCEPT, version=1)
    act(door.parts, clinician, consult.id, ConsultAction.COMPLETE, version=2, said=SAFE)
    (conversation,) = door.rows(tables.ConversationRow)
    assert (conversation.consult_id, conversation.risk_open) == (None, False)
    door.send(DANGER)
    (again,) = list_consults(door.parts, clinician)
    assert again.id != consult.id


def test_cancelling_leaves_a_risk_open(door, clinician, consult):
    act(door.parts, clinician, consult.id, ConsultAction.CANCEL, version=1, said=Said("twice"))
    (conversation,) = door.rows(tables.ConversationRow)
    assert (conversation.consult_id, conversation.risk_open) == (None, True)


def test_a_matter_of_danger_is_not_completed_without_saying_how_it_ended(door, clinician, consult):
    act(door.parts, clinician, consult.id, ConsultAction.ACCEPT, version=1)
    with pytest.raises(IllegalTransition):
        act(
            door.parts, clinician, consult.id, ConsultAction.COMPLETE, version=2, said=Said("done")
        )
    (row,) = door.rows(tables.ConsultRow)
    assert row.status == "accepted"


def test_an_illegal_change_changes_nothing(door, clinician, consult):
    with pytest.raises(IllegalTransition):
        act(door.parts, clinician, consult.id, ConsultAction.COMPLETE, version=1, said=SAFE)
    with pytest.raises(IllegalTransition):
        act(door.parts, clinician, consult.id, ConsultAction.CANCEL, version=1)
    (row,) = door.rows(tables.ConsultRow)
    assert (row.status, row.version) == ("requested", 1)
    assert [row.action for row in door.rows(tables.ConsultEventRow)] == ["open"]


def test_a_change_against_an_older_version_is_refused(door, clinician, consult):
    act(door.parts, clinician, consult.id, ConsultAction.ACCEPT, version=1)
    with pytest.raises(IllegalTransition, match="somebody else"):
        act(door.parts, clinician, consult.id, ConsultAction.START, version=1)


def test_of_two_clinicians_at_once_one_wins(door, clinician, consult):
    other = account(door, "2", "Dr Roe")

    def claim(number):
        who = (clinician, other)[number % 2]
        return act(door.parts, who, consult.id, ConsultAction.ACCEPT, version=1)

    results = together(6, claim)
    won = [result for result in results if result is ConsultStatus.ACCEPTED]
    assert len(won) == 1
    assert all(isinstance(r, IllegalTransition) for r in results if r not in won)
    assert len([row for row in door.rows(tables.AuditRow) if row.action == "accept"]) == 1


def test_accepting_acknowledges_the_alert(door, clinician, consult):
    act(door.parts, clinician, consult.id, ConsultAction.ACCEPT, version=1)
    (alert,) = door.rows(tables.AlertRow)
    assert alert.acknowledged_at == door.clock()
    assert alert.acknowledged_by == f"clinician:{clinician.id}"


def test_the_sheet_holds_everything_and_reading_it_is_audited(door, clinician, consult):
    sheet = read_sheet(door.parts, clinician, consult.id)
    (danger,) = sheet.danger
    assert (danger.tier, danger.category, danger.source) == ("crisis", "suicide", "text")
    assert danger.rules[0].id == "fake"
    assert "988" in danger.said[0]
    assert [line.text for line in sheet.transcript if line.direction == "inbound"] == [
        "hello",
        DANGER,
    ]
    assert sheet.conversation_status == "held"
    assert sheet.risk_open
    assert sheet.flow.id == "ketamine-screening"
    assert sheet.decision is None
    assert ("read", "consult") in audited(door)


def test_the_sheet_shows_the_latest_answer_of_each_question(door, clinician):
    door.send("hello")
    door.send("yes")
    door.send("talk to a person")
    (summary,) = list_consults(door.parts, clinician)
    sheet = read_sheet(door.parts, clinician, summary.id)
    (answer,) = sheet.answers
    assert (answer.value, answer.written, answer.at_turn) == (True, "yes", 2)


def test_a_sheet_without_its_flow_is_still_a_sheet(door, clinician, consult, make_parts):
    with Session(door.parts.engine) as session:
        session.execute(update(tables.ConversationRow).values(flow_hash="0" * 64))
        session.commit()
    assert read_sheet(door.parts, clinician, consult.id).flow is None


def test_stored_answers_can_be_read_for_other_rules(door):
    door.send("hello")
    door.send("yes")
    door.send("hello", phone="+15005550101")
    cases = list(stored_answer_sets(door.parts))
    assert [len(case.answers) for case in cases] == [1, 0]
    assert {case.decision for case in cases} == {None}
