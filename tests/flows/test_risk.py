"""Risk questions: told at once, hedges and refusals never count as no."""

import pytest

from bot.core.answers import AnswerStatus
from bot.core.findings import Category, Subject, Tier
from bot.flows.events import (
    AnswerRecorded,
    Asked,
    HumanAsked,
    NotUnderstood,
    RiskAnswered,
)
from tests.flows.small import Patient, flow_of
from tests.flows.test_engine import END, LIST, ask

RISK = ", risk: {category: overdose, tier: emergency, positive: true}"
SAFE = ", risk: {category: abuse, tier: crisis, positive: false}"
ASQ = "- {node: instrument, id: i, instrument: asq}\n"
PHQ = "- {node: instrument, id: i, instrument: phq9}\n"


def test_a_positive_answer_is_told_at_once_and_before_the_next_question():
    patient = Patient(flow_of(ask("q", more=RISK) + ask("r") + END)).says("yes")
    assert [type(event) for event in patient.events] == [AnswerRecorded, RiskAnswered, Asked]
    assert patient.of(RiskAnswered)[0].link_id == "q"
    finding = patient.risk
    assert (finding.tier, finding.category) == (Tier.EMERGENCY, Category.OVERDOSE)
    assert finding.subject is Subject.SELF
    [hit] = finding.rules
    assert (hit.id, hit.start, hit.end, hit.guards) == ("answer:q", 0, 3, ())


def test_a_negative_answer_tells_nothing():
    patient = Patient(flow_of(ask("q", more=RISK) + ask("r") + END)).says("no")
    assert patient.risk is None


def test_a_risk_may_lie_in_the_no():
    assert Patient(flow_of(ask("q", more=SAFE) + END)).says("no").risk.tier is Tier.CRISIS
    assert Patient(flow_of(ask("q", more=SAFE) + END)).says("yes").risk is None


@pytest.mark.parametrize(("kind", "reply"), [("one_of", "bee"), ("many_of", "1 2")])
def test_a_risk_may_lie_in_some_of_the_choices(kind, reply):
    more = LIST + ", risk: {category: abuse, tier: check-in, positive: [b]}"
    assert Patient(flow_of(ask("q", kind, more) + END)).says(reply).risk.tier is Tier.CHECK_IN
    assert Patient(flow_of(ask("q", kind, more) + END)).says("ant").risk is None


@pytest.mark.parametrize("hedge", ["I guess", "maybe", "idk", "yes but no", "kinda"])
def test_a_hedge_counts_as_positive_and_goes_on(hedge):
    patient = Patient(flow_of(ask("q", more=RISK) + ask("r") + END)).says(hedge)
    assert patient.answers["q"].status is AnswerStatus.UNCLEAR
    assert patient.answers["q"].value is None
    assert patient.answers["q"].written == hedge
    assert patient.risk.tier is Tier.EMERGENCY
    assert patient.risk.rules[0].guards == ("unclear",)
    assert patient.asked == "r"


def test_not_sure_counts_as_positive_where_it_is_offered():
    patient = Patient(flow_of(ask("q", more=RISK + ", unsure: true") + END)).says("3")
    assert patient.answers["q"].status is AnswerStatus.UNCLEAR
    assert patient.risk.tier is Tier.EMERGENCY


def test_an_unreadable_reply_is_asked_again_twice_and_then_counts_as_positive():
    patient = Patient(flow_of(ask("q", more=RISK) + ask("r") + END)).says("cat")
    assert patient.of(NotUnderstood)
    assert patient.risk is None
    assert patient.says("dog").risk is None
    patient.says("cow")
    assert patient.answers["q"].status is AnswerStatus.UNCLEAR
    assert patient.risk.tier is Tier.EMERGENCY
    assert patient.asked == "r"
    assert not patient.of(HumanAsked)


