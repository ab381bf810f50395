"""Deciding stored answers again under other rules."""

from __future__ import annotations

import pytest
import yaml

from bot.core.decisions import Disposition, Priority
from bot.rules.backtest import Case, Outcome, backtest
from bot.rules.ruleset import DEFINITIONS, TRIAGE, load_ruleset
from bot.rules.triage import decide
from tests.rules.screening import INSTRUMENTS, LICENSED, RULESET, SYMBOLS, UNCLEAR, person

ROUTINE = Priority.ROUTINE


def case(name, licensed=LICENSED, **changes):
    answers = tuple(person(**changes))
    decision = decide(RULESET, answers, licensed_states=licensed)
    return Case(name, RULESET.content_hash, decision, answers, licensed)


@pytest.fixture(scope="module")
def stricter(tmp_path_factory):
    """Rules for which 130/85 is high, any drug use is not now, and a thyroid means nothing."""
    document = yaml.load((DEFINITIONS / TRIAGE).read_text(), Loader=yaml.CSafeLoader)
    rules = {entry["id"]: entry for entry in document["rules"]}
    rules["bp-high"]["when"] = "bp_systolic >= 130 or bp_diastolic >= 85"
    rules["drugs"].update(routes=dict.fromkeys(["nas", "iv", "im"], "not-now"), words="not-safe")
    rules["eyes-thyroid"]["when"] = '"glaucoma" in body_conditions'
    path = tmp_path_factory.mktemp("rules") / "triage.yaml"
    path.write_text(yaml.dump(document, Dumper=yaml.CSafeDumper, allow_unicode=True))
    return load_ruleset(SYMBOLS, INSTRUMENTS, triage=path)


CASES = [
    case("same"),
    case("pressure", bp=(135, 80)),
    case("drugs", drug_use=2),
    case("thyroid", body_conditions=("thyroid",)),
    case("pressure, unclear", bp=UNCLEAR),
    case("high already", bp=(150, 90)),
    case("elsewhere", licensed=frozenset({"US-NV"})),
]


def test_the_same_rules_change_nothing():
    report = backtest(CASES, RULESET)
    assert (report.decided, report.undecided, report.changes) == (7, 0, ())
    assert report.moves == {}


def test_other_rules_list_what_changes_and_why(stricter):
    report = backtest(CASES, stricter)
    changes = {change.conversation_id: change for change in report.changes}
    assert changes.keys() == {"pressure", "drugs", "thyroid"}
    assert changes["pressure"].before == Outcome(Disposition.ELIGIBLE, ROUTINE)
    assert changes["pressure"].after == Outcome(Disposition.REVIEW, ROUTINE)
    assert changes["pressure"].added == ("bp-high",)
    assert changes["pressure"].removed == ()
    assert changes["drugs"].after == Outcome(Disposition.NOT_NOW, ROUTINE)
    assert changes["thyroid"].removed == ("eyes-thyroid",)
    assert changes["thyroid"].after.disposition is Disposition.ELIGIBLE
    assert report.ruleset_hash == stricter.content_hash
    assert all(change.ruleset_hash == RULESET.content_hash for change in report.changes)


def test_a_rule_that_fires_for_another_reason_is_a_change_without_new_outcome(tmp_path):
    before = case("x", bp=UNCLEAR, drug_use=1)
    known = case("x", bp=(150, 90), drug_use=1)
    mixed = Case("x", RULESET.content_hash, before.decision, known.answers, LICENSED)
    (change,) = backtest([mixed], RULESET).changes
    assert not change.is_new_outcome
    assert (change.added, change.removed) == (("bp-high",), ("bp-high?",))


def test_moves_are_counted_most_frequent_first(stricter):
    cases = [case("a", drug_use=1), case("b", bp=(131, 80)), case("c", bp=(135, 80))]
    moves = list(backtest(cases, stricter).moves.items())
    eligible, review = (Outcome(d, ROUTINE) for d in (Disposition.ELIGIBLE, Disposition.REVIEW))
    assert moves[0] == ((eligible, review), 2)
    assert moves[1] == ((review, Outcome(Disposition.NOT_NOW, ROUTINE)), 1)


def test_a_conversation_without_a_decision_is_counted_and_passed_over():
    report = backtest([Case("x", None, None, tuple(person()))], RULESET)
    assert (report.decided, report.undecided, report.changes) == (0, 1, ())


def test_cases_are_read_once_one_by_one():
    report = backtest((case(str(n)) for n in range(3)), RULESET)
    assert report.decided == 3
