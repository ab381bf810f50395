"""What stands before and after a plain sentence of danger never makes it count for less."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from bot.core.findings import Tier
from bot.rules.crisis import Detector

BOOK = yaml.safe_load((Path(__file__).parent / "surroundings.yaml").read_text("utf-8"))
JOINS = (" ", ", ", ". ")
PLACES = [
    pytest.param(language, side, context, id=f"{language} {side}: {context}")
    for language, lists in BOOK.items()
    for side in ("before", "after")
    for context in lists[side]
]


def placed(sentence: str, context: str, side: str, join: str) -> str:
    parts = (context, sentence) if side == "before" else (sentence, context)
    return join.join(parts)


@pytest.mark.parametrize(("language", "side", "context"), PLACES)
def test_no_surroundings_make_a_danger_count_for_less(
    detector: Detector, language: str, side: str, context: str
) -> None:
    lowered = [
        text
        for sentence in BOOK[language]["sentences"]
        for join in JOINS
        if detector.screen(text := placed(sentence, context, side, join)).tier
        < detector.screen(sentence).tier
    ]
    assert lowered == []


@pytest.mark.parametrize("language", BOOK)
def test_every_sentence_fires_alone(detector: Detector, language: str) -> None:
    assert [s for s in BOOK[language]["sentences"] if not detector.screen(s).fires] == []


NEAR = ["lol", "haha", "jaja", "my exam", "in 2015", "so tired from the gym", "a movie"]


@pytest.mark.parametrize("near", NEAR)
def test_words_that_are_only_near_bring_no_danger_below_a_check_in(
    detector: Detector, near: str
) -> None:
    for lists in BOOK.values():
        for sentence in lists["sentences"]:
            assert detector.screen(f"{sentence} {near}").tier >= Tier.CHECK_IN
