"""Loading rules: what is refused, what is pinned, what a replay gives."""

from __future__ import annotations

import pytest
import yaml

from bot.core.decisions import Disposition
from bot.core.errors import DefinitionError
from bot.rules.ruleset import DEFINITIONS, SCORES, TRIAGE, load_ruleset, ruleset_from_source
from bot.rules.triage import decide
from tests.rules.screening import INSTRUMENTS, LICENSED, RULESET, SYMBOLS, person


def triage_document():
    return yaml.load((DEFINITIONS / TRIAGE).read_text(), Loader=yaml.CSafeLoader)


def scores_document():
    return yaml.load((DEFINITIONS / SCORES).read_text(), Loader=yaml.CSafeLoader)


@pytest.fixture
def load(tmp_path):
    def _load(triage=None, scores=None, symbols=SYMBOLS, instruments=INSTRUMENTS):
        paths = {}
        for name, document in (("triage", triage), ("scores", scores)):
            if document is not None:
                paths[name] = tmp_path / f"{name}.yaml"
                paths[name].write_text(
                    yaml.dump(document, Dumper=yaml.CSafeDumper, allow_unicode=True)
                )
        return load_ruleset(symbols, instruments, **paths)

    return _load


# --- pinned ------------------------------------------------------------------------------------


def test_a_ruleset_made_from_its_source_is_the_same_ruleset():
    again = ruleset_from_source(RULESET.source, SYMBOLS, INSTRUMENTS)
    assert again.content_hash == RULESET.content_hash
    assert again.source == RULESET.source
    for changes in ({}, {"bp": (150, 90)}, {"mania_now": True}, {"asq_1": True}):
        answers = person(**changes)
        assert decide(again, answers, licensed_states=LICENSED) == decide(
            RULESET, answers, licensed_states=LICENSED
        )


def test_layout_and_comments_do_not_change_the_hash(load):
    assert load(triage_document(), scores_document()).content_hash == RULESET.content_hash


@pytest.mark.parametrize("part", ["triage", "scores"])
def test_any_change_of_content_changes_the_hash(load, part):
    documents = {"triage": triage_document(), "scores": scores_document()}
    documents[part]["version"] = "2"
    assert load(**documents).content_hash != RULESET.content_hash


@pytest.mark.parametrize("source", [b"", b"{}", b"[1]", b"\xff", b'{"triage": {}}'])
def test_what_is_no_source_is_refused(source):
    with pytest.raises(DefinitionError):
        ruleset_from_source(source, SYMBOLS, INSTRUMENTS)


# --- refused -----------------------------------------------------------------------------------


def rule(document, rule_id):
    return next(entry for entry in document["rules"] if entry["id"] == rule_id)


def index(document, rule_id):
    return [entry["id"] for entry in document["rules"]].index(rule_id)


REFUSED = [
    ("age-minor", {"when": "age < 18"}, "when"),
    ("age-minor", {"when": "dob_age_years <"}, "when"),
    ("age-minor", {"when": "dob_age_years"}, "when"),
    ("age-minor", {"when": "dob_age_years == 'old'"}, "when"),
    ("vascular", {"when": '"aneurism" in head_conditions'}, "when"),
    ("asq-acute", {"when": 'asq_result == "acute"'}, "when"),
    ("alcohol", {"when": 'auditc_band == "severe"'}, "when"),
    ("pregnancy", {"not_needed_when": 'sex_at_birth == "man"'}, "not_needed_when"),
    ("age-minor", {"routes": {"oral": "not-now"}}, "routes.oral"),
    ("drugs", {"priority": "stat"}, "priority"),
    ("overdose-taken", {"priority": "urgent"}, "priority"),
    ("drugs", {"facts": []}, "facts"),
    ("drugs", {"facts": ["folklore"]}, "facts"),
    ("mania-now", {"words": "poem"}, "words"),
    ("mania-now", {"words": ""}, "words"),
    ("age-older-adult", {"covered_by": "nobody"}, "covered_by"),
    ("age-older-adult", {"covered_by": "age-young-adult"}, "covered_by"),
    ("age-older-adult", {"covered_by": "drugs"}, "covered_by"),
    ("age-older-adult", {"covered_by": "ride", "when": "ride"}, "covered_by"),
    ("age-older-adult", {"id": "age-minor"}, "id"),
]


