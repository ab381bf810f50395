"""The suicide-risk screen while a conversation is held: offered, never a way out of the hold."""

import pytest

from bot.conversation.model import (
    AnswerLogged,
    ConsultRaised,
    ConversationStatus,
    PageRequested,
    ReplyKind,
    SafetyEvent,
)

CRISIS = "I want to kill myself"


@pytest.fixture
def held(at_phq9):
    outcome = at_phq9.text(CRISIS)
    assert outcome.conversation.hold_state is not None
    return at_phq9


def test_after_crisis_language_the_screen_follows_the_resources(at_phq9):
    outcome = at_phq9.text(CRISIS)
    kinds = [reply.kind for reply in outcome.replies]
    assert kinds == sorted(kinds, key=[ReplyKind.CRISIS, ReplyKind.ROUTINE].index)
    assert "wished you were dead" in outcome.replies[-1].text
    assert at_phq9.status is ConversationStatus.HELD


def test_its_answers_are_kept_and_release_nothing(held, events):
    kept = []
    for reply in ("2", "2", "2", "2"):
        outcome = held.text(reply)
        kept += [event.answer.link_id for event in events(outcome, AnswerLogged)]
    assert kept == ["asq_1", "asq_2", "asq_3", "asq_4"]
    assert held.status is ConversationStatus.HELD
    assert events(outcome, ConsultRaised)[-1].reasons == ("asq:completed",)
    assert "911" in outcome.replies[-1].text
    (after,) = held.text("so can we go on?").replies
    assert "waits for a person" in after.text


def test_a_positive_answer_is_recorded_without_repeating_the_resources(held, events):
    outcome = held.text("1")
    (safety,) = events(outcome, SafetyEvent)
    assert safety.source == "answer:asq_1"
    assert [reply.kind for reply in outcome.replies] == [ReplyKind.ROUTINE]


def test_an_acute_answer_ends_the_questions_with_resources(held, events):
    outcome = held.through("1", "2", "2", "2", "yes")
    assert {reply.kind for reply in outcome.replies} == {ReplyKind.CRISIS}
    assert events(outcome, PageRequested)
    assert outcome.conversation.hold_state is None
    assert held.status is ConversationStatus.HELD


def test_more_crisis_words_in_the_middle_are_answered_first(held):
    outcome = held.text("I am going to shoot myself")
    assert outcome.replies[0].kind is ReplyKind.CRISIS
    assert outcome.conversation.hold_state is not None
    assert "killing yourself" in held.through("2", "2").replies[-1].text


def test_the_screen_is_offered_once(held):
    held.through("2", "2", "2", "2")
    outcome = held.text(CRISIS)
    assert {reply.kind for reply in outcome.replies} == {ReplyKind.CRISIS}


@pytest.mark.parametrize("word", ["PAUSE", "START OVER", "BACK", "HUMAN", "asdf", "", "skip"])
def test_no_word_leaves_the_hold(held, word):
    held.through(word, "1")
    assert held.status is ConversationStatus.HELD


@pytest.mark.parametrize(
    "text", ["I just took a whole bottle of pills", "I can't breathe and my chest hurts"]
)
def test_an_emergency_is_asked_nothing(at_phq9, text):
    outcome = at_phq9.text(text)
    assert outcome.conversation.hold_state is None
    assert {reply.kind for reply in outcome.replies} == {ReplyKind.CRISIS}


def test_an_opted_out_patient_is_asked_nothing(at_phq9):
    at_phq9.text("STOP")
    assert at_phq9.text(CRISIS).conversation.hold_state is None
