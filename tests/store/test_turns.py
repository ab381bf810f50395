"""The turn's transaction on both databases."""

from datetime import timedelta
from threading import Barrier, Thread

import msgspec
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.conversation.model import (
    AnswerLogged,
    ConsultOpened,
    ConsultRaised,
    ConversationStarted,
    ConversationStatus,
    Decided,
    Flagged,
    LinkIssued,
    OptOutChanged,
    PageRequested,
    SafetyEvent,
    TimerKind,
    TimerSet,
)
from bot.core.answers import Answer, AnswerStatus
from bot.core.decisions import Decision, Disposition, FiredRule, Priority
from bot.core.findings import Category, Finding, RuleHit, Subject, Tier
from bot.core.messages import Channel
from bot.flows.state import FlowState
from bot.store import tables
from bot.store.crypto import KeyRing
from bot.store.loading import InConversation
from bot.store.turns import TurnConflict, open_turn
from tests.store.turns import SOON, first_conversation, message_of, outcome_of

STATE = FlowState("f" * 64, "age", "en", Channel.SMS, (Answer("name", AnswerStatus.SKIPPED),))


def rows_in(engine, table):
    with Session(engine) as session:
        return session.scalars(select(table)).all()


def decision_of(disposition=Disposition.REVIEW):
    rule = FiredRule("bp", {"esketamine": disposition}, Priority.URGENT, "flag", "source", "1")
    return Decision(
        disposition, Priority.URGENT, {"esketamine": disposition}, (rule,), (), "r" * 64
    )


def test_a_stored_conversation_comes_back_as_it_was(desk, clock):
    begun = desk.begin(
        status=ConversationStatus.HELD,
        flow_state=STATE,
        recent_texts=("hi", "I feel strange"),
        risk_open=True,
        crisis_answers=2,
        consult_id="c" * 32,
        consult_priority=Priority.STAT,
        last_inbound_at=clock() - timedelta(minutes=3),
    )
    loaded = desk.load()
    assert loaded.conversation == begun
    assert loaded.is_readable


def test_nobody_is_found_at_another_address_clinic_or_channel(desk):
    desk.begin()
    assert desk.load("+15005550111") is None


def test_a_conversation_is_found_by_its_id_while_it_is_current(desk):
    begun = desk.begin()
    with desk.open() as turn:
        assert turn.load(InConversation(begun.id)).conversation == begun
        assert turn.load(InConversation("0" * 32)) is None


def test_a_turn_moves_the_conversation_on(desk):
    desk.begin()
    after = desk.go_on(provider_id="SM2", flow_state=STATE, status=ConversationStatus.PAUSED)
    assert desk.load().conversation == after


def test_what_is_not_committed_is_not_there(desk, clock, new_id):
    conversation = first_conversation(new_id, clock)
    with desk.open() as turn:
        assert turn.write(desk.rows(message_of(clock), outcome_of(conversation), None))
    assert desk.load() is None


def test_a_failure_in_the_middle_leaves_nothing(desk, clock, new_id):
    conversation = first_conversation(new_id, clock)
    with pytest.raises(RuntimeError, match="power"), desk.open() as turn:
        turn.write(desk.rows(message_of(clock), outcome_of(conversation), None))
        raise RuntimeError("power")
    assert desk.load() is None


def test_the_same_message_again_changes_nothing_and_gets_the_first_reply(desk, clock):
    begun = desk.begin(replies=("Welcome.", "How old are you?"))
    later = msgspec.structs.replace(begun, turn_number=2)
    with desk.open() as turn:
        again = outcome_of(later, replies=("Something else.",))
        assert not turn.write(desk.rows(message_of(clock, text="other"), again, begun))
        turn.connection.commit()
        reply = turn.stored_reply(Channel.SMS, "SM1")
    assert [text.text for text in reply.texts] == ["Welcome.", "How old are you?"]
    assert (reply.conversation_id, reply.turn_number) == (begun.id, 1)
    assert reply.inbound_text == "hello"
    assert desk.load().conversation == begun
    assert len(rows_in(desk.engine, tables.MessageRow)) == 3


