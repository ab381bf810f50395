"""What triage makes of all rules together: precedence, routes, priority, half-way decisions."""

from __future__ import annotations

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import given, settings

from bot.core.answers import AnswerStatus
from bot.core.decisions import Decision, Disposition, Priority
from bot.rules.triage import URGENCY, decide, judge_for
from tests.rules.screening import (
    GOOD,
    LICENSED,
    MANY_OF,
    RULESET,
    SKIPPED,
    UNCLEAR,
    only,
    person,
)

ELIGIBLE, REVIEW = Disposition.ELIGIBLE, Disposition.REVIEW
NOT_NOW, EMERGENCY = Disposition.NOT_NOW, Disposition.EMERGENCY


def triage(**changes):
    return decide(RULESET, person(**changes), licensed_states=LICENSED)


def rules(decision):
    return [rule.id for rule in decision.fired]


def test_a_person_with_every_good_answer_is_eligible_for_a_consult():
    decision = triage()
    assert decision.disposition is ELIGIBLE
    assert decision.priority is Priority.ROUTINE
    assert set(rules(decision)) == {"phq9-moderate", "trials-two"}
    assert decision.ruleset_hash == RULESET.content_hash
    assert decision.patient_words == ()


# --- precedence --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "disposition"),
    [
        ({"harm_others": True, "mania_now": True, "drug_use": 3}, EMERGENCY),
        ({"mania_now": True, "drug_use": 3}, NOT_NOW),
        ({"drug_use": 3}, REVIEW),
        ({}, ELIGIBLE),
    ],
)
def test_emergency_outranks_not_now_outranks_review_outranks_eligible(given, disposition):
    decision = triage(**given)
    assert decision.disposition is disposition
    assert set(decision.routes.values()) == {disposition}


def test_the_worst_rule_stands_first_and_what_is_missing_last():
    decision = triage(drug_use=3, ketamine_history=("allergic",), bp=SKIPPED)
    assert rules(decision)[0] == "ketamine-allergy"
    missing = [rule.because_unknown for rule in decision.fired if rule.routes["iv"] is REVIEW]
    assert missing == sorted(missing)


# --- routes ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("preferred", "disposition"),
    [("iv", REVIEW), ("im", REVIEW), ("nas", REVIEW), ("unsure", REVIEW), (SKIPPED, REVIEW)],
)
def test_a_route_that_is_not_now_leaves_the_others_for_review(preferred, disposition):
    decision = triage(body_conditions=("liver_severe",), preferred_route=preferred)
    assert decision.routes == {"nas": NOT_NOW, "iv": REVIEW, "im": REVIEW}
    assert decision.disposition is disposition


def test_all_routes_not_now_is_not_now_whatever_is_preferred():
    for preferred in ("iv", "im", "nas", "unsure", SKIPPED, None):
        decision = triage(ketamine_history=("allergic",), preferred_route=preferred)
        assert decision.disposition is NOT_NOW


# --- priority ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "priority"),
    [
        ({"overdose_taken": True}, Priority.STAT),
        ({"asq_1": True, "asq_5": True}, Priority.STAT),
        ({"asq_1": True, "asq_5": False}, Priority.URGENT),
        ({"asq_1": UNCLEAR, "asq_5": False}, Priority.URGENT),
        ({"asq_1": SKIPPED, "asq_5": False}, Priority.URGENT),
        ({"phq9_9": 1}, Priority.URGENT),
        ({"phq9_9": SKIPPED}, Priority.URGENT),
        ({"psychosis_now": True, "psychosis_commands": False}, Priority.URGENT),
        ({"mania_now": True}, Priority.URGENT),
        ({"bp": (190, 90), "bp_symptoms": False}, Priority.URGENT),
        ({"drug_use": 3}, Priority.ROUTINE),
        ({"ketamine_history": ("allergic",)}, Priority.ROUTINE),
        ({"home_safety": "unsafe"}, Priority.ROUTINE),
    ],
)
def test_priority_is_the_most_urgent_of_the_fired_rules(given, priority):
    assert triage(**given).priority is priority


# --- the place ---------------------------------------------------------------------------------


def test_unknown_licences_make_the_place_a_matter_for_review():
    decision = decide(RULESET, person())
    assert decision.disposition is REVIEW
    assert rules(decision)[0] == "place-unlicensed"


def test_a_clinic_licensed_nowhere_treats_nobody():
    decision = decide(RULESET, person(), licensed_states=frozenset())
    assert decision.disposition is NOT_NOW


