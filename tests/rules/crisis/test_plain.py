"""What is said outright is heard, and what is one word away from it is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.rules.crisis import Detector

HERE = Path(__file__).parent


def lines(name: str) -> list[str]:
    return [line for line in (HERE / name).read_text("utf-8").splitlines() if line[0] != "#"]


@pytest.mark.parametrize("text", lines("plain_danger.txt"))
@pytest.mark.parametrize("end", ["", ".", "!!"])
def test_plain_danger_fires(detector: Detector, text: str, end: str) -> None:
    assert detector.screen(text + end).fires


@pytest.mark.parametrize("text", lines("plain_harmless.txt"))
def test_what_is_one_word_away_from_it_does_not(detector: Detector, text: str) -> None:
    assert not detector.screen(text).fires