def test_a_silent_turn_has_a_stored_reply_without_texts(desk):
    desk.begin(replies=())
    with desk.open() as turn:
        assert turn.stored_reply(Channel.SMS, "SM1").texts == ()
        assert turn.stored_reply(Channel.SMS, "SM9") is None


def test_a_turn_decided_on_an_older_state_is_refused(desk, clock):
    begun = desk.begin()
    desk.go_on(provider_id="SM2")
    stale = msgspec.structs.replace(begun, turn_number=2)
    with pytest.raises(TurnConflict):
        desk.store(message_of(clock, provider_id="SM3"), outcome_of(stale), begun)
    assert {row.provider_key for row in rows_in(desk.engine, tables.MessageRow)} == {
        "SM1",
        "SM2",
        None,
    }


def test_a_second_first_contact_is_refused(desk, clock, new_id):
    desk.begin()
    twin = outcome_of(first_conversation(new_id, clock))
    with pytest.raises(TurnConflict):
        desk.store(message_of(clock, provider_id="SM2"), twin, None)
    assert len(rows_in(desk.engine, tables.PatientRow)) == 1


def test_a_new_conversation_takes_the_place_of_the_old_one(desk, new_id, clock):
    old = desk.begin()
    new = desk.go_on(ConversationStarted(old.id), provider_id="SM2", id=new_id(), turn_number=1)
    assert desk.load().conversation == new
    current = {row.id: row.is_current for row in rows_in(desk.engine, tables.ConversationRow)}
    assert current == {old.id: False, new.id: True}
    with desk.open() as turn:
        assert turn.load(InConversation(old.id)) is None


def test_an_unreadable_state_is_said_so_and_survives_the_turn(desk, clock):
    begun = desk.begin(flow_state=STATE)
    other = KeyRing([bytes(32)])
    with open_turn(desk.engine, other, budget_seconds=5) as turn:
        loaded = turn.load(desk.where())
    assert not loaded.is_readable
    assert loaded.conversation == msgspec.structs.replace(begun, flow_state=None)
    desk.go_on(provider_id="SM2", flow_state=None, more={"keep_state": True})
    assert desk.load().conversation.flow_state == STATE


def test_answers_are_kept_in_order_with_their_fate_and_encrypted(desk):
    given = Answer("bp", AnswerStatus.ANSWERED, "138/85", {"systolic": 138}, "138 over 85", 1)
    skipped = Answer("sex", AnswerStatus.SKIPPED)
    begun = desk.begin(AnswerLogged(given), AnswerLogged(skipped))
    rows = rows_in(desk.engine, tables.AnswerRow)
    assert [(row.link_id, row.status, row.position) for row in rows] == [
        ("bp", "answered", 0),
        ("sex", "skipped", 1),
    ]
    content = msgspec.json.decode(rows[0].value)
    assert content == {"value": "138/85", "parts": {"systolic": 138}, "written": "138 over 85"}
    assert rows[0].conversation_id == begun.id


def test_a_safety_event_keeps_rules_and_spans_and_what_was_said(desk, new_id):
    finding = Finding(
        Tier.CRISIS, Category.SUICIDE, Subject.SELF, (RuleHit("wish", 2, 13, ("past",)),)
    )
    desk.begin(SafetyEvent(new_id(), finding, "text", ("Call 988.",)))
    (row,) = rows_in(desk.engine, tables.SafetyEventRow)
    assert (row.tier, row.category, row.subject, row.source) == (
        "crisis",
        "suicide",
        "self",
        "text",
    )
    assert msgspec.json.decode(row.rules, type=tuple[RuleHit, ...]) == finding.rules
    assert msgspec.json.decode(row.said) == ["Call 988."]


def test_a_request_opened_and_raised_in_one_turn_is_one_row(desk, clock):
    soon, later = clock() + SOON, clock() + timedelta(days=2)
    consult = "c" * 32
    desk.begin(
        ConsultOpened(consult, Priority.ROUTINE, ("human:patient",), later),
        ConsultRaised(consult, Priority.STAT, ("crisis:suicide",), soon, decision_of()),
        ConsultRaised(consult, Priority.URGENT, ("crisis:suicide",), later),
        consult_id=consult,
        consult_priority=Priority.STAT,
    )
    (row,) = rows_in(desk.engine, tables.ConsultRow)
    assert (row.status, row.priority, row.due_at, row.version) == ("requested", "stat", soon, 1)
    assert row.disposition == "review"
    assert msgspec.json.decode(row.decision, type=Decision) == decision_of()
    reasons = {row.code for row in rows_in(desk.engine, tables.ConsultReasonRow)}
    assert reasons == {"human:patient", "crisis:suicide"}