def test_a_clinics_judge_knows_its_licences():
    judge = judge_for(RULESET, ("US-NV",))
    assert judge(person(place="US-NV")).disposition is ELIGIBLE
    assert judge(person(place="US-CA")).disposition is NOT_NOW


# --- half-way through a flow -------------------------------------------------------------------


def test_nobody_at_risk_is_turned_away_for_want_of_a_treatment_tried():
    for risk in ({"phq9_9": 1}, {"asq_1": True, "asq_5": False}, {"overdose_taken": SKIPPED}):
        decision = triage(trials_adequate=0, **risk)
        assert decision.disposition is REVIEW
        assert decision.priority is Priority.URGENT
        assert decision.patient_words == ()
    assert triage(trials_adequate=0).disposition is NOT_NOW


def test_half_way_only_what_is_definite_is_more_than_review():
    decision = decide(RULESET, only(dob_age_years=40, place="US-CA"), licensed_states=LICENSED)
    assert decision.disposition is REVIEW
    assert all(rule.because_unknown or rule.id == "route-unsaid" for rule in decision.fired)


def test_half_way_a_definite_not_now_hides_what_nobody_asked():
    decision = decide(RULESET, only(dob_age_years=16, place="US-CA"), licensed_states=LICENSED)
    assert decision.disposition is NOT_NOW
    assert [rule.id for rule in decision.fired if rule.because_unknown] == []
    assert decision.patient_words == ("minor", "ask-clinician")


def test_a_declined_answer_is_never_hidden():
    answers = only(dob_age_years=16, phq9_9=SKIPPED)
    decision = decide(RULESET, answers, licensed_states=LICENSED)
    assert "phq9-item9" in rules(decision)
    assert decision.priority is Priority.URGENT


def test_no_answers_at_all_are_a_matter_for_review():
    decision = decide(RULESET, [])
    assert decision.disposition is REVIEW
    assert decision.scores == ()


# --- what is said ------------------------------------------------------------------------------


def test_every_not_now_tells_how_to_ask_a_clinician():
    for given_answers in ({"mania_now": True}, {"place": "US-NV"}, {"drug_use": 1}):
        decision = triage(**given_answers)
        offers = decision.patient_words[-1:] == ("ask-clinician",)
        assert offers == (decision.disposition is NOT_NOW)


def test_words_for_the_patient_come_once_and_the_worst_first():
    decision = triage(
        head_conditions=("aneurysm", "brain_bleed"), mania_now=True, home_safety="unsafe"
    )
    words = decision.patient_words
    assert words == ("care-today", "not-safe", "unsafe-home", "ask-clinician")


def test_a_fired_rule_shows_the_answers_it_used():
    fired = {rule.id: dict(rule.symbols) for rule in triage(bp=(150, 95), ride=False).fired}
    assert fired["bp-high"] == {"bp_diastolic": "95", "bp_systolic": "150"}
    assert fired["ride"] == {"ride": "no"}
    shown = {rule.id: dict(rule.symbols) for rule in triage(bp=UNCLEAR).fired}
    assert shown["bp-high"] == {"bp_diastolic": "unclear", "bp_systolic": "unclear"}
    many = triage(medications=("lorazepam", "adderall"))
    used = {rule.id: dict(rule.symbols) for rule in many.fired}
    assert used["sedatives"] == {"medications_classes": "benzodiazepine, stimulant"}


@pytest.mark.parametrize(
    "changes", [{}, {"bp": SKIPPED, "mania_now": True}, {"asq_1": True}, {"dob_age_years": 16}]
)
def test_a_decision_survives_being_stored(changes):
    decision = triage(**changes)
    assert msgspec.json.decode(msgspec.json.encode(decision), type=Decision) == decision


def test_no_flag_repeats_what_a_patient_wrote():
    decision = triage(medications=("?zzmyownwords",), antidepressants_tried=("?zzmyownwords",))
    assert "medicines-unrecognised" in rules(decision)
    assert "zzmyownwords" not in repr(decision)


# --- personas: golden decisions ----------------------------------------------------------------

