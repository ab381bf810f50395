"""Every triage rule: what fires it, what nearly does, and what it does without its answer."""

from __future__ import annotations

import pytest

from bot.core.decisions import Disposition, Priority
from bot.rules.triage import decide
from bot.rules.triage_file import OnUnknown
from tests.rules.screening import LICENSED, RULESET, SKIPPED, UNCLEAR, only, person

ELIGIBLE, REVIEW = Disposition.ELIGIBLE, Disposition.REVIEW
NOT_NOW, EMERGENCY = Disposition.NOT_NOW, Disposition.EMERGENCY
RULES = {rule.id: rule for rule in RULESET.rules}
YES_TO_ASQ = {"asq_1": True, "asq_5": False}
NO_TRIALS = {"antidepressants_tried": (), "trials_adequate": None}


def phq9(total):
    """Answers that add up to `total` without item 9."""
    points = {f"phq9_{n}": 0 for n in range(1, 10)}
    for n in range(1, 9):
        points[f"phq9_{n}"] = min(3, total)
        total -= points[f"phq9_{n}"]
    return points


def auditc(first, second=None, third=None):
    return {"auditc_1": first, "auditc_2": second, "auditc_3": third}


# rule -> answers that fire it, answers that nearly do
CASES = {
    "age-minor": ([{"dob_age_years": 17}, {"dob_age_years": 0}], [{"dob_age_years": 18}]),
    "age-young-adult": (
        [{"dob_age_years": 18}, {"dob_age_years": 24}],
        [{"dob_age_years": 17}, {"dob_age_years": 25}],
    ),
    "age-older-adult": (
        [{"dob_age_years": 65}, {"dob_age_years": 90}], [{"dob_age_years": 64}],
    ),
    "place-unlicensed": ([{"place": "US-NV"}, {"place": "CA-BC"}], [{"place": "US-WA"}]),
    "asq-acute": (
        [
            {"asq_1": True, "asq_5": True},
            {"asq_4": True, "asq_5": SKIPPED},
            {"asq_4": True, "asq_5": UNCLEAR},
            {"asq_4": True},
            {"asq_2": UNCLEAR, "asq_5": True},
            {"asq_2": UNCLEAR},
        ],
        [YES_TO_ASQ, {"asq_2": SKIPPED, "asq_5": SKIPPED}],
    ),
    "asq-non-acute": (
        [YES_TO_ASQ, {"asq_3": UNCLEAR, "asq_5": False}],
        [{}, {"asq_1": True, "asq_5": True}],
    ),
    "asq-refused": (
        [{"asq_2": SKIPPED, "asq_5": False}, {"asq_2": SKIPPED, "asq_5": SKIPPED}],
        [{}, YES_TO_ASQ],
    ),
    "phq9-item9": ([{"phq9_9": 1}, {"phq9_9": 3}], [{"phq9_9": 0}]),
    "overdose-taken": ([{"overdose_taken": True}], [{}]),
    "harm-others": ([{"harm_others": True}], [{}]),
    "psychosis-commands": (
        [
            {"psychosis_now": True, "psychosis_commands": True},
            {"psychosis_now": UNCLEAR, "psychosis_commands": True},
        ],
        [{"psychosis_now": True, "psychosis_commands": False}, {}],
    ),
    "bp-crisis-symptoms": (
        [{"bp": (180, 80), "bp_symptoms": True}, {"bp": (120, 120), "bp_symptoms": True}],
        [{"bp": (180, 80), "bp_symptoms": False}, {"bp": (179, 119)}],
    ),
    "home-unsafe": ([{"home_safety": "unsafe"}], [{"home_safety": "not_here"}]),
    "home-unsaid": ([{"home_safety": "not_here"}], [{"home_safety": "safe"}]),
    "psychosis-now": ([{"psychosis_now": True, "psychosis_commands": False}], [{}]),
    "mania-now": ([{"mania_now": True}], [{}]),
    "intoxicated-now": ([{"intoxicated_now": True}], [{}]),
    "diagnosis-missing": (
        [{"mental_history": ("none",)}, {"mental_history": ("anxiety", "bipolar")}],
        [{"mental_history": ("depression", "anxiety")}],
    ),
    "bipolar-history": (
        [{"mental_history": ("depression", "bipolar")}], [{"mental_history": ("depression",)}],
    ),
    "psychosis-history": (
        [{"mental_history": ("depression", "psychosis")}],
        [{"mental_history": ("depression", "family_psychosis")}],
    ),
    "psychosis-family": (
        [{"mental_history": ("depression", "family_psychosis")}],
        [{"mental_history": ("depression", "psychosis")}],
    ),
    "phq9-low": ([phq9(9), phq9(0)], [phq9(10), phq9(24)]),
    "phq9-moderate": ([phq9(10), phq9(24)], [phq9(9)]),
    "trials-none": (
        [NO_TRIALS, {"trials_adequate": 0}],
        [{**NO_TRIALS, **YES_TO_ASQ}, {"trials_adequate": 1}],
    ),
    "trials-none-at-risk": (
        [{**NO_TRIALS, **YES_TO_ASQ}, {"trials_adequate": 0, "asq_1": SKIPPED, "asq_5": False}],
        [NO_TRIALS, {"trials_adequate": 1, **YES_TO_ASQ}],
    ),
    "trials-one": ([{"trials_adequate": 1}], [{"trials_adequate": 0}, {"trials_adequate": 2}]),
    "trials-two": ([{"trials_adequate": 2}, {"trials_adequate": 9}], [{"trials_adequate": 1}]),
    "ketamine-allergy": (
        [{"ketamine_history": ("clinic", "allergic")}], [{"ketamine_history": ("clinic",)}],
    ),
    "ketamine-home": ([{"ketamine_history": ("home",)}], [{"ketamine_history": ("clinic",)}]),
    "ketamine-misuse": (
        [{"ketamine_history": ("unprescribed",)}], [{"ketamine_history": ("never",)}],
    ),
    "vascular": (
        [{"head_conditions": ("aneurysm",)}, {"head_conditions": ("avm", "seizures")}],
        [{"head_conditions": ("brain_bleed",)}],
    ),
    "brain-bleed": ([{"head_conditions": ("brain_bleed",)}], [{"head_conditions": ("avm",)}]),
    "brain-pressure": (
        [{"head_conditions": ("brain_pressure",)}, {"head_conditions": ("head_injury",)}],
        [{"head_conditions": ("seizures",)}],
    ),
    "seizures": ([{"head_conditions": ("seizures",)}], [{"head_conditions": ("head_injury",)}]),
    "bp-high": (
        [{"bp": (140, 80)}, {"bp": (120, 90)}, {"bp": (200, 130), "bp_symptoms": False}],
        [{"bp": (139, 89)}],
    ),
    "bp-crisis": (
        [{"bp": (180, 80), "bp_symptoms": False}, {"bp": (120, 120), "bp_symptoms": False}],
        [{"bp": (179, 119)}],
    ),
    "bp-uncontrolled": (
        [{"heart_conditions": ("uncontrolled_bp",)}], [{"heart_conditions": ("none",)}],
    ),
    "heart-disease": (
        [
            {"heart_conditions": (one,), "heart_recent": False}
            for one in ("heart_attack", "stroke", "angina", "heart_failure", "arrhythmia", "valve")
        ],
        [{"heart_conditions": ("uncontrolled_bp",)}],
    ),
    "heart-recent": (
        [{"heart_conditions": ("stroke",), "heart_recent": True}],
        [{"heart_conditions": ("stroke",), "heart_recent": False}],
    ),
    "pregnancy": (
        [{"pregnancy": ("pregnant",)}, {"pregnancy": ("trying", "maybe")}],
        [{"pregnancy": ("maybe",)}, {"pregnancy": ("does_not_apply",)}],
    ),
    "pregnancy-possible": ([{"pregnancy": ("maybe",)}], [{"pregnancy": ("none",)}]),
    "breastfeeding": ([{"pregnancy": ("breastfeeding",)}], [{"pregnancy": ("maybe",)}]),
    "liver-severe": (
        [{"body_conditions": ("liver_severe",)}], [{"body_conditions": ("liver_other",)}],
    ),
    "liver-other": (
        [{"body_conditions": ("liver_other",)}], [{"body_conditions": ("liver_severe",)}],
    ),
    "breathing": (
        [{"body_conditions": ("sleep_apnea",)}, {"body_conditions": ("copd", "bladder")}],
        [{"body_conditions": ("bladder",)}],
    ),
    "bladder": ([{"body_conditions": ("bladder",)}], [{"body_conditions": ("copd",)}]),
    "eyes-thyroid": (
        [{"body_conditions": ("glaucoma",)}, {"body_conditions": ("thyroid",)}],
        [{"body_conditions": ("dementia",)}],
    ),
    "dementia": ([{"body_conditions": ("dementia",)}], [{"body_conditions": ("thyroid",)}]),
    "alcohol": (
        [
            {"sex_at_birth": "female", **auditc(2, 1, 0)},
            {"sex_at_birth": "male", "pregnancy": None, **auditc(2, 1, 1)},
            {"sex_at_birth": "intersex", **auditc(2, 1, 0)},
            {"sex_at_birth": "undisclosed", **auditc(2, 1, 0)},
            {"sex_at_birth": None, **auditc(2, 1, 0)},
            {"sex_at_birth": SKIPPED, **auditc(2, 1, 0)},
        ],
        [
            {"sex_at_birth": "female", **auditc(2, 0, 0)},
            {"sex_at_birth": "male", "pregnancy": None, **auditc(2, 1, 0)},
            {"sex_at_birth": "undisclosed", **auditc(1, 1, 0)},
            auditc(0),
        ],
    ),
    "drugs": ([{"drug_use": 1}, {"drug_use": 300}], [{"drug_use": 0}]),
    "sedatives": (
        [{"medications": (one,)} for one in ("lorazepam", "oxycodone", "zolpidem")],
        [{"medications": ("adderall",)}],
    ),
    "stimulants": ([{"medications": ("adderall",)}], [{"medications": ("sertraline",)}]),
    "maoi": ([{"medications": ("phenelzine",)}], [{"medications": ("sertraline",)}]),
    "theophylline": ([{"medications": ("theophylline",)}], [{"medications": ("sertraline",)}]),
    "decongestant": ([{"medications": ("oxymetazoline",)}], [{"medications": ("lorazepam",)}]),
    "medicines-unrecognised": (
        [{"medications": ("sertraline", "?blue pill")}], [{"medications": ("sertraline",)}],
    ),
    "ride": ([{"ride": False}], [{"ride": True}]),
    "route-unsaid": ([{"preferred_route": None}], [{"preferred_route": "unsure"}]),
}  # fmt: skip

