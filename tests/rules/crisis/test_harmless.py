"""Points against danger demote what a frame saw to a check-in, in the sentence they stand in."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest
import yaml

from bot.core.errors import DefinitionError
from bot.core.findings import Tier
from bot.rules.crisis import Detector
from bot.rules.crisis.harmless import GUARD_ID, Harmless
from bot.rules.crisis.load import DEFINITIONS
from bot.rules.crisis.points_file import (
    REASONS,
    HarmlessFile,
    harmless_of,
    read_points,
)

A, B, C = (bytes((0x83, low)) for low in range(3))
FILLER = bytes((0x83, 9))
FILE = msgspec.convert(yaml.safe_load((DEFINITIONS / "harmless.yaml").read_text()), HarmlessFile)
DENIED = "had seizures as a toddler, none since age 4"
DANGER = "i'm going to kill myself"


def card(**points: float) -> Harmless:
    named = {"a": A, "b": B, "a_b": A + B}
    return Harmless(
        points={named[name]: weight for name, weight in points.items()},
        offset=-1.0,
        demotes=2.0,
        passed_over=frozenset({FILLER}),
    )


def without(detector: Detector) -> Detector:
    never = replace(detector.grammar.harmless, demotes=1e9)
    return replace(detector, grammar=replace(detector.grammar, harmless=never))


def test_points_of_words_and_neighbours_add_up_once_each() -> None:
    assert not card(a=2.5).is_met(A)
    assert not card(a=2.5).is_met(A + A)
    assert card(a=2.5, a_b=0.5).is_met(A + B)
    assert not card(a=2.5, a_b=0.5).is_met(B + A)


def test_fillers_come_between_nothing() -> None:
    assert card(a_b=3.0).is_met(FILLER + A + FILLER + B)


def test_a_sentence_of_more_than_sixty_words_is_left_to_the_frames() -> None:
    assert card(a=3.0).is_met(A + C * 59)
    assert not card(a=3.0).is_met(A + C * 60)


@pytest.mark.parametrize("text", FILE.demotes_these)
def test_what_is_past_or_a_topic_comes_to_a_check_in_by_points_alone(
    detector: Detector, text: str
) -> None:
    assert without(detector).screen(text).fires
    finding = detector.screen(text)
    assert finding.tier is Tier.CHECK_IN
    assert any(GUARD_ID in hit.guards for hit in finding.rules)


@pytest.mark.parametrize("text", [*FILE.stands, DANGER])
def test_danger_stands(detector: Detector, text: str) -> None:
    assert detector.screen(text).fires


@pytest.mark.parametrize("join", [". ", "\n", "! ", "? "])
def test_a_sentence_without_danger_demotes_no_other(detector: Detector, join: str) -> None:
    assert detector.screen(DANGER + join + DENIED).fires
    assert detector.screen(DENIED + join + DANGER).fires


def test_the_same_rule_stands_in_the_sentence_that_is_not_demoted(detector: Detector) -> None:
    again = "she is having a seizure"
    assert detector.screen(again).fires
    assert detector.screen(f"{DENIED}. {again}").fires


def test_nothing_is_raised_by_it_and_nothing_falls_below_a_check_in(detector: Detector) -> None:
    frames = without(detector)
    for text in (DENIED, DANGER, "i'm worn out", "hello", "nobody hurt me, it was in 1998"):
        before, after = frames.screen(text).tier, detector.screen(text).tier
        assert min(before, Tier.CHECK_IN) <= after <= before


@pytest.mark.parametrize("line", ["1.0 past", "x past ago", "1.0 suicide ago", "1.0 past a b c"])
def test_a_line_that_is_none_is_named(line: str) -> None:
    with pytest.raises(DefinitionError, match="harmless, line 2"):
        read_points(f"# points\n{line}\n", "harmless", REASONS)


def test_a_total_that_demotes_everything_is_refused(detector: Detector) -> None:
    with pytest.raises(DefinitionError, match="demotes must be above"):
        harmless_of(msgspec.structs.replace(FILE, demotes=0.0), (), detector.lexicon)
