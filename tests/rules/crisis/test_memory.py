"""The memory of stretches met: bounded, and of no account to what they mean."""

from __future__ import annotations

from bot.rules.crisis import memory as memories
from bot.rules.crisis.lexicon import UNKNOWN
from bot.rules.crisis.memory import Memory


def spelled_backwards(chunk: str) -> bytes:
    return chunk[::-1].encode()


def test_a_stretch_met_again_is_remembered() -> None:
    computed: list[str] = []

    def compute(chunk: str) -> bytes:
        computed.append(chunk)
        return UNKNOWN

    memory = Memory({}, compute)
    assert [memory["zebra"], memory["zebra"]] == [UNKNOWN, UNKNOWN]
    assert computed == ["zebra"]


def test_what_is_remembered_stays_within_its_bound() -> None:
    memory = Memory({"word": b"w"}, spelled_backwards)
    most = 0
    for number in range(3 * memories.REMEMBERED_STRETCHES):
        assert memory[f"n{number}"] == f"n{number}"[::-1].encode()
        most = max(most, len(memory))
    assert most == memories.REMEMBERED_STRETCHES + 1
    assert memory["word"] == b"w"


def test_a_long_stretch_is_never_remembered() -> None:
    memory = Memory({}, spelled_backwards)
    for size in range(memories.REMEMBERED_LETTERS + 1, 200):
        assert memory["a" * size] == b"a" * size
    assert len(memory) == 0


def test_a_word_is_known_while_another_thread_forgets_the_stretches() -> None:
    memory = Memory({"word": b"w"}, spelled_backwards)
    memory.clear()
    assert memory["word"] == b"w"
