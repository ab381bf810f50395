"""One inbound message, from the provider to the reply, on both databases."""

from dataclasses import replace
from threading import Barrier, Thread

import msgspec
import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from bot.core.decisions import Priority
from bot.core.errors import DefinitionError, IdTaken, InvalidField
from bot.core.messages import Channel
from bot.services.flows import FlowBook
from bot.services.inbound import receive, receive_without_clinic
from bot.store import tables
from tests.services.conftest import PHONE, FakeDetector, FrontDoor

DANGER = "I want to kill myself tonight"


def current(door):
    (row,) = [row for row in door.rows(tables.ConversationRow) if row.is_current]
    return row


def test_a_first_text_is_greeted_and_stored(door):
    reply = door.send("hello")
    assert reply.texts
    assert (reply.turn_number, reply.duplicate, reply.is_stored) == (1, False, True)
    stored = sorted(door.rows(tables.MessageRow), key=lambda row: row.position)
    assert [row.body for row in stored] == ["hello", *reply.texts]
    assert tuple(row.id for row in stored[1:]) == reply.message_ids
    assert current(door).id == reply.conversation_id


def test_the_conversation_goes_on_where_it_stood(door):
    first = door.send("hello")
    second = door.send("yes")
    assert second.conversation_id == first.conversation_id
    assert second.turn_number == 2
    assert second.texts != first.texts
    assert door.rows(tables.AnswerRow)


def test_the_flow_and_its_rules_are_stored_before_the_conversation_that_needs_them(door):
    door.send("hello")
    (flow,) = door.rows(tables.FlowVersionRow)
    (rules,) = door.rows(tables.RulesetRow)
    assert flow.content_hash == current(door).flow_hash
    assert flow.ruleset_hash == rules.content_hash


def test_the_same_message_again_gets_the_same_reply_and_no_second_turn(door):
    message = door.message("hello")
    first = receive(door.parts, message, door.clinic)
    door.send("yes")
    again = receive(door.parts, message, door.clinic)
    assert again.duplicate
    assert (again.texts, again.message_ids) == (first.texts, first.message_ids)
    assert again.turn_number == 1
    assert current(door).turn_number == 2


def test_a_crisis_is_answered_recorded_and_paged_in_the_same_turn(door):
    door.send("hello")
    reply = door.send(DANGER)
    assert "988" in reply.texts[0]
    (event,) = door.rows(tables.SafetyEventRow)
    assert event.tier in {"crisis", "emergency"}
    said = tuple(msgspec.json.decode(event.said))
    assert said == reply.texts[: len(said)] != ()
    (consult,) = door.rows(tables.ConsultRow)
    assert consult.priority == Priority.STAT
    (alert,) = door.rows(tables.AlertRow)
    assert alert.consult_id == consult.id == current(door).consult_id
    assert current(door).status == "held"


def test_a_crisis_in_the_very_first_text_is_answered(door):
    reply = door.send(DANGER)
    assert "988" in reply.texts[0]
    assert current(door).flow_hash == ""


def test_an_opted_out_patient_is_still_heard(door):
    door.send("hello")
    door.send("STOP")
    assert door.send("hello again").texts == ()
    assert "988" in door.send(DANGER).texts[0]
    (patient,) = door.rows(tables.PatientRow)
    assert patient.opted_out_at is not None


def test_the_flow_stays_the_one_the_conversation_began_with(door, make_parts, heavy, clock):
    door.send("hello")
    began_with = current(door).flow_hash

    def no_files(flow_id):
        raise DefinitionError(flow_id, "there is no such flow file")

    flows = FlowBook(door.parts.engine, no_files, door.parts.flows._load_rules, clock)
    later = FrontDoor(make_parts(flows=flows), door.clinic, clock)
    later._count = door._count
    reply = later.send("yes")
    assert reply.turn_number == 2
    assert current(door).flow_hash == began_with
    assert reply.facts["status"] == "active"
    assert not door.rows(tables.ConsultRow)


def test_without_any_flow_a_message_reaches_a_person_and_a_crisis_is_answered(
    make_parts, demo_clinic, clock
):
    clinic = msgspec.structs.replace(demo_clinic, flow="no-such-flow")
    door = FrontDoor(make_parts(), clinic, clock)
    assert door.send("hello").texts
    (consult,) = door.rows(tables.ConsultRow)
    assert consult.priority == Priority.URGENT
    assert "988" in door.send(DANGER).texts[0]


def test_an_unreadable_state_reaches_a_person_and_is_not_lost(door):
    door.send("hello")
    with Session(door.parts.engine) as session:
        stored = current(door).state
        session.execute(update(tables.ConversationRow).values(state=b"not a state"))
        session.commit()
    reply = door.send("yes")
    assert reply.is_stored
    assert {row.code for row in door.rows(tables.ConsultReasonRow)} == {"flow-unavailable"}
    assert current(door).state == b"not a state"
    assert "988" in door.send(DANGER).texts[0]
    with Session(door.parts.engine) as session:
        session.execute(update(tables.ConversationRow).values(state=stored))
        session.commit()
    assert door.rows(tables.SafetyEventRow)


def test_a_text_with_lone_surrogates_is_stored(door):
    door.send("hello")
    assert door.send("well \ud800 then").is_stored


def test_a_web_id_names_only_messages_of_its_own_address(door):
    one = door.send("hello", channel=Channel.WEB, phone="chat-1", provider_id="1")
    other = door.send("hola", channel=Channel.WEB, phone="chat-2", provider_id="1")
    assert not other.duplicate
    assert one.conversation_id != other.conversation_id