PERSONAS = {
    "eligible, infusion": ({}, ELIGIBLE, Priority.ROUTINE, {"phq9-moderate", "trials-two"}),
    "eligible, no preference": (
        {"preferred_route": "unsure"}, ELIGIBLE, Priority.ROUTINE, {"phq9-moderate", "trials-two"},
    ),
    "student of 20": (
        {"dob_age_years": 20}, REVIEW, Priority.ROUTINE,
        {"age-young-adult", "phq9-moderate", "trials-two"},
    ),
    "retired man, pressure and apnoea": (
        {
            "dob_age_years": 71, "sex_at_birth": "male", "pregnancy": None, "bp": (152, 84),
            "body_conditions": ("sleep_apnea",), "preferred_route": "nas",
        },
        REVIEW, Priority.ROUTINE,
        {"age-older-adult", "bp-high", "breathing", "phq9-moderate", "trials-two"},
    ),
    "mother, breastfeeding, sad for two weeks": (
        {"pregnancy": ("breastfeeding",), "trials_adequate": 1},
        NOT_NOW, Priority.ROUTINE, {"breastfeeding", "trials-one", "phq9-moderate"},
    ),
    "never treated": (
        {"antidepressants_tried": (), "trials_adequate": None},
        NOT_NOW, Priority.ROUTINE, {"trials-none", "phq9-moderate"},
    ),
    "never treated, wished to be dead": (
        {"antidepressants_tried": (), "trials_adequate": None, "asq_1": True, "asq_5": False},
        REVIEW, Priority.URGENT, {"asq-non-acute", "trials-none-at-risk", "phq9-moderate"},
    ),
    "thinks of killing herself right now": (
        {"asq_3": True, "asq_5": True, "phq9_9": 3}, EMERGENCY, Priority.STAT,
        {"asq-acute", "phq9-item9", "phq9-moderate", "trials-two"},
    ),
    "hears voices that command": (
        {"psychosis_now": True, "psychosis_commands": True}, EMERGENCY, Priority.STAT,
        {"psychosis-commands", "psychosis-now", "phq9-moderate", "trials-two"},
    ),
    "chest pain at 190/110": (
        {"bp": (190, 110), "bp_symptoms": True}, EMERGENCY, Priority.STAT,
        {"bp-crisis-symptoms", "bp-crisis", "bp-high", "phq9-moderate", "trials-two"},
    ),
    "drinks, takes lorazepam, cannot stay": (
        {
            "auditc_1": 4, "auditc_2": 2, "auditc_3": 3, "medications": ("lorazepam",),
            "ride": False,
        },
        REVIEW, Priority.ROUTINE,
        {"alcohol", "sedatives", "ride", "phq9-moderate", "trials-two"},
    ),
    "out of state": (
        {"place": "US-NV"}, NOT_NOW, Priority.ROUTINE,
        {"place-unlicensed", "phq9-moderate", "trials-two"},
    ),
    "does not know the blood pressure": (
        {"bp": UNCLEAR}, REVIEW, Priority.ROUTINE, {"bp-high", "phq9-moderate", "trials-two"},
    ),
    "mild now": (
        {f"phq9_{n}": 1 for n in range(1, 9)}, REVIEW, Priority.ROUTINE,
        {"phq9-low", "trials-two"},
    ),
    "severe liver disease, wants the spray": (
        {"body_conditions": ("liver_severe",), "preferred_route": "nas"},
        REVIEW, Priority.ROUTINE, {"liver-severe", "phq9-moderate", "trials-two"},
    ),
    "unsafe at home": (
        {"home_safety": "unsafe"}, REVIEW, Priority.ROUTINE,
        {"home-unsafe", "phq9-moderate", "trials-two"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PERSONAS)
def test_the_decision_about_a_known_person_is_the_agreed_one(name):
    changes, disposition, priority, fired = PERSONAS[name]
    decision = triage(**changes)
    assert decision.disposition is disposition
    assert decision.priority is priority
    assert set(rules(decision)) == fired


# --- properties --------------------------------------------------------------------------------

ORDERED = {
    "phq9_9": [0, 1, 2, 3],
    **{f"asq_{n}": [False, True] for n in range(1, 6)},
    "overdose_taken": [False, True],
    "harm_others": [False, True],
    "psychosis_now": [False, True],
    "psychosis_commands": [False, True],
    "intoxicated_now": [False, True],
    "mania_now": [False, True],
    "trials_adequate": [5, 2, 1, 0],
    "bp": [(110, 70), (139, 89), (140, 80), (150, 95), (180, 95), (200, 125)],
    "bp_symptoms": [False, True],
    "heart_recent": [False, True],
    "drug_use": [0, 1, 50],
    "ride": [True, False],
    "auditc_1": [0, 1, 4],
    "auditc_2": [0, 1, 4],
    "auditc_3": [0, 1, 4],
    "home_safety": ["safe", "unsafe"],
    "medications": [(), ("lorazepam",), ("lorazepam", "adderall", "?odd")],
    "antidepressants_tried": [("sertraline",), ()],
}
SAFE_CHOICES = {"none", "never", "does_not_apply", "depression", "clinic", "trauma", "anxiety"}
TICKED = {name: sorted(codes - SAFE_CHOICES) for name, codes in MANY_OF.items()}
"""Choices each of which makes things worse. (A stray "depression" elsewhere means nothing.)"""

FATES = st.sampled_from([None, SKIPPED, UNCLEAR])


@st.composite
def answers(draw):
    """A good person with up to five changes, so that one bad answer can still be seen."""
    changes = {"preferred_route": draw(st.sampled_from(["iv", "im", "nas", "unsure", None]))}
    names = st.sampled_from([*ORDERED, *TICKED, *GOOD, "asq_1", "phq9_9", "trials_adequate"])
    for name in draw(st.lists(names, max_size=5, unique=True)):
        steps = ORDERED.get(name) or [("depression", code) for code in TICKED.get(name, ())]
        changes[name] = draw(st.one_of(st.sampled_from(steps), FATES) if steps else FATES)
    return changes


def attention(decision):
    """How much a decision asks of people: the priority, and within it the disposition."""
    return URGENCY[decision.priority], decision.disposition


@settings(max_examples=400, deadline=None)
@given(given_answers=answers(), data=st.data())
def test_a_worse_answer_never_lowers_what_follows(given_answers, data):
    name = data.draw(st.sampled_from([*ORDERED, *TICKED]))
    before = given_answers.get(name, GOOD.get(name))
    if name in TICKED:
        if not isinstance(before, tuple):
            return
        worse = (*before, data.draw(st.sampled_from(TICKED[name])))
    else:
        steps = ORDERED[name]
        if before not in steps or before == steps[-1]:
            return
        worse = data.draw(st.sampled_from(steps[steps.index(before) + 1 :]))
    first = triage(**given_answers)
    second = triage(**{**given_answers, name: worse})
    assert attention(second) >= attention(first)
    if second.priority is first.priority:  # at risk, not now for want of trials is urgent review
        assert second.disposition >= first.disposition
        for route, disposition in first.routes.items():
            assert second.routes[route] >= disposition


@settings(max_examples=150, deadline=None)
@given(given_answers=answers(), data=st.data())
def test_losing_an_answer_never_makes_anyone_eligible(given_answers, data):
    name = data.draw(st.sampled_from(sorted(set(GOOD) - {"consent", "ride"})))
    fate = data.draw(FATES)
    before = triage(**given_answers)
    after = triage(**{**given_answers, name: fate})
    if before.disposition is not ELIGIBLE:
        assert after.disposition is not ELIGIBLE


@settings(max_examples=150, deadline=None)
@given(given_answers=answers(), data=st.data())
def test_what_may_not_close_yet_would_be_less_than_not_now(given_answers, data):
    whole = person(**given_answers)
    so_far = whole[: data.draw(st.integers(0, len(whole)))]
    judge = judge_for(RULESET, LICENSED)
    closes = max(judge(so_far).routes.values()) >= NOT_NOW
    assert judge.may_close(so_far) or not closes
    assert closes or not judge.may_close(so_far) or judge(so_far).priority is not Priority.ROUTINE


@settings(max_examples=100, deadline=None)
@given(given_answers=answers(), data=st.data())
def test_the_order_of_answers_does_not_matter(given_answers, data):
    given_order = person(**given_answers)
    shuffled = data.draw(st.permutations(given_order))
    assert decide(RULESET, shuffled, licensed_states=LICENSED) == decide(
        RULESET, given_order, licensed_states=LICENSED
    )


@settings(max_examples=100, deadline=None)
@given(given_answers=answers())
def test_nobody_is_eligible_while_a_needed_answer_is_missing(given_answers):
    decision = triage(**given_answers)
    if any(rule.because_unknown and rule.routes for rule in decision.fired):
        assert decision.disposition is not ELIGIBLE


def test_an_answer_of_a_strange_type_is_unknown_not_good():
    answers_given = person()
    strange = [
        answer if answer.link_id != "drug_use" else type(answer)(
            "drug_use", AnswerStatus.ANSWERED, "none at all"
        )
        for answer in answers_given
    ]  # fmt: skip
    decision = decide(RULESET, strange, licensed_states=LICENSED)
    assert decision.disposition is REVIEW
