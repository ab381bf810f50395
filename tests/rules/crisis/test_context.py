"""Reading a text with the question it answers and the texts before it."""

from __future__ import annotations

import pytest

from bot.core.findings import Category, Subject, Tier
from bot.rules.crisis import Detector, RiskQuestion

ACUTE = RiskQuestion("asq-5", Category.SUICIDE, Tier.EMERGENCY)

POSITIVE = [
    "yes", "Yes.", "yeah", "y", "I guess", "i guess so", "kinda", "sometimes", "maybe",
    "sí", "si", "creo que sí", "a veces", "tal vez", "un poco", "idk", "not sure", "YES!!",
    "yes but no", "probably", "nearly every day", "supongo",
]  # fmt: skip
NEGATIVE = ["no", "No.", "nope", "never", "no thanks", "nah", "nunca", "para nada", "not at all"]


@pytest.mark.parametrize("reply", POSITIVE)
def test_a_yes_or_a_hedge_takes_the_questions_tier(detector: Detector, reply: str) -> None:
    finding = detector.screen_in_context(reply, question=ACUTE)
    assert finding.tier is Tier.EMERGENCY
    assert finding.category is Category.SUICIDE
    assert finding.subject is Subject.SELF
    assert finding.rules[0].id == "answer:asq-5"
    assert (finding.rules[0].start, finding.rules[0].end) == (0, len(reply))


@pytest.mark.parametrize("reply", NEGATIVE)
def test_a_plain_no_is_no(detector: Detector, reply: str) -> None:
    assert detector.screen_in_context(reply, question=ACUTE).tier is Tier.NONE


def test_a_no_that_goes_on_to_danger_fires(detector: Detector) -> None:
    finding = detector.screen_in_context("no. i want to kill myself", question=ACUTE)
    assert finding.fires


def test_an_answer_without_a_question_means_nothing(detector: Detector) -> None:
    assert detector.screen_in_context("yes").tier is Tier.NONE


def test_a_sentence_split_over_two_messages_is_read(detector: Detector) -> None:
    finding = detector.screen_in_context("die", previous=["hello", "i want to"])
    assert finding.fires
    assert (finding.rules[0].start, finding.rules[0].end) == (0, 3)


def test_what_an_earlier_message_said_alone_is_not_said_again(detector: Detector) -> None:
    finding = detector.screen_in_context("what time is it", previous=["i want to kill myself"])
    assert finding.tier is Tier.NONE


def test_a_finished_sentence_does_not_join_the_next_message(detector: Detector) -> None:
    finding = detector.screen_in_context("die", previous=["what do you want to."])
    assert finding.tier is Tier.NONE


def test_context_never_lowers_what_the_text_says(detector: Detector) -> None:
    text = "i want to die"
    assert detector.screen_in_context(text, previous=["i don't"]).tier >= Tier.CRISIS
