"""Every rule keeps the promises of its own definition."""

from __future__ import annotations

import pytest

from bot.rules.crisis import Detector
from bot.rules.crisis.load import rule_entries, self_check

ENTRIES = list(rule_entries())


def standing(detector: Detector, text: str) -> set[str]:
    return {hit.id for hit in detector.screen(text).rules if not hit.guards}


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.id)
def test_a_rules_own_example_fires_it(detector: Detector, entry) -> None:
    assert entry.id in standing(detector, entry.fires)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.id)
def test_a_rules_near_miss_does_not_fire_it(detector: Detector, entry) -> None:
    assert entry.id not in standing(detector, entry.spares)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.id)
def test_every_rule_says_why_it_exists(entry) -> None:
    assert entry.note
    assert entry.id.split(".")[0] in ("en", "es")


def test_the_self_check_agrees(detector: Detector) -> None:
    self_check(detector)