FIRING = [(rule, given) for rule, (fires, _) in CASES.items() for given in fires]
NEAR = [(rule, given) for rule, (_, misses) in CASES.items() for given in misses]


def triage(**changes):
    return decide(RULESET, person(**changes), licensed_states=LICENSED)


def definite(decision):
    return {rule.id: rule for rule in decision.fired if not rule.because_unknown}


def unknown(decision):
    return {rule.id: rule for rule in decision.fired if rule.because_unknown}


def test_every_rule_has_a_firing_and_a_near_miss_case():
    assert CASES.keys() == RULES.keys()
    assert all(fires and misses for fires, misses in CASES.values())


@pytest.mark.parametrize(("rule_id", "given"), FIRING)
def test_the_rule_fires_with_its_routes_flag_and_answers(rule_id, given):
    decision = triage(**given)
    fired = definite(decision)[rule_id]
    rule = RULES[rule_id]
    assert dict(fired.routes) == dict(rule.routes)
    assert fired.flag == rule.entry.flag
    assert fired.priority is rule.entry.priority
    assert fired.source
    assert fired.version == "1"
    assert [symbol for symbol, _ in fired.symbols] == sorted(rule.when.symbols)
    for route, disposition in fired.routes.items():
        assert decision.routes[route] >= disposition