def test_a_page_opens_one_alert_until_it_is_acknowledged(desk, clock):
    begun = desk.begin(PageRequested("crisis", Priority.STAT), consult_id="c" * 32)
    desk.go_on(
        PageRequested("crisis", Priority.STAT),
        PageRequested("opted-out-at-risk", Priority.STAT),
        provider_id="SM2",
    )
    (alert,) = rows_in(desk.engine, tables.AlertRow)
    assert (alert.conversation_id, alert.consult_id) == (begun.id, "c" * 32)
    assert (alert.reason, alert.step, alert.next_at) == ("crisis", 0, clock())
    assert alert.code.isdigit()
    assert len(alert.code) == 4


@pytest.mark.parametrize(
    ("before", "word", "after"),
    [
        (Priority.ROUTINE, Priority.STAT, "stat"),
        (Priority.ROUTINE, Priority.URGENT, "urgent"),
        (Priority.URGENT, Priority.ROUTINE, "urgent"),
        (Priority.STAT, Priority.URGENT, "stat"),
        (Priority.STAT, Priority.STAT, "stat"),
    ],
)
def test_a_raised_request_never_becomes_less_urgent(desk, clock, before, word, after):
    first, second = clock() + SOON, clock() + timedelta(hours=4)
    consult = "c" * 32
    desk.begin(ConsultOpened(consult, before, ("triage:review",), first, decision_of()))
    desk.go_on(ConsultRaised(consult, word, ("triage:review", "x"), second), provider_id="SM2")
    (row,) = rows_in(desk.engine, tables.ConsultRow)
    assert (row.priority, row.due_at, row.version) == (after, first, 2)
    assert msgspec.json.decode(row.decision, type=Decision) == decision_of()
    assert len(rows_in(desk.engine, tables.ConsultReasonRow)) == 2
    actions = {row.action for row in rows_in(desk.engine, tables.ConsultEventRow)}
    assert actions == {"open", "raise"}


def test_opting_out_is_remembered_with_its_moment(desk, clock):
    desk.begin()
    stopped_at = clock.advance(hours=1)
    desk.go_on(OptOutChanged(True, "keyword"), provider_id="SM2", opted_out=True)
    clock.advance(hours=1)
    desk.go_on(provider_id="SM3", opted_out=True, language="es")
    (patient,) = rows_in(desk.engine, tables.PatientRow)
    assert (patient.opted_out_at, patient.language) == (stopped_at, "es")
    desk.go_on(OptOutChanged(False, "keyword"), provider_id="SM4", opted_out=False)
    (patient,) = rows_in(desk.engine, tables.PatientRow)
    assert patient.opted_out_at is None
    changes = rows_in(desk.engine, tables.OptOutRow)
    assert sorted(row.opted_out for row in changes) == [False, True]


def test_a_name_is_kept_beside_all_else_that_changes_of_a_patient(desk):
    desk.begin()
    first = Answer("name", AnswerStatus.ANSWERED, "Maria")
    second = Answer("name", AnswerStatus.ANSWERED, "María Luisa")
    skipped = Answer("name", AnswerStatus.SKIPPED)
    desk.go_on(
        AnswerLogged(first), AnswerLogged(second), provider_id="SM2", language="es", opted_out=True
    )
    desk.go_on(AnswerLogged(skipped), provider_id="SM3", language="en")
    (patient,) = rows_in(desk.engine, tables.PatientRow)
    assert (patient.name, patient.language) == ("María Luisa", "en")
    assert patient.opted_out_at is not None


def test_a_name_in_the_first_text_is_kept_and_cut_where_a_list_would_break(desk):
    desk.begin(AnswerLogged(Answer("name", AnswerStatus.ANSWERED, "x" * 500)))
    (patient,) = rows_in(desk.engine, tables.PatientRow)
    assert patient.name == "x" * 80


