"""Crisis comes first on every path: whatever the status, with or without a flow or a state."""

from datetime import UTC, datetime

import msgspec
import pytest

from bot.conversation import turn
from bot.conversation.model import (
    AnswerLogged,
    ConsultOpened,
    ConsultRaised,
    ConversationStatus,
    Flagged,
    OptOutChanged,
    PageRequested,
    ReplyKind,
    SafetyEvent,
)
from bot.conversation.turn import take_turn
from bot.core.decisions import Priority
from bot.core.findings import Tier
from bot.core.messages import Channel, InboundMessage, OptOutType
from bot.core.segments import count_segments

CRISIS = "I am going to kill myself tonight"
EMERGENCY = "I just took a whole bottle of pills"
CRISIS_ES = "me voy a matar esta noche"
OTHER = "my brother says he wants to kill himself"


def assert_emergency_answer(outcome):
    first = outcome.replies[0]
    assert first.kind is ReplyKind.CRISIS
    assert "911" in first.text
    said = " ".join(reply.text for reply in outcome.replies)
    assert "988" in said or "Poison Help" in said
    for reply in outcome.replies:
        if reply.kind is ReplyKind.CRISIS:
            counted = count_segments(reply.text)
            assert (counted.encoding, counted.segments) == ("GSM-7", 1)


def assert_only_the_risk_screen_follows(outcome):
    if outcome.conversation.hold_state is None:
        assert all(reply.kind is ReplyKind.CRISIS for reply in outcome.replies)
    else:
        assert outcome.conversation.hold_state.position == "asq_1"
        assert not outcome.conversation.opted_out


@pytest.mark.parametrize("status", list(ConversationStatus))
@pytest.mark.parametrize("opted_out", [False, True])
@pytest.mark.parametrize("has_flow", [True, False])
@pytest.mark.parametrize("has_state", [True, False])
@pytest.mark.parametrize("text", [CRISIS, CRISIS_ES])
def test_crisis_language_is_answered_in_every_situation(
    at_phq9, status, opted_out, has_flow, has_state, text
):
    at_phq9.become(status=status, opted_out=opted_out)
    if not has_state:
        at_phq9.become(flow_state=None)
    if not has_flow:
        at_phq9.flow = None
    outcome = at_phq9.text(text)
    assert_emergency_answer(outcome)
    assert_only_the_risk_screen_follows(outcome)
    assert any(isinstance(e, PageRequested) for e in outcome.events)
    held = status if status is ConversationStatus.HUMAN else ConversationStatus.HELD
    assert outcome.conversation.status is held


@pytest.mark.parametrize("has_flow", [True, False])
def test_the_very_first_text_may_be_a_crisis(phone, has_flow):
    if not has_flow:
        phone.flow = None
    outcome = phone.text(CRISIS)
    assert_emergency_answer(outcome)
    assert phone.status is ConversationStatus.HELD


@pytest.mark.parametrize("opt_out_type", [OptOutType.HELP, OptOutType.STOP])
def test_a_carrier_keyword_flag_does_not_hide_a_crisis(at_phq9, opt_out_type):
    assert_emergency_answer(at_phq9.text(CRISIS, opt_out_type=opt_out_type))


def test_a_second_body_of_the_same_request_is_screened(at_phq9, events):
    outcome = at_phq9.text("1", further_texts=(CRISIS,))
    assert_emergency_answer(outcome)
    assert [flag.code for flag in events(outcome, Flagged)] == ["several-bodies"]


def test_a_picture_with_crisis_words_is_a_crisis(at_phq9):
    assert_emergency_answer(at_phq9.text(CRISIS, media_count=1))


def test_breaking_the_order_on_purpose_is_noticed(at_phq9, monkeypatch):
    at_phq9.become(status=ConversationStatus.HUMAN)
    monkeypatch.setattr(turn, "ORDER", (turn._human_owns, *turn.ORDER))
    with pytest.raises(IndexError):
        assert_emergency_answer(at_phq9.text(CRISIS))


def test_every_crisis_text_is_answered_again_and_never_silenced(at_phq9):
    lengths = []
    for _ in range(5):
        outcome = at_phq9.text(CRISIS)
        assert_emergency_answer(outcome)
        lengths.append(len(outcome.replies))
    assert lengths[0] >= lengths[1]
    assert all(length >= 1 for length in lengths)


def test_a_crisis_opens_a_stat_consult_and_pages(at_phq9, events):
    outcome = at_phq9.text(CRISIS)
    (consult,) = events(outcome, ConsultOpened)
    assert consult.priority is Priority.STAT
    assert consult.reasons == ("crisis:suicide",)
    (page,) = events(outcome, PageRequested)
    assert page.reason == "crisis"
    (safety,) = events(outcome, SafetyEvent)
    said = [reply.text for reply in outcome.replies if reply.kind is ReplyKind.CRISIS]
    assert list(safety.said) == said
    assert safety.finding.rules


def test_an_opted_out_patient_in_crisis_pages_a_human_to_call(at_phq9, events):
    at_phq9.text("STOP", opt_out_type=OptOutType.STOP)
    outcome = at_phq9.text(CRISIS)
    assert_emergency_answer(outcome)
    assert [page.reason for page in events(outcome, PageRequested)] == ["opted-out-at-risk"]


def test_a_held_conversation_asks_nothing_and_says_where_help_is(at_phq9):
    before = at_phq9.text(EMERGENCY).conversation.flow_state
    outcome = at_phq9.through("ok", "2", "START OVER", "hello?")
    assert at_phq9.status is ConversationStatus.HELD
    assert outcome.conversation.flow_state == before
    (reply,) = outcome.replies
    assert "911" in reply.text
    assert "988" in reply.text


