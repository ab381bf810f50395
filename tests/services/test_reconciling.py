"""Texts that the webhook never saw are found in the provider's list; on both databases."""

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest
from sqlalchemy.orm import Session

from bot.core.clinic import OnCall
from bot.core.errors import ProviderFailure
from bot.services.reconciling import reconcile_due, reconcile_since
from bot.services.spool import SpooledMessage
from bot.store import tables
from tests.services.conftest import NUMBER, PHONE

EVERY = timedelta(minutes=5)
NURSE = "+15005550177"


class FakeList:
    """The provider's list of inbound texts."""

    def __init__(self):
        self.texts = []
        self.asked = []
        self.fails = False

    def __call__(self, number, since):
        self.asked.append((number, since))
        if self.fails:
            raise ProviderFailure("twilio", "ReadTimeout", retryable=True)
        return list(self.texts)


@pytest.fixture
def listed():
    return FakeList()


@pytest.fixture
def clinic(door):
    """The clinic as applied, and its number compared once, so that there is a beginning."""
    clinic = msgspec.structs.replace(door.clinic, on_call=(OnCall("Ana", phone=NURSE),))
    with Session(door.parts.engine) as session:
        row = tables.ClinicRow(id="demo", document=msgspec.json.encode(clinic))
        row.content_hash, row.applied_at, row.created_at = "0" * 64, door.clock(), door.clock()
        session.add(row)
        session.commit()
    door.parts.clinics.refresh()
    reconcile_due(door.parts, FakeList(), every=EVERY)
    door.clock.advance(minutes=10)
    return clinic


def missed(door, listed, text, *, ago, **more):
    message = door.message(text, **more)
    message = replace(message, received_at=door.clock() - ago, recovered=True)
    listed.texts.append(message)
    return message


def run(door, listed):
    return reconcile_due(door.parts, listed, every=EVERY)


def inbound(door):
    rows = door.rows(tables.MessageRow)
    return [row.body for row in rows if row.direction == "inbound"]


def queued(door):
    rows = {row.id: row.body for row in door.rows(tables.MessageRow)}
    return [rows[row.id] for row in door.rows(tables.MessageRow) if row.delivery == "queued"]


def test_a_text_that_was_never_seen_is_treated_and_answered_through_the_outbox(
    door, listed, clinic
):
    missed(door, listed, "hello", ago=timedelta(minutes=4))
    assert run(door, listed) == 1
    assert inbound(door) == ["hello"]
    assert len(queued(door)) >= 1
    assert len(door.rows(tables.OutboxRow)) == len(queued(door))


def test_it_is_treated_once_however_often_it_is_listed(door, listed, clinic):
    message = missed(door, listed, "hello", ago=timedelta(minutes=4))
    run(door, listed)
    door.clock.advance(minutes=6)
    assert run(door, listed) == 0
    reconcile_since(door.parts, listed, message.received_at - timedelta(hours=1))
    assert inbound(door) == ["hello"]


def test_what_the_webhook_saw_is_left_alone(door, listed, clinic):
    seen = door.message("hello")
    door.send("hello", provider_id=seen.provider_id)
    listed.texts.append(replace(seen, recovered=True))
    door.clock.advance(minutes=5)
    assert run(door, listed) == 0
    assert len(door.rows(tables.OutboxRow)) == 0


def test_a_text_of_seconds_ago_is_left_to_its_webhook(door, listed, clinic):
    missed(door, listed, "hello", ago=timedelta(seconds=90))
    assert run(door, listed) == 0
    door.clock.advance(minutes=6)
    assert run(door, listed) == 1


def test_texts_are_treated_in_the_order_in_which_they_were_sent(door, listed, clinic):
    missed(door, listed, "second", ago=timedelta(minutes=4))
    missed(door, listed, "first", ago=timedelta(minutes=5))
    run(door, listed)
    assert inbound(door) == ["first", "second"]


