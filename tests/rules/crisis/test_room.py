"""RE2's caches: a bound on what they keep, and nothing missed when they overflow."""

from __future__ import annotations

import random

import pytest

from bot.rules.crisis import gate, load_detector, search
from bot.rules.crisis.load import self_check

ROOM_MB = 4096
"""What all caches may hold at most; a process that reads nothing but new texts keeps a quarter."""
WORDS = [
    *("i", "you", "he", "my", "not", "no", "want", "die", "kill", "pills", "gun", "rope", "blood"),
    *("chest", "morir", "matarme", "quiero", "tonight", "ago", "tried", "hurt", "myself", "help"),
    *("because", "stop", "sleep", "took", "all", "the", "to", "and", "but", "never", "alive"),
]


def new_texts(count: int) -> list[str]:
    dice = random.Random(4)
    return [" ".join(dice.choices(WORDS, k=dice.randint(20, 250))) for _ in range(count)]


def test_nothing_is_missed_with_half_the_room(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = load_detector()
    found = [whole.screen(text) for text in new_texts(60)]
    monkeypatch.setattr(search, "SOURCE_PER_MB", search.SOURCE_PER_MB * 2)
    monkeypatch.setattr(search, "SET_SOURCE_PER_MB", search.SET_SOURCE_PER_MB * 2)
    monkeypatch.setattr(search, "PATTERN_MEMORY_MB", 2)
    monkeypatch.setattr(gate, "_GROUP_MEMORY_MB", 8)
    starved = load_detector()
    self_check(starved)
    assert [starved.screen(text) for text in new_texts(60)] == found


def test_the_room_of_all_rules_together_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[int] = []
    options = search.options

    def count(memory_mb: int) -> object:
        given.append(memory_mb)
        return options(memory_mb)

    monkeypatch.setattr(search, "options", count)
    detector = load_detector()
    self_check(detector)
    for text in new_texts(60):
        detector.screen(text)
    assert sum(given) <= ROOM_MB