def test_links_flags_decisions_and_timers_are_kept(desk, clock):
    begun = desk.begin(
        LinkIssued("a" * 64, clock() + SOON),
        Flagged("picture"),
        Flagged("picture"),
        Decided(decision_of()),
        Decided(decision_of(Disposition.NOT_NOW)),
    )
    desk.go_on(TimerSet(TimerKind.EXPIRY, clock() + SOON, clock()), provider_id="SM2")
    desk.go_on(TimerSet(TimerKind.REMINDER, clock() + 2 * SOON, clock()), provider_id="SM3")
    (link,) = rows_in(desk.engine, tables.SecureLinkRow)
    assert (link.token_hash, link.expires_at, link.used_at) == ("a" * 64, clock() + SOON, None)
    assert [row.code for row in rows_in(desk.engine, tables.FlagRow)] == ["picture"]
    dispositions = [row.disposition for row in rows_in(desk.engine, tables.DecisionRow)]
    assert dispositions == ["review", "not-now"]
    (timer,) = rows_in(desk.engine, tables.TimerRow)
    assert (timer.conversation_id, timer.turn_number) == (begun.id, 3)
    assert (timer.kind, timer.due_at, timer.since) == ("reminder", clock() + 2 * SOON, clock())


def test_pictures_places_and_further_bodies_are_kept(desk, clock):
    message = message_of(
        clock, text="first", further_texts=("second",), media_count=2, has_location=True
    )
    desk.begin(message=message)
    inbound = next(
        row for row in rows_in(desk.engine, tables.MessageRow) if row.direction == "inbound"
    )
    assert (inbound.body, inbound.media_count, inbound.has_location) == ("first\nsecond", 2, True)


def test_nothing_a_patient_wrote_is_readable_in_the_database(desk, clock, new_id):
    finding = Finding(Tier.CRISIS, Category.SUICIDE, Subject.SELF, (RuleHit("wish", 0, 4),))
    desk.begin(
        AnswerLogged(Answer("name", AnswerStatus.ANSWERED, "canary", {}, "canary")),
        SafetyEvent(new_id(), finding, "text", ("canary",)),
        ConsultOpened("c" * 32, Priority.STAT, ("crisis:suicide",), clock(), decision_of()),
        message=message_of(clock, text="canary", phone="+15005550199"),
        replies=("canary",),
        recent_texts=("canary",),
        flow_state=STATE,
    )
    with desk.engine.connect() as connection:
        for table in tables.Base.metadata.sorted_tables:
            for row in connection.exec_driver_sql(f"SELECT * FROM {table.name}"):
                shown = " ".join(
                    bytes(v).decode("latin-1") if isinstance(v, bytes | memoryview) else str(v)
                    for v in row
                )
                assert "canary" not in shown, table.name
                assert "5005550199" not in shown, table.name


def in_threads(count, work):
    """Run `work(number)` in `count` threads that begin together; return failures."""
    barrier, failures = Barrier(count), []

    def run(number):
        barrier.wait()
        try:
            work(number)
        except Exception as error:
            failures.append(error)

    threads = [Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


def test_waiting_turns_see_what_the_one_before_them_stored(desk, clock):
    """Half of the turns replace the conversation: a lock on it alone would lose them."""
    desk.begin()

    def take(number):
        for _ in range(40):
            try:
                if one_turn(number):
                    return
            except TurnConflict:
                continue
        raise AssertionError("never stored")

    def one_turn(number):
        with desk.open(budget_seconds=20) as turn:
            found = turn.load(desk.where())
            if found is None:
                raise TurnConflict("replaced while waiting")
            loaded = found.conversation
            changes = {"turn_number": loaded.turn_number + 1}
            if number % 2:
                changes["id"] = desk.new_id()
            after = msgspec.structs.replace(loaded, **changes)
            message = message_of(clock, provider_id=f"SM1{number:03d}")
            written = turn.write(desk.rows(message, outcome_of(after), loaded))
            turn.connection.commit()
            return written

    assert in_threads(12, take) == []
    assert desk.load().conversation.turn_number == 13
    inbound = [row for row in rows_in(desk.engine, tables.MessageRow) if row.position == 0]
    assert sorted(row.turn_number for row in inbound) == list(range(1, 14))
