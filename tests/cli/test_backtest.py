"""`rules backtest`: its report, and what it refuses. The store is a list of cases."""

from __future__ import annotations

import json

import pytest
import yaml
from flask import Flask

from bot.cli import backtest as command
from bot.rules.backtest import Case
from bot.rules.ruleset import DEFINITIONS, TRIAGE
from bot.rules.triage import decide
from tests.rules.screening import LICENSED, RULESET, person


def case(name, **changes):
    answers = tuple(person(**changes))
    decision = decide(RULESET, answers, licensed_states=LICENSED)
    return Case(name, RULESET.content_hash, decision, answers, LICENSED)


@pytest.fixture
def rules_file(tmp_path):
    """Write the triage rules with changes to one rule."""

    def write(rule_id, **changes):
        document = yaml.load((DEFINITIONS / TRIAGE).read_text(), Loader=yaml.CSafeLoader)
        entry = next(entry for entry in document["rules"] if entry["id"] == rule_id)
        entry.update(changes)
        path = tmp_path / "triage.yaml"
        path.write_text(yaml.dump(document, Dumper=yaml.CSafeDumper, allow_unicode=True))
        return str(path)

    return write


@pytest.fixture
def run(monkeypatch):
    parts = object()
    app = Flask("test")
    app.extensions["porchlight"] = parts
    app.cli.add_command(command.backtest)

    def stored(given):
        assert given is parts
        yield case("c1", bp=(135, 80))
        yield case("c2")
        yield Case("c3", None, None, ())

    monkeypatch.setattr(command, "stored_answer_sets", stored)
    return lambda *arguments: app.test_cli_runner().invoke(args=["backtest", *arguments])


def test_json_lists_every_change_with_its_reasons(run, rules_file):
    path = rules_file("bp-high", when="bp_systolic >= 130 or bp_diastolic >= 90")
    result = run("--ruleset", path, "--json")
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert (report["decided"], report["undecided"]) == (2, 1)
    eligible = {"disposition": "eligible", "priority": "routine"}
    review = {"disposition": "review", "priority": "routine"}
    assert report["moves"] == [{"before": eligible, "after": review, "count": 1}]
    assert report["changes"] == [
        {
            "conversation": "c1",
            "ruleset": RULESET.content_hash,
            "before": eligible,
            "after": review,
            "added": ["bp-high"],
            "removed": [],
        }
    ]
    assert report["ruleset"] != RULESET.content_hash


def test_the_text_says_the_same(run, rules_file):
    path = rules_file("bp-high", when="bp_systolic >= 130 or bp_diastolic >= 90")
    result = run("--ruleset", path)
    assert result.exit_code == 0, result.output
    assert "2 decisions, 1 change, 1 conversations without a decision" in result.stdout
    assert "1  eligible (routine) -> review (routine)" in result.stdout
    assert "c1  eligible (routine) -> review (routine)  +bp-high" in result.stdout


def test_the_rules_at_hand_change_nothing(run):
    result = run("--ruleset", str(DEFINITIONS / TRIAGE), "--json")
    assert json.loads(result.stdout)["changes"] == []


@pytest.mark.parametrize(
    ("changes", "fault"),
    [({"when": "bp_sistolic >= 1"}, ".when"), ({"facts": ["none such"]}, ".facts")],
)
def test_a_faulty_file_is_refused_with_the_fault(run, rules_file, changes, fault):
    result = run("--ruleset", rules_file("bp-high", **changes))
    assert result.exit_code == 2
    assert fault in result.stderr
    assert result.stdout == ""


def test_a_file_that_does_not_exist_is_refused(run):
    assert run("--ruleset", "/nowhere/triage.yaml").exit_code == 2


def test_a_flow_that_does_not_exist_is_refused(run):
    result = run("--ruleset", str(DEFINITIONS / TRIAGE), "--flow", "no-such-flow")
    assert result.exit_code == 2
    assert "no-such-flow" in result.stderr


def test_no_answer_is_printed(run, rules_file):
    path = rules_file("bp-high", when="bp_systolic >= 130 or bp_diastolic >= 90")
    for arguments in (("--ruleset", path), ("--ruleset", path, "--json")):
        assert "135/80" not in run(*arguments).stdout