def test_a_web_id_used_for_another_text_is_refused(door):
    door.send("hello", channel=Channel.WEB, phone="chat-1", provider_id="1")
    with pytest.raises(IdTaken):
        door.send("other", channel=Channel.WEB, phone="chat-1", provider_id="1")
    reply = door.send(DANGER, channel=Channel.WEB, phone="chat-1", provider_id="1")
    assert "988" in " ".join(reply.texts)


def test_a_providers_id_with_another_sender_is_refused(door):
    door.send("hello", provider_id="SM1")
    with pytest.raises(IdTaken):
        door.send("hello", provider_id="SM1", phone="+15005550123")


def test_a_link_continues_the_conversation_of_another_channel(door):
    first = door.send("hello")
    message = door.message("yes", channel=Channel.WEB, phone=PHONE)
    reply = receive(door.parts, message, door.clinic, conversation_id=first.conversation_id)
    assert (reply.conversation_id, reply.turn_number) == (first.conversation_id, 2)
    with pytest.raises(InvalidField, match="conversation"):
        receive(door.parts, message, door.clinic, conversation_id="0" * 32)


def test_a_number_that_is_nobodys_still_says_where_help_is(door):
    assert receive_without_clinic(door.parts, door.message("hello")) is None
    assert "988" in receive_without_clinic(door.parts, door.message(DANGER)).texts[0]


class BrokenDetector(FakeDetector):
    """Screens as usual but fails when a turn looks at earlier texts."""

    def screen_in_context(self, text, **context):
        raise RuntimeError(f"canary {text}")


def test_a_fault_in_the_turn_still_answers_and_records_a_crisis(door, make_parts):
    door.send("hello")
    before = current(door)
    faulty = FrontDoor(make_parts(detector=BrokenDetector()), door.clinic, door.clock)
    faulty._count = 100
    reply = faulty.send(DANGER)
    assert "988" in reply.texts[0]
    assert reply.is_stored
    assert door.rows(tables.SafetyEventRow)
    assert door.rows(tables.AlertRow)
    assert current(door).state == before.state


def test_a_fault_in_the_turn_brings_anything_else_to_a_person(door, make_parts):
    door.send("hello")
    faulty = FrontDoor(make_parts(detector=BrokenDetector()), door.clinic, door.clock)
    faulty._count = 100
    reply = faulty.send("yes, every day")
    assert reply.texts
    assert {row.code for row in door.rows(tables.ConsultReasonRow)} == {"flow-unavailable"}
    assert door.send("yes").facts["status"] == "active"


class NoWords:
    """Keywords that fail on every message."""

    def language_of(self, text, supported):
        raise RuntimeError(f"canary {text}")

    def read(self, message, *, opted_out):
        raise RuntimeError("canary")


def test_a_fault_that_no_second_try_helps_answers_a_crisis_from_memory(door, make_parts):
    broken = make_parts(keywords=NoWords())
    faulty = FrontDoor(broken, door.clinic, door.clock)
    reply = faulty.send(DANGER)
    assert "988" in reply.texts[0]
    assert not reply.is_stored
    assert len(broken.spool.waiting()) == 1
    assert not door.rows(tables.MessageRow)


def test_logs_carry_ids_only(door, caplog):
    caplog.set_level("DEBUG")
    reply = door.send("my name is Canary Jones and I am sad")
    (line,) = [record for record in caplog.records if record.msg == "turn_taken"]
    assert line.conversation_id == reply.conversation_id
    everything = " ".join(str(vars(record)) for record in caplog.records)
    assert "Canary" not in everything
    assert PHONE not in everything


def together(count, work):
    """Run `work(number)` in threads that begin at once; return results in order."""
    barrier, results = Barrier(count), [None] * count

    def run(number):
        barrier.wait()
        try:
            results[number] = work(number)
        except Exception as error:
            results[number] = error

    threads = [Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_the_same_message_eight_times_at_once_is_one_turn_and_one_reply(make_parts, door):
    door.parts.flows.keep(door.parts.flows.current("ketamine-screening"))
    patient = replace(door.parts, turn_seconds=20.0)
    message = door.message("hello")
    replies = together(8, lambda _: receive(patient, message, door.clinic))
    assert len({reply.texts for reply in replies}) == 1
    assert len({reply.message_ids for reply in replies}) == 1
    assert sorted(reply.duplicate for reply in replies) == [False] + [True] * 7
    assert current(door).turn_number == 1


def test_fifty_messages_at_once_get_numbers_without_a_gap(door):
    door.send("hello")
    patient = replace(door.parts, turn_seconds=20.0)
    messages = [door.message(f"word {number}") for number in range(50)]
    replies = together(50, lambda n: receive(patient, messages[n], door.clinic))
    assert sorted(reply.turn_number for reply in replies) == list(range(2, 52))
    inbound = [row for row in door.rows(tables.MessageRow) if row.direction == "inbound"]
    assert sorted(row.turn_number for row in inbound) == list(range(1, 52))
    assert not door.parts.spool.waiting()


def test_two_first_texts_at_once_are_one_patient(door):
    door.parts.flows.keep(door.parts.flows.current("ketamine-screening"))
    patient = replace(door.parts, turn_seconds=20.0)
    messages = [door.message(f"word {number}") for number in range(8)]
    replies = together(8, lambda n: receive(patient, messages[n], door.clinic))
    assert sorted(reply.turn_number for reply in replies) == list(range(1, 9))
    assert len(door.rows(tables.PatientRow)) == 1
