"""The commands that ask the crisis rules."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from bot.cli.rules import rules


@pytest.fixture
def runner() -> CliRunner:
    return CliRunner()


def test_screen_prints_one_object(runner: CliRunner) -> None:
    result = runner.invoke(rules, ["screen", "I want to kill myself"])
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert found["tier"] == "crisis"
    assert found["category"] == "suicide"
    assert found["subject"] == "self"
    assert {"id", "start", "end", "guards"} == set(found["rules"][0])


def test_screen_says_none_of_an_ordinary_text(runner: CliRunner) -> None:
    result = runner.invoke(rules, ["screen", "see you on thursday"])
    expected = {"tier": "none", "category": None, "subject": None, "rules": []}
    assert json.loads(result.stdout) == expected


def test_eval_writes_one_object_a_row_in_order(runner: CliRunner) -> None:
    texts = ["hello", "quiero morir", "I'm not suicidal"]
    rows = "".join(json.dumps({"text": text, "lang": "en"}) + "\n" for text in texts)
    result = runner.invoke(rules, ["eval", "-"], input=rows)
    assert result.exit_code == 0
    tiers = [json.loads(line)["tier"] for line in result.stdout.splitlines()]
    assert tiers == ["none", "crisis", "check-in"]


@pytest.mark.parametrize("line", ["not json", "[1]", '{"body": "x"}', '{"text": 3}', ""])
def test_a_malformed_row_is_named_and_ends_with_two(runner: CliRunner, line: str) -> None:
    result = runner.invoke(rules, ["eval", "-"], input=f'{{"text": "ok"}}\n{line}\n')
    assert result.exit_code == 2
    assert "line 2" in result.stderr
    assert len(result.stdout.splitlines()) == 1


def test_eval_reads_lone_surrogates(runner: CliRunner) -> None:
    result = runner.invoke(rules, ["eval", "-"], input='{"text": "\\ud800 i want to die"}\n')
    assert json.loads(result.stdout)["tier"] == "crisis"
