"""RE2's caches: a bound on what they keep, and nothing missed when they overflow."""

from __future__ import annotations

import random

import pytest

from bot.rules.crisis import load_detector, search
from bot.rules.crisis.load import self_check
from bot.rules.crisis.search import Room

ROOM_MB = 2048
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
    room = Room.bytes_for
    monkeypatch.setattr(Room, "bytes_for", lambda self, size: room(self, size) // 2)
    starved = load_detector()
    self_check(starved)
    assert [starved.screen(text) for text in new_texts(60)] == found


def test_the_room_of_all_rules_together_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[int] = []
    options = search.options

    def count(memory_bytes: int) -> object:
        given.append(memory_bytes)
        return options(memory_bytes)

    monkeypatch.setattr(search, "options", count)
    detector = load_detector()
    self_check(detector)
    for text in new_texts(60):
        detector.screen(text)
    assert sum(given) <= ROOM_MB << 20