def test_danger_in_a_missed_text_is_answered_and_paged_however_old_it_is(door, listed, clinic):
    missed(door, listed, "I will kill myself", ago=timedelta(hours=7))
    listed.texts[0] = replace(listed.texts[0])
    reconcile_since(door.parts, listed, door.clock() - timedelta(hours=8))
    assert len(door.rows(tables.AlertRow)) == 1
    stat = [row for row in door.rows(tables.OutboxRow) if row.priority == 0]
    assert len(stat) >= 1


def test_a_text_of_hours_ago_is_kept_for_a_person_and_answers_no_question(door, listed, clinic):
    missed(door, listed, "yes", ago=timedelta(hours=3))
    reconcile_since(door.parts, listed, door.clock() - timedelta(hours=4))
    assert inbound(door) == ["yes"]
    assert [row.code for row in door.rows(tables.FlagRow)] == ["late-message"]
    assert [row.code for row in door.rows(tables.ConsultReasonRow)] == ["late-message"]
    assert "reached" in queued(door)[0]
    assert door.rows(tables.AnswerRow) == []


def test_a_text_that_later_ones_have_overtaken_answers_no_question(door, listed, clinic):
    missed(door, listed, "1", ago=timedelta(minutes=4))
    door.clock.advance(minutes=-1)
    door.send("hello")
    door.clock.advance(minutes=1)
    before = len(door.rows(tables.AnswerRow))
    run(door, listed)
    assert len(door.rows(tables.AnswerRow)) == before
    assert "late-message" in [row.code for row in door.rows(tables.FlagRow)]


def test_stop_is_obeyed_however_late(door, listed, clinic):
    door.send("hello")
    door.clock.advance(hours=5)
    missed(door, listed, "STOP", ago=timedelta(hours=4))
    reconcile_since(door.parts, listed, door.clock() - timedelta(hours=5))
    assert door.rows(tables.PatientRow)[0].opted_out_at is not None


def test_a_code_of_on_call_staff_is_no_patients_text(door, listed, clinic):
    door.send("I will kill myself")
    (alert,) = door.rows(tables.AlertRow)
    missed(door, listed, alert.code, ago=timedelta(minutes=3), phone=NURSE)
    run(door, listed)
    assert door.rows(tables.AlertRow)[0].acknowledged_at is not None
    assert len(door.rows(tables.PatientRow)) == 1


def test_a_number_that_is_new_here_begins_now(door, listed, clinic):
    with Session(door.parts.engine) as session:
        session.query(tables.ReconciledRow).delete()
        session.commit()
    missed(door, listed, "hello", ago=timedelta(minutes=4))
    assert run(door, listed) == 0
    assert listed.asked == []


def test_each_number_is_compared_once_in_a_while_and_by_one_process(door, listed, clinic):
    run(door, listed)
    run(door, listed)
    assert len(listed.asked) == 1
    door.clock.advance(minutes=5)
    run(door, listed)
    assert [number for number, _ in listed.asked] == [NUMBER, NUMBER]


def test_a_list_that_does_not_answer_is_asked_from_the_same_moment_again(door, listed, clinic):
    listed.fails = True
    assert run(door, listed) == 0
    listed.fails = False
    door.clock.advance(minutes=5)
    run(door, listed)
    assert listed.asked[0][1] == listed.asked[1][1]


def test_nothing_is_compared_while_messages_wait_on_disk(door, listed, clinic):
    message = missed(door, listed, "hello", ago=timedelta(minutes=4))
    door.parts.spool.keep(SpooledMessage(message, "demo", None, False), patient="0" * 24)
    assert run(door, listed) == 0
    assert listed.asked == []


def test_a_patient_answers_on_after_a_text_that_came_a_little_late(door, listed, clinic):
    missed(door, listed, "hello", ago=timedelta(minutes=4), phone=PHONE)
    run(door, listed)
    assert door.send("1").texts
    assert len(door.rows(tables.ConversationRow)) == 1