@pytest.mark.parametrize(("rule_id", "given"), NEAR)
def test_the_rule_does_not_fire_on_a_near_miss(rule_id, given):
    assert rule_id not in definite(triage(**given))


# rule -> a question of which it needs the answer, on the path where that question is asked
NEEDED = {
    "age-minor": "dob", "age-young-adult": "dob", "age-older-adult": "dob",
    "place-unlicensed": "place",
    "asq-acute": "asq_1", "asq-non-acute": "asq_1", "asq-refused": "asq_1",
    "phq9-item9": "phq9_9", "overdose-taken": "overdose_taken", "harm-others": "harm_others",
    "home-unsafe": "home_safety", "home-unsaid": "home_safety",
    "psychosis-now": "psychosis_now", "mania-now": "mania_now",
    "intoxicated-now": "intoxicated_now", "diagnosis-missing": "mental_history",
    "bipolar-history": "mental_history", "psychosis-history": "mental_history",
    "psychosis-family": "mental_history", "phq9-low": "phq9_4", "phq9-moderate": "phq9_4",
    "trials-none": "antidepressants_tried", "trials-one": "trials_adequate",
    "trials-two": "trials_adequate", "ketamine-allergy": "ketamine_history",
    "ketamine-home": "ketamine_history", "ketamine-misuse": "ketamine_history",
    "vascular": "head_conditions", "brain-bleed": "head_conditions",
    "brain-pressure": "head_conditions", "seizures": "head_conditions",
    "bp-high": "bp", "bp-crisis": "bp", "bp-uncontrolled": "heart_conditions",
    "heart-disease": "heart_conditions", "pregnancy": "pregnancy",
    "pregnancy-possible": "pregnancy", "breastfeeding": "pregnancy",
    "liver-severe": "body_conditions", "liver-other": "body_conditions",
    "breathing": "body_conditions", "bladder": "body_conditions",
    "eyes-thyroid": "body_conditions", "dementia": "body_conditions",
    "alcohol": "auditc_1", "drugs": "drug_use", "sedatives": "medications",
    "stimulants": "medications", "maoi": "medications", "theophylline": "medications",
    "decongestant": "medications", "medicines-unrecognised": "medications",
    "route-unsaid": "preferred_route",
}  # fmt: skip
ON_A_PATH = {
    "psychosis-commands": ("psychosis_commands", {"psychosis_now": UNCLEAR}),
    "bp-crisis-symptoms": ("bp_symptoms", {"bp": (180, 100)}),
    "heart-recent": ("heart_recent", {"heart_conditions": ("stroke",)}),
    "trials-none-at-risk": ("trials_adequate", YES_TO_ASQ),
}
HOLDS = {"ride"}


