"""The gate: which branches of which frames a text could match, told by its words alone.

Frames are searched one by one, and only those of whose every demand the text holds a word. One
automaton of all frames together reads a text it knows in no time, and a new one, with words in an
order of their own, a hundred times slower: it has to be built anew for it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import reduce
from operator import or_
from typing import Any, NamedTuple

from bot.rules.crisis import pattern
from bot.rules.crisis.anchors import MOST_ANCHORS, Anchors
from bot.rules.crisis.lexicon import BACKWARDS, FRAGMENT, HARD, LONG
from bot.rules.crisis.model import Rule
from bot.rules.crisis.numbers import number_of, numbers_of
from bot.rules.crisis.search import LazyPattern, Room, compile_set

_SIGNS_ROOM = Room(16, 8192)
_SPELLED_LETTERS = 3
_SINGLE_LETTER = r"\x80[a-z](?:\xff[\x00-\x7f])*"
_DOTTED_WORDS = 3
_FIRST_AND_LAST = ("k l", "d e", "s e", "h g", "c t", "m f", "g n", "h t")
_CENSORED = "|".join(
    r"\x80{}(?:\xff[\x00-\x7f])*\x80{}".format(*pair.split()) for pair in _FIRST_AND_LAST
)
_DOTTED = (
    rf"(?:{pattern.ANY_WORD}{pattern.codes_source([HARD])}){{{_DOTTED_WORDS},}}{pattern.ANY_WORD}"
)
_BROKEN = f"{pattern.codes_source([FRAGMENT])}|{_CENSORED}|{_DOTTED}"


class Sign(IntEnum):
    """What the gate sees beside frames: signs of disguise."""

    SPELLED = 0
    ENCODED = 1
    BACKWARDS = 2
    BROKEN = 3


class Branch(NamedTuple):
    """One alternative of a rule's frames."""

    rule: Rule
    pattern: LazyPattern


@dataclass(frozen=True, slots=True)
class Gate:
    """What words open: branches by number, words as sets of bits over them, RE2's set of signs.

    Every branch has three demands. The bits of a word tell which of the first, then which of the
    second and of the third it meets; `met` are the bits of the demands that are none.
    """

    branches: Sequence[Branch]
    words: Mapping[int, int]
    met: int
    set: Any

    def compile(self) -> None:
        """Compile every branch. Raises DefinitionError naming the rule of one that cannot be."""
        for branch in self.branches:
            branch.pattern.compile()

    def signs(self, codes: bytes) -> list[int]:
        """Return the signs of disguise that `codes` hold."""
        found: list[int] = self.set.Match(codes)
        return found

    def matched(self, codes: bytes) -> dict[Rule, list[LazyPattern]]:
        """Return the rules that match in `codes`, and which of their branches do, in order."""
        found: dict[Rule, list[LazyPattern]] = {}
        for rule, branch in self.candidates(codes):
            if branch.search(codes) is not None:
                found.setdefault(rule, []).append(branch)
        return found

    def candidates(self, codes: bytes) -> list[Branch]:
        """Return the branches of whose every demand `codes` hold a word, in order."""
        bits = filter(None, map(self.words.get, set(numbers_of(codes))))
        met, count = reduce(or_, bits, self.met), len(self.branches)
        left = (met >> 2 * count) & (met >> count) & met
        found = []
        while left:
            number = left.bit_length() - 1
            found.append(self.branches[number])
            left ^= 1 << number
        return found[::-1]


class Cabinet:
    """Branches as they are collected, and the words that each demands."""

    def __init__(self) -> None:
        """Begin an empty cabinet."""
        self._branches: list[Branch] = []
        self._demands: list[list[Anchors]] = []

    def file(self, rule: Rule, anchors: list[Anchors], searched: LazyPattern) -> None:
        """File one branch of `rule`, with one to three demands."""
        self._branches.append(Branch(rule, searched))
        self._demands.append(anchors)

    def gate(self) -> Gate:
        """Return the gate before all that is filed."""
        words: defaultdict[bytes, int] = defaultdict(int)
        count, met = len(self._branches), 0
        for number, demands in enumerate(self._demands):
            for place in range(MOST_ANCHORS):
                bit = 1 << ((MOST_ANCHORS - 1 - place) * count + number)
                if place >= len(demands):
                    met |= bit
                    continue
                for code in demands[place]:
                    words[code] |= bit
        numbered = {number_of(code): bits for code, bits in words.items()}
        return Gate(self._branches, numbered, met, _signs())


def _signs() -> Any:
    """Return the RE2 set of all signs."""
    sources = {
        Sign.SPELLED: f"(?:{_SINGLE_LETTER}){{{_SPELLED_LETTERS},}}",
        Sign.ENCODED: pattern.codes_source([LONG]),
        Sign.BACKWARDS: pattern.codes_source([BACKWARDS]),
        Sign.BROKEN: _BROKEN,
    }
    names = [sign.name.lower() for sign in sources]
    return compile_set(sources.values(), names=names, room=_SIGNS_ROOM)
