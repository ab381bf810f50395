"""The scorecard adds points of words up; it raises what no frame foresaw and lowers nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
import yaml

from bot.core.errors import DefinitionError
from bot.core.findings import Category, Subject, Tier
from bot.rules.crisis import Detector
from bot.rules.crisis.lexicon import HARD
from bot.rules.crisis.load import DEFINITIONS
from bot.rules.crisis.points_file import DANGERS, read_points
from bot.rules.crisis.scorecard import NEAR, Points, Scorecard, features_of, sentences_of

A, B, C, D = (bytes((0x83, low)) for low in range(4))
OPENER = bytes((0x83, 9))
RAISED = "I've tied the knot and I'm standing on the chair."


def card(**points: float) -> Scorecard:
    named = {"a": A, "b": B, "a_b": A + B, "a_near_b": A + NEAR + B, "d": D}
    return Scorecard(
        points={named[name]: Points(weight, Category.SUICIDE) for name, weight in points.items()},
        offset=-1.0,
        check_in=1.0,
        crisis=2.0,
        demoted=4.0,
        opening=frozenset({A}),
        passed_over=frozenset({OPENER}),
    )


def tier(scorecard: Scorecard, codes: bytes, *demoted_at: int) -> Tier:
    score = scorecard.score(codes, demoted_at)
    return Tier.NONE if score is None else score.tier


def test_points_of_words_and_neighbours_add_up() -> None:
    assert tier(card(a=2.0), A) is Tier.CHECK_IN
    assert tier(card(a=2.0, b=1.0), A + B) is Tier.CRISIS
    assert tier(card(a=2.0, b=0.5, a_b=0.5), A + B) is Tier.CRISIS
    assert tier(card(a=2.0, b=0.5, a_b=0.5), B + A) is Tier.CHECK_IN


def test_near_words_have_one_or_two_others_between() -> None:
    near = card(a_near_b=3.0)
    assert tier(near, A + B) is Tier.NONE
    assert tier(near, A + C + B) is tier(near, A + C + C + B) is Tier.CRISIS
    assert tier(near, A + C + C + C + B) is Tier.NONE


def test_harmless_words_count_against_their_own_sentence_only() -> None:
    mixed = card(a=3.0, d=-2.0)
    assert tier(mixed, A + D) is Tier.NONE
    assert tier(mixed, A + HARD + D) is tier(mixed, D + HARD + A) is Tier.CRISIS


def test_sentences_in_a_row_add_up_and_a_repeated_one_counts_once() -> None:
    both = card(a=1.5, b=1.5)
    assert tier(both, A + HARD + B) is Tier.CRISIS
    assert tier(both, A + HARD + A + HARD + A) is Tier.NONE


def test_the_order_in_which_words_are_added_changes_nothing() -> None:
    """A sum of floats depends on its order, and the order of a set on the process."""
    assert tier(card(a=1e16, b=-1e16, d=3.0), A + B + D) is Tier.CRISIS


def test_openers_are_passed_over() -> None:
    assert tier(card(a_b=3.0), OPENER + A + OPENER + B) is Tier.CRISIS


def test_what_a_guard_demoted_needs_more_points() -> None:
    assert tier(card(a=3.5), A, 0) is Tier.CHECK_IN
    assert tier(card(a=5.0), A, 0) is Tier.CRISIS


def test_only_the_sentence_in_which_a_guard_spoke_needs_more() -> None:
    assert tier(card(a=3.5), A + HARD + C, 4) is tier(card(a=3.5), C + HARD + A, 0) is Tier.CRISIS
    assert (
        tier(card(a=3.5), A + HARD + C, 0) is tier(card(a=3.5), C + HARD + A, 4) is Tier.CHECK_IN
    )
    assert tier(card(a=2.0, d=1.5), A + HARD + D, 4) is Tier.CHECK_IN


@pytest.mark.parametrize("denied", ["i'm not suicidal", "nunca he pensado en matarme"])
def test_a_denied_sentence_silences_no_other(detector: Detector, denied: str) -> None:
    fires = yaml.safe_load((DEFINITIONS / "points.yaml").read_text("utf-8"))["fires"]
    silenced = [
        text
        for danger in fires
        for text in (f"{denied}. {danger}", f"{danger}. {denied}", f"{danger}\n{denied}")
        if not detector.screen(text).fires
    ]
    assert silenced == []


def test_a_score_names_the_weightiest_words_first() -> None:
    score = card(a=1.0, b=2.0).score(C + A + HARD + B)
    assert score is not None
    assert score.reasons == ((6, 8), (2, 4))


def test_the_category_is_that_of_most_points() -> None:
    mixed = card(a=2.0, b=1.5)
    taken = replace(mixed, points={**mixed.points, B: Points(2.5, Category.OVERDOSE)})
    score = taken.score(A + B)
    assert score is not None
    assert score.category is Category.OVERDOSE


def test_features_are_words_neighbours_and_near_words() -> None:
    assert features_of([A, B, C]) == {A, B, C, A + B, B + C, A + NEAR + C}
    assert sentences_of(HARD + HARD) == []


def test_the_scorecard_raises_a_text_that_no_frame_knows(detector: Detector) -> None:
    without = replace(detector, scorecard=replace(detector.scorecard, check_in=1e9))
    assert without.screen(RAISED).tier < Tier.CRISIS
    finding = detector.screen(RAISED)
    assert (finding.tier, finding.subject) == (Tier.CRISIS, Subject.SELF)
    told = [hit for hit in finding.rules if hit.id == "points.crisis"]
    assert told
    assert all(RAISED[hit.start : hit.end].strip() for hit in told)


def test_the_scorecard_lowers_nothing(detector: Detector) -> None:
    deaf = replace(detector, scorecard=replace(detector.scorecard, offset=-1e9))
    for text in (RAISED, "i want to die", "i'm worn out", "i took all my pills and i'm scared"):
        assert detector.screen(text).tier >= deaf.screen(text).tier


@pytest.mark.parametrize(
    "line",
    ["1.0 suicide", "x suicide die", "1.0 gloom die", "1.0 suicide a b c d", "1.0 suicide a  b"],
)
def test_a_line_that_is_none_is_named(line: str) -> None:
    with pytest.raises(DefinitionError, match="points, line 2"):
        read_points(f"# points\n{line}\n", "points", DANGERS)


def test_a_line_holds_one_word_or_two() -> None:
    one, two, near = read_points(
        "1 suicide die\n-0.5 abuse to die\n2 medical want _ die\n", "points", DANGERS
    )
    assert (one.words, one.is_near, two.words, two.is_near) == (
        ("die",),
        False,
        ("to", "die"),
        False,
    )
    assert (near.words, near.is_near, near.weight) == (("want", "die"), True, 2.0)