def test_the_table_of_needed_answers_names_every_rule():
    assert NEEDED.keys() | ON_A_PATH.keys() | HOLDS == RULES.keys()


@pytest.mark.parametrize("fate", [None, SKIPPED, UNCLEAR])
@pytest.mark.parametrize(("rule_id", "question"), NEEDED.items())
def test_without_its_answer_no_rule_leaves_the_patient_eligible(rule_id, question, fate):
    key = "dob_age_years" if question == "dob" else question
    decision = triage(**{key: fate})
    assert decision.disposition is not ELIGIBLE
    assert ELIGIBLE not in decision.routes.values()
    if question.startswith("asq") and fate:
        return  # declined and unclear are results of the screen itself
    rule = RULES[rule_id]
    cover = rule.entry.covered_by or rule_id
    if rule_id == "route-unsaid":
        assert rule_id in definite(decision)
        return
    flagged = unknown(decision)[cover]
    assert set(flagged.routes.values()) == {REVIEW}
    assert flagged.flag.startswith("Not asked: " if fate is None else "Not answered: ")
    assert (fate.value if fate else "not asked") in dict(flagged.symbols).values()
    assert not flagged.patient_words


@pytest.mark.parametrize("fate", [None, SKIPPED, UNCLEAR])
@pytest.mark.parametrize("rule_id", ON_A_PATH)
def test_a_question_of_a_branch_without_answer_asks_for_review(rule_id, fate):
    question, path = ON_A_PATH[rule_id]
    decision = triage(**path, **{question: fate})
    assert decision.disposition is not ELIGIBLE
    settled_without = fate is None and decision.disposition is NOT_NOW
    assert settled_without or rule_id in unknown(decision)


@pytest.mark.parametrize(
    ("rule_id", "given"),
    [
        ("psychosis-commands", {"psychosis_now": False}),
        ("bp-crisis-symptoms", {"bp": (179, 119)}),
        ("bp-crisis-symptoms", {"bp": UNCLEAR}),
        ("heart-recent", {"heart_conditions": ("valve",)}),
        ("heart-recent", {"heart_conditions": SKIPPED}),
        ("pregnancy", {"sex_at_birth": "male", "pregnancy": None}),
        ("pregnancy-possible", {"sex_at_birth": "male", "pregnancy": None}),
        ("breastfeeding", {"sex_at_birth": "male", "pregnancy": None}),
        ("trials-one", NO_TRIALS),
        ("trials-two", NO_TRIALS),
    ],
)
def test_a_question_that_is_not_needed_on_this_path_is_not_missed(rule_id, given):
    assert rule_id not in {rule.id for rule in triage(**given).fired}


@pytest.mark.parametrize("fate", [SKIPPED, UNCLEAR])
@pytest.mark.parametrize(
    ("question", "rule_id"),
    [
        ("phq9_9", "phq9-item9"),
        ("overdose_taken", "overdose-taken"),
        ("harm_others", "harm-others"),
    ],
)
def test_a_declined_question_about_danger_is_urgent(question, rule_id, fate):
    decision = triage(**{question: fate})
    assert unknown(decision)[rule_id].priority is Priority.URGENT
    assert decision.priority is Priority.URGENT


def test_what_was_not_asked_yet_is_not_urgent():
    assert decide(RULESET, only(dob_age_years=40)).priority is Priority.ROUTINE


@pytest.mark.parametrize("fate", [None, UNCLEAR, False])
def test_no_ride_holds_the_booking_and_nothing_else(fate):
    decision = triage(ride=fate)
    hold = next(rule for rule in decision.fired if rule.id == "ride")
    assert hold.routes == {}
    assert decision.disposition is ELIGIBLE
    if fate is not None:
        assert hold.flag.startswith("Hold booking")
    assert RULES["ride"].entry.unknown is OnUnknown.SAME


def test_every_covered_rule_has_a_cover_that_asks_for_review():
    for rule in RULESET.rules:
        if rule.entry.covered_by:
            assert RULES[rule.entry.covered_by].unknown_routes


def test_every_rule_cites_facts_with_a_citation_and_a_confidence():
    for rule in RULESET.rules:
        assert rule.source.endswith(("(H)", "(M)", "(K)"))
    cited = {name for rule in RULESET.rules for name in rule.entry.facts}
    assert cited == {fact.id for fact in RULESET.facts}