def test_crisis_talk_about_another_person_is_answered_and_the_flow_goes_on(at_phq9, events):
    outcome = at_phq9.text(OTHER)
    assert_emergency_answer(outcome)
    assert at_phq9.status is ConversationStatus.ACTIVE
    assert "Little interest" in outcome.replies[-1].text
    assert events(outcome, PageRequested)


def test_an_answer_given_with_a_crisis_is_kept_and_not_answered(at_phq9, events):
    at_phq9.through("0", "0", "0", "0", "0", "0", "0", "0", "0", "2", "2", "2", "2")
    assert at_phq9.status is ConversationStatus.ACTIVE
    outcome = at_phq9.text("Yes. I took all my pills and I want to die")
    assert_emergency_answer(outcome)
    kept = [event.answer for event in events(outcome, AnswerLogged)]
    assert [(answer.link_id, answer.value) for answer in kept] == [("overdose_taken", True)]
    assert outcome.finding.tier is Tier.EMERGENCY


def test_a_sign_of_danger_split_over_two_texts_is_seen(at_phq9):
    assert not at_phq9.text("I want to").finding.fires
    assert_emergency_answer(at_phq9.text("die"))


def test_an_old_text_is_not_joined_with_a_new_one(at_phq9):
    at_phq9.text("I want to")
    at_phq9.now = at_phq9.now.replace(day=24)
    assert not at_phq9.text("die").finding.fires


def test_a_number_that_answered_a_question_is_not_joined_with_the_next_text(at_phq9):
    outcome = at_phq9.through("1", "2", "3")
    assert "1" not in outcome.conversation.recent_texts
    assert "California" not in "".join(outcome.conversation.recent_texts)


def test_a_number_that_answered_nothing_is_part_of_what_is_said(at_phq9):
    assert at_phq9.through("I took", "30", "pills").finding.fires


def test_what_was_answered_as_a_crisis_is_not_found_again_in_the_next_text(at_phq9):
    at_phq9.text(CRISIS)
    at_phq9.become(status=ConversationStatus.ACTIVE)
    assert not at_phq9.text("1").finding.fires


def test_the_same_arguments_give_the_same_outcome(phone):
    message = InboundMessage(
        Channel.SMS, "SM1", "+15005550006", "+12135550001", CRISIS,
        datetime(2026, 11, 23, tzinfo=UTC),
    )  # fmt: skip
    outcomes = []
    for _ in range(2):
        fresh = type(phone)()
        outcome = take_turn(
            None, message, finding=fresh.room.detector.screen(CRISIS), flow=fresh.flow,
            room=fresh.room, now=message.received_at,
        )  # fmt: skip
        outcomes.append(msgspec.json.encode((outcome.conversation, outcome.replies)))
    assert outcomes[0] == outcomes[1]


def test_phq9_item_nine_acts_at_the_moment_of_the_answer(at_phq9, events):
    outcome = at_phq9.through("0", "0", "0", "0", "0", "0", "0", "0", "1")
    assert outcome.replies[0].kind is ReplyKind.CHECK_IN
    assert "988" in outcome.replies[0].text
    (consult,) = events(outcome, ConsultOpened)
    assert (consult.priority, consult.reasons) == (Priority.URGENT, ("answer:phq9_9",))
    assert at_phq9.status is ConversationStatus.ACTIVE
    assert outcome.conversation.risk_open


def test_an_acute_asq_answer_is_an_emergency_at_once(at_phq9, events):
    outcome = at_phq9.through(*["0"] * 9, "1", "2", "2", "2", "yes")
    assert_emergency_answer(outcome)
    assert at_phq9.status is ConversationStatus.HELD
    assert events(outcome, PageRequested)
    raised = events(outcome, ConsultRaised)
    assert raised[0].priority is Priority.STAT


@pytest.mark.parametrize("reply", ["I guess", "maybe", "idk", "kind of", "sometimes"])
def test_a_hedge_on_the_acute_question_counts_as_yes(at_phq9, reply):
    outcome = at_phq9.through(*["0"] * 9, "1", "2", "2", "2", reply)
    assert_emergency_answer(outcome)
    assert at_phq9.status is ConversationStatus.HELD


def test_a_check_in_phrase_puts_one_line_before_the_question(at_phq9):
    outcome = at_phq9.text("I tried to kill myself in 2015 but I am ok now")
    assert outcome.finding.tier is Tier.CHECK_IN
    assert outcome.replies[0].kind is ReplyKind.CHECK_IN
    assert "Little interest" in outcome.replies[-1].text
    assert at_phq9.status is ConversationStatus.ACTIVE


def test_stop_with_an_open_risk_pages_a_human(at_phq9, events):
    at_phq9.through(*["0"] * 8, "2")
    outcome = at_phq9.text("END", opt_out_type=OptOutType.STOP)
    assert outcome.replies == ()
    assert events(outcome, OptOutChanged)[0].opted_out
    assert [page.reason for page in events(outcome, PageRequested)] == ["opted-out-at-risk"]


def test_three_ways_to_say_end_take_three_paths(at_phq9):
    assert at_phq9.text("I want to end it all").finding.fires
    fresh = type(at_phq9)()
    fresh.through("Hi", "yes")
    assert fresh.text("END").conversation.opted_out
    again = type(at_phq9)()
    again.through("Hi", "yes")
    stopped = again.text("stop please")
    assert stopped.conversation.opted_out
    assert stopped.replies[0].kind is ReplyKind.NOTICE