def test_declining_is_respected_and_seen_by_a_clinician():
    patient = Patient(flow_of(ask("q", more=RISK) + ask("r") + END)).says("skip")
    assert patient.answers["q"].status is AnswerStatus.SKIPPED
    assert patient.risk.tier is Tier.CHECK_IN
    assert patient.risk.rules[0].guards == ("skipped",)
    assert patient.asked == "r"
    assert not patient.of(HumanAsked)


@pytest.mark.parametrize(
    ("replies", "tier"),
    [(("0",) * 8 + ("0",), None), (("0",) * 8 + ("1",), Tier.CHECK_IN)],
)
def test_item_nine_is_told_from_several_days_on(replies, tier):
    patient = Patient(flow_of(PHQ + END)).says(*replies)
    assert (patient.risk.tier if patient.risk else None) == tier


@pytest.mark.parametrize("number", range(1, 5))
def test_every_yes_of_the_screen_is_told(number):
    patient = Patient(flow_of(ASQ + END)).says(*["no"] * (number - 1), "yes")
    assert patient.of(RiskAnswered)[0].link_id == f"asq_{number}"
    assert patient.risk.category is Category.SUICIDE


def test_the_fifth_question_is_asked_unless_all_four_are_no():
    assert not Patient(flow_of(ASQ + END)).says("no", "no", "no", "no").asked
    for replies in (
        ("yes", "no", "no", "no"),
        ("no", "no", "no", "skip"),
        ("no", "idk", "no", "no"),
    ):
        assert Patient(flow_of(ASQ + END)).says(*replies).asked == "asq_5"


@pytest.mark.parametrize(
    ("first", "last", "tier"),
    [
        ("yes", "yes", Tier.EMERGENCY),
        ("yes", "skip", Tier.EMERGENCY),
        ("yes", "I guess", Tier.EMERGENCY),
        ("maybe", "skip", Tier.EMERGENCY),
        ("skip", "yes", Tier.EMERGENCY),
        ("skip", "skip", Tier.CHECK_IN),
        ("yes", "no", None),
        ("skip", "no", None),
    ],
)
def test_silence_on_the_fifth_question_after_a_yes_is_acute(first, last, tier):
    patient = Patient(flow_of(ASQ + END)).says(first, "no", "no", "no", last)
    assert (patient.risk.tier if patient.risk else None) == tier


def test_an_answer_that_meant_danger_is_not_undone_by_an_unclear_one():
    patient = Patient(flow_of(ask("q", more=RISK) + ask("r") + END)).says("yes", "back", "maybe")
    assert patient.answers["q"].status is AnswerStatus.ANSWERED
    assert patient.answers["q"].value is True
    assert patient.risk.tier is Tier.EMERGENCY


def test_a_changed_answer_keeps_the_earlier_one_on_record():
    patient = Patient(flow_of(ask("q", more=RISK) + ask("r") + END)).says("yes", "back", "no")
    [recorded] = patient.of(AnswerRecorded)
    assert (recorded.answer.value, recorded.earlier.value) == (False, True)
    assert patient.risk is None


def test_a_change_to_danger_is_told():
    patient = Patient(flow_of(ask("q", more=RISK) + ask("r") + END)).says("no", "back", "yes")
    assert patient.risk.tier is Tier.EMERGENCY


def test_skip_on_a_risk_question_asked_again_keeps_its_answer():
    patient = Patient(flow_of(ask("q", more=RISK) + ask("r") + END)).says("yes", "back", "skip")
    assert patient.values == {"q": True}


def test_a_typo_never_makes_a_no_on_a_risk_question():
    patient = Patient(flow_of(ask("q", more=RISK) + END)).says("noo6")
    assert all(event.answer.value is not False for event in patient.of(AnswerRecorded))


def test_start_over_does_not_take_back_what_was_told():
    patient = Patient(flow_of(ask("q", more=RISK) + ask("r") + END)).says(
        "yes", "start over", "yes"
    )
    assert any(isinstance(event, RiskAnswered) for event in patient.all_events)
    assert patient.asked == "q"
