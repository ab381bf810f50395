"""Words beside words, found by looking each word up once: most words lead no pair that counts.

The scorecard reads every message, so nothing here joins two words to see whether it knows them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from operator import contains

from bot.rules.crisis.numbers import MARK, number_of, numbers_of

CODE_BYTES = 2
NEAR = b"_"
"""Stands between two words with one or two others between them; no code holds it."""
AMONG = b"__"
"""Stands between two words of families with two others of families at most between them, and any
number of words of none."""
Pairs = dict[bytes, bytes]
_GAPS = {
    CODE_BYTES: (0,),
    2 * CODE_BYTES: (1,),
    2 * CODE_BYTES + len(NEAR): (2, 3),
    2 * CODE_BYTES + len(AMONG): (1, 2, 3),
}
"""How far the second word of a feature is from its first, by the length of the feature."""
_NO_PAIRS: Pairs = {}
_NONE: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The pairs that count, by their first word: second word -> the pair as a feature."""

    beside: Mapping[bytes, Pairs]
    near: Mapping[bytes, Pairs]
    among: Mapping[bytes, Pairs]

    @classmethod
    def of(cls, features: Iterable[bytes]) -> Neighbours:
        """Return the pairs among `features`, told apart by what stands between their words."""
        beside, near, among = (dict[bytes, Pairs]() for _ in range(3))
        kinds = {b"": beside, NEAR: near, AMONG: among}
        by_length = {2 * CODE_BYTES + len(between): pairs for between, pairs in kinds.items()}
        for feature in features:
            pairs = by_length.get(len(feature))
            if pairs is not None:
                second = feature[-CODE_BYTES:]
                pairs.setdefault(feature[:CODE_BYTES], {})[second] = feature
        return cls(beside, near, among)

    def met(self, words: Sequence[bytes]) -> Iterator[bytes | None]:
        """Yield each pair in `words` that counts, and None for others."""
        beside = map(self.beside.get, words, repeat(_NO_PAIRS))
        near = [*map(self.near.get, words, repeat(_NO_PAIRS))]
        return chain(
            map(_second, beside, words[1:]),
            map(_second, near, words[2:]),
            map(_second, near, words[3:]),
        )

    def met_among(self, families: Sequence[bytes]) -> Iterator[bytes | None]:
        """Yield each pair of families that counts, and None for others; no word stands between."""
        among = [*map(self.among.get, families, repeat(_NO_PAIRS))]
        return chain.from_iterable(map(_second, among, families[gap:]) for gap in (1, 2, 3))


_second: Callable[[Pairs, bytes], bytes | None] = dict.get


@dataclass(frozen=True, slots=True)
class Openers:
    """The words and neighbours that let the scorecard be asked, as numbers.

    `words` open by themselves; `following` tells of a word what opens behind it. Each counts for
    itself and by its family.
    """

    words: frozenset[int]
    following: Mapping[int, frozenset[int]]
    families: Mapping[int, int]

    @classmethod
    def of(cls, opening: Iterable[bytes], families: Mapping[bytes, bytes]) -> Openers:
        """Return the openers among words and pairs of words, or families in their place."""
        related = {number_of(word): number_of(family) for word, family in families.items()}
        alone: set[int] = set()
        behind: dict[int, set[int]] = {}
        for feature in opening:
            first = number_of(feature[:CODE_BYTES])
            if len(feature) == CODE_BYTES:
                alone.add(first)
            else:
                behind.setdefault(first, set()).add(number_of(feature[CODE_BYTES:]))
        following = {word: frozenset(others) for word, others in behind.items()}
        for word, family in related.items():
            if family in alone:
                alone.add(word)
            if family in behind:
                following[word] = following.get(word, _NONE) | following[family]
        return cls(frozenset(alone), following, related)

    def are_met(self, codes: bytes) -> bool:
        """Return whether a word or two neighbours in `codes` open; marks between do not part."""
        words = [number for number in numbers_of(codes) if number & MARK != MARK]
        if not self.words.isdisjoint(words):
            return True
        behind = [*map(self.following.get, words, repeat(_NONE))]
        if any(map(contains, behind, words[1:])):
            return True
        related = map(self.families.get, words[1:], words[1:])
        return any(map(contains, behind, related))


def place_of(feature: bytes, words: Sequence[bytes]) -> tuple[int, int] | None:
    """Return the indexes of the first and the last word of a feature where it first stands."""
    first, second = feature[:CODE_BYTES], feature[-CODE_BYTES:]
    gaps = _GAPS[len(feature)]
    for index, word in enumerate(words):
        if word == first:
            for gap in gaps:
                if words[index + gap : index + gap + 1] == [second]:
                    return index, index + gap
    return None