@pytest.mark.parametrize(("rule_id", "change", "field"), REFUSED)
def test_a_faulty_rule_is_refused_with_the_path_to_the_fault(load, rule_id, change, field):
    document = triage_document()
    at = index(document, rule_id)
    rule(document, rule_id).update(change)
    with pytest.raises(DefinitionError) as refusal:
        load(document)
    assert refusal.value.path == f"rules[{at}].{field}"


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"flag": None}, r"rules\[0\]"),
        ({"routes": {"iv": "maybe"}}, r"rules\[0\].routes"),
        ({"colour": "red"}, r"rules\[0\]"),
        ({"priority": "soon"}, r"rules\[0\].priority"),
    ],
)
def test_a_field_of_the_wrong_shape_is_refused_with_its_path(load, change, path):
    document = triage_document()
    document["rules"][0].update(change)
    with pytest.raises(DefinitionError, match=path):
        load(document)


def test_a_text_with_a_strange_placeholder_is_refused(load):
    document = triage_document()
    document["texts"]["minor"][0]["en"] = "Hello {name}"
    with pytest.raises(DefinitionError) as refusal:
        load(document)
    assert refusal.value.path == "texts.minor[0].en"


def test_a_text_for_one_mode_only_is_refused(load):
    document = triage_document()
    document["texts"]["minor"][0]["es"] = {"sms": "Hola"}
    with pytest.raises(DefinitionError) as refusal:
        load(document)
    assert refusal.value.path == "texts.minor[0].es"


def test_a_way_back_from_not_now_must_exist(load):
    document = triage_document()
    document["always_with_not_now"] = "nothing"
    with pytest.raises(DefinitionError, match="always_with_not_now"):
        load(document)


def test_rules_for_questions_that_the_flow_does_not_ask_are_refused(load):
    symbols = {name: symbol for name, symbol in SYMBOLS.items() if name != "ride"}
    with pytest.raises(DefinitionError, match="ride"):
        load(symbols=symbols)


def test_a_preferred_route_that_nobody_asks_for_is_refused(load):
    document = triage_document()
    document["preferred_route"]["symbol"] = "wish"
    with pytest.raises(DefinitionError, match=r"preferred_route.symbol"):
        load(document)


@pytest.mark.parametrize(
    ("name", "bands", "path"),
    [
        ("phq9", [{"up_to": 26, "band": "severe"}], "instruments.phq9.bands"),
        ("phq9", [], "instruments.phq9.bands"),
        (
            "gad7",
            [{"up_to": 21, "band": "severe"}, {"up_to": 4, "band": "mild"}],
            "instruments.gad7.bands",
        ),
    ],
)
def test_bands_that_do_not_fit_the_instrument_are_refused(load, name, bands, path):
    document = scores_document()
    document["instruments"][name]["bands"] = bands
    with pytest.raises(DefinitionError) as refusal:
        load(scores=document)
    assert refusal.value.path == path


def test_other_bands_with_another_highest_total_are_refused(load):
    document = scores_document()
    document["instruments"]["auditc"]["where"][0]["bands"][-1]["up_to"] = 11
    with pytest.raises(DefinitionError, match=r"auditc.where\[0\]"):
        load(scores=document)


@pytest.mark.parametrize("group", ["instruments", "screens"])
def test_an_instrument_without_scoring_rules_is_refused(load, group):
    document = scores_document()
    document[group].clear()
    with pytest.raises(DefinitionError, match=group):
        load(scores=document)


# --- routes that differ ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("preferred", "disposition"),
    [
        ("nas", Disposition.REVIEW),
        ("iv", Disposition.ELIGIBLE),
        ("unsure", Disposition.ELIGIBLE),
        (None, Disposition.REVIEW),
    ],
)
def test_the_preferred_route_decides_where_routes_differ(load, preferred, disposition):
    document = triage_document()
    rule(document, "drugs")["routes"] = {"nas": "review"}
    ruleset = load(document)
    answers = person(drug_use=2, preferred_route=preferred)
    assert decide(ruleset, answers, licensed_states=LICENSED).disposition is disposition


def test_an_emergency_on_one_route_is_an_emergency(load):
    document = triage_document()
    rule(document, "drugs").update(routes={"nas": "emergency"}, priority="stat")
    ruleset = load(document)
    answers = person(drug_use=2, preferred_route="iv")
    decision = decide(ruleset, answers, licensed_states=LICENSED)
    assert decision.disposition is Disposition.EMERGENCY
    assert decision.routes["iv"] is Disposition.ELIGIBLE
