"""The rules fit the screening that patients really get."""

from __future__ import annotations

import pytest

from bot.core.decisions import Disposition
from bot.flows.load import load_flow
from bot.rules.ruleset import load_ruleset
from bot.rules.triage import decide
from tests.rules.screening import LICENSED, RULESET, SYMBOLS, person

FLOW = load_flow("ketamine-screening")
RULES = load_ruleset(FLOW.symbols, FLOW.instruments)
USED = sorted({symbol for rule in RULES.rules for symbol in rule.symbols})


def test_the_rules_load_for_the_screening_and_are_the_same_rules():
    assert RULES.content_hash == RULESET.content_hash


@pytest.mark.parametrize("symbol", [name for name in USED if name in SYMBOLS])
def test_the_symbols_of_these_tests_are_those_of_the_screening(symbol):
    assert FLOW.symbols[symbol].type is SYMBOLS[symbol].type
    if symbol in FLOW.questions:
        assert FLOW.symbols[symbol].codes == SYMBOLS[symbol].codes


def test_every_route_that_can_be_preferred_is_one_the_rules_know():
    choices = FLOW.symbols["preferred_route"].codes
    assert choices == {*RULES.routes, RULES.preferred_route.open_to_all}


@pytest.mark.parametrize(
    ("changes", "disposition"),
    [
        ({}, Disposition.ELIGIBLE),
        ({"bp": (140, 80)}, Disposition.REVIEW),
        ({"mania_now": True}, Disposition.NOT_NOW),
        ({"harm_others": True}, Disposition.EMERGENCY),
    ],
)
def test_the_screenings_rules_decide_alike(changes, disposition):
    decision = decide(RULES, person(**changes), licensed_states=LICENSED)
    assert decision.disposition is disposition
