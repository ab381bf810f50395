from datetime import UTC, datetime, timedelta

import pytest

from bot.consults.model import (
    FINISHED,
    NEEDS_NOTE,
    TRANSITIONS,
    ConsultAction,
    ConsultOutcome,
    ConsultRequest,
    ConsultStatus,
    Said,
    apply_action,
    due_at,
    legal_actions,
    more_urgent,
)
from bot.core.decisions import Priority
from bot.core.errors import IllegalTransition

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def a_request(status: ConsultStatus = ConsultStatus.REQUESTED) -> ConsultRequest:
    return ConsultRequest("c1", status, Priority.ROUTINE, NOW)


@pytest.mark.parametrize("status", list(ConsultStatus))
@pytest.mark.parametrize("action", list(ConsultAction))
def test_only_the_table_moves_a_request(status: ConsultStatus, action: ConsultAction) -> None:
    request = a_request(status)
    if (status, action) in TRANSITIONS:
        moved = apply_action(request, action, Said("why"), clinician_id="n1")
        assert moved.status is TRANSITIONS[status, action]
        assert moved.version == request.version + 1
    else:
        with pytest.raises(IllegalTransition):
            apply_action(request, action, Said("why"), clinician_id="n1")


@pytest.mark.parametrize("status", sorted(FINISHED))
def test_a_finished_request_stays_finished(status: ConsultStatus) -> None:
    assert legal_actions(status) == ()


def test_every_open_request_can_be_brought_to_an_end() -> None:
    for status in set(ConsultStatus) - FINISHED:
        reached, frontier = {status}, [status]
        while frontier:
            here = frontier.pop()
            for (source, _), target in TRANSITIONS.items():
                if source is here and target not in reached:
                    reached.add(target)
                    frontier.append(target)
        assert ConsultStatus.COMPLETED in reached


@pytest.mark.parametrize("action", sorted(NEEDS_NOTE))
@pytest.mark.parametrize("note", ["", "  \n"])
def test_ending_a_request_without_a_note_is_refused(action: ConsultAction, note: str) -> None:
    with pytest.raises(IllegalTransition):
        apply_action(a_request(ConsultStatus.ACCEPTED), action, Said(note), clinician_id="n1")


def test_a_matter_of_danger_needs_an_outcome_to_be_completed() -> None:
    accepted = a_request(ConsultStatus.ACCEPTED)
    complete = ConsultAction.COMPLETE
    with pytest.raises(IllegalTransition):
        apply_action(accepted, complete, Said("why"), clinician_id="n1", risk_open=True)
    said = Said("why", ConsultOutcome.SAFE)
    done = apply_action(accepted, complete, said, clinician_id="n1", risk_open=True)
    assert done.status is ConsultStatus.COMPLETED
    assert apply_action(accepted, complete, Said("why"), clinician_id="n1")


def test_a_returned_request_belongs_to_nobody() -> None:
    held = apply_action(a_request(), ConsultAction.ACCEPT, clinician_id="n1")
    assert held.clinician_id == "n1"
    assert apply_action(held, ConsultAction.RETURN, clinician_id="n1").clinician_id is None


def test_a_priority_only_rises() -> None:
    assert more_urgent(Priority.URGENT, Priority.ROUTINE) is Priority.URGENT
    assert more_urgent(Priority.URGENT, Priority.STAT) is Priority.STAT


def test_the_more_urgent_the_sooner_it_is_due() -> None:
    waits = [due_at(p, NOW) for p in (Priority.STAT, Priority.URGENT, Priority.ROUTINE)]
    assert waits == sorted(waits)
    assert waits[0] == NOW + timedelta(minutes=5)
