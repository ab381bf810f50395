"""The scorecard: points of words, of pairs of words and of what frames saw, added up.

Frames find danger that somebody thought of, and find it too where the same words deny it, tell of
years ago or of a film. The scorecard weighs every word that a text shares with texts of people in
danger and with texts that only sound so, beside the frames and guards that were met: a sum of
points, each of which is written in `points.txt`. It raises what no frame foresaw, and demotes to a
check-in what frames saw where all else speaks against it. One more sentence never lowers a
finding, because the weightiest run of whole sentences counts. How the points are found is told in
docs/crisis-detector.md; here they are added.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from math import fsum
from typing import NamedTuple

from bot.core.findings import Category, Subject, Tier
from bot.rules.crisis.neighbours import AMONG, CODE_BYTES, NEAR, Neighbours, Openers, place_of
from bot.rules.crisis.sentences import (
    EDGES,
    Sentence,
    counted_words,
    sentences_of,
    stretch_around,
    wordings_of,
)

_RUN_WORDS = 80
_RUN_SENTENCES = 12
_REASONS = 3

Signs = Mapping[bytes, frozenset[bytes]]
"""The words of a sentence, joined -> the features of what frames saw in it."""


@dataclass(frozen=True, slots=True)
class Danger:
    """Which danger a word, or a pair of words, points to, and whose."""

    category: Category
    is_others: bool = False


@dataclass(frozen=True, slots=True)
class Score:
    """What a text came to: `reasons` are ranges of its codes, the weightiest first."""

    category: Category
    subject: Subject
    reasons: tuple[tuple[int, int], ...]


class Run(NamedTuple):
    """The weightiest sentences in a row: their points, and the slice of all sentences."""

    total: float
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Weighed:
    """The codes of a text, and their weightiest run of sentences."""

    codes: bytes
    run: Run

    @property
    def total(self) -> float:
        """The points of the run."""
        return self.run.total


@dataclass(frozen=True, slots=True)
class Scorecard:
    """The points of words (two bytes), of neighbours (four), near words (five), families (six).

    And of what frames saw, by name.

    `dangers` tells of each word or pair what it points to; `offset` is what every text has,
    `per_sentence` and `per_word` what its sentences and their first 25 words add; `check_in` and
    `crisis` are the totals that raise a finding to these tiers; below `stands` what frames saw is
    a check-in, below `stands_short` where it is a sentence of a few words. `opening` are the words
    and neighbours without which nothing is added up where no frame was met, `passed_over` the
    words that are never looked at. A word counts for itself and for its family in `families`, and
    families that stand near one another (`kin` are all of them) count whatever is between.
    """

    points: Mapping[bytes, float]
    dangers: Mapping[bytes, Danger]
    offset: float
    per_sentence: float
    per_word: float
    stands: float
    stands_short: float
    check_in: float
    crisis: float
    opening: frozenset[bytes]
    passed_over: frozenset[bytes]
    families: Mapping[bytes, bytes]
    kin: frozenset[bytes] = field(init=False, repr=False, compare=False)
    _openers: Openers = field(init=False, repr=False, compare=False)
    _neighbours: Neighbours = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Sort what counts by the word it begins with."""
        object.__setattr__(self, "kin", frozenset(self.families.values()))
        object.__setattr__(self, "_openers", Openers.of(self.opening, self.families))
        object.__setattr__(self, "_neighbours", Neighbours.of(self.points))

    def opens(self, codes: bytes) -> bool:
        """Return whether `codes` hold a heavy word or heavy neighbours, or ones of such families.

        It is asked of every message.
        """
        return self._openers.are_met(codes)

    def weigh(self, codes: bytes, seen: Iterable[tuple[int, frozenset[bytes]]] = ()) -> Weighed:
        """Return the weightiest run of the sentences of `codes`; time is linear in the length.

        `seen` are places in `codes` and the features of what a frame saw there.
        """
        sentences = wordings_of(codes, self.passed_over)
        return Weighed(codes, self.best_run(sentences, self.signs_of(codes, seen)))

    def tier(self, weighed: Weighed) -> Tier:
        """Return the tier that the points alone come to."""
        if weighed.total >= self.crisis:
            return Tier.CRISIS
        return Tier.CHECK_IN if weighed.total >= self.check_in else Tier.NONE

    def best_run(self, sentences: Sequence[Sentence], signs: Signs) -> Run:
        """Return the run of sentences with the highest total.

        A run has at most eighty words, or one sentence, and at most twelve sentences. What frames
        saw in several of them counts once.
        """
        totals = [self.total(words) for words in sentences]
        told = [signs.get(b"".join(words), frozenset()) for words in sentences] if signs else []
        best = Run(self.offset, 0, 0)
        for first in range(len(totals)):
            total, size, met = self.offset, 0, frozenset[bytes]()
            for last in range(first, min(first + _RUN_SENTENCES, len(totals))):
                size += len(sentences[last]) - EDGES
                if size > _RUN_WORDS and last > first:
                    break
                total += totals[last]
                if told and not told[last] <= met:
                    total += self._sum(told[last] - met)
                    met |= told[last]
                if total > best.total:
                    best = Run(total, first, last + 1)
        return best

    def signs_of(
        self, codes: bytes, seen: Iterable[tuple[int, frozenset[bytes]]]
    ) -> dict[bytes, frozenset[bytes]]:
        """Return the features of what frames saw in each sentence."""
        of_stretch: dict[tuple[int, int], set[bytes]] = {}
        for place, features in seen:
            of_stretch.setdefault(stretch_around(codes, place), set()).update(features)
        found: defaultdict[bytes, frozenset[bytes]] = defaultdict(frozenset)
        for (low, high), together in of_stretch.items():
            for words in wordings_of(codes[low:high], self.passed_over):
                found[b"".join(words)] |= together
        return found

    def total(self, words: Sentence) -> float:
        """Return the points of the words of a sentence, and of its length."""
        length = self.per_sentence + self.per_word * counted_words(words)
        return length + self._sum(self._met(words))

    def _met(self, words: Sentence) -> set[bytes | None]:
        """Return the features of a sentence, and of pairs those that count, beside None."""
        found: set[bytes | None] = {*words, *self._neighbours.met(words)}
        related = _families(words, self.families)
        if related != words:
            found.update(related, self._neighbours.met(related))
        found.update(self._neighbours.met_among([each for each in related if each in self.kin]))
        return found

    def _sum(self, features: Set[bytes | None]) -> float:
        return fsum(map(self.points.__getitem__, self.points.keys() & features))

    def explained(self, weighed: Weighed) -> Score:
        """Return the category and the subject of a run, and where its weightiest words stand."""
        _, first, last = weighed.run
        sentences = sentences_of(weighed.codes, self.passed_over)[first:last]
        met = {feature for words, _ in sentences for feature in self._met(words)}
        points = self.points
        speaking = [each for each in points.keys() & met if points[each] > 0]
        told = sorted(speaking, key=lambda each: (-points[each], each))
        totals = defaultdict[Category, float](float, {Category.SUICIDE: 0.0})
        of_others = 0.0
        for feature in told:
            weight, danger = points[feature], self.dangers[feature]
            totals[danger.category] += weight
            of_others += weight if danger.is_others else -weight
        places = [self._place_of(feature, sentences) for feature in told[:_REASONS]]
        return Score(
            max(totals, key=lambda each: (totals[each], each)),
            Subject.OTHER if of_others > 0 else Subject.SELF,
            tuple(dict.fromkeys(places)),
        )

    def _place_of(
        self, feature: bytes, sentences: Sequence[tuple[Sentence, list[int]]]
    ) -> tuple[int, int]:
        """Return where the words of a feature that is in one of the sentences begin and end."""
        for words, places in sentences:
            related = _families(words, self.families)
            kept = [index for index, word in enumerate(related) if word in self.kin]
            of_families = [related[index] for index in kept], [places[index] for index in kept]
            for read, stand in ((words, places), (related, places), of_families):
                found = place_of(feature, read)
                if found is not None:
                    return stand[found[0]], stand[found[1]] + CODE_BYTES
        return 0, 0


def features_of(
    words: Sentence, families: Mapping[bytes, bytes], kin: Set[bytes] = frozenset()
) -> set[bytes]:
    """Return the words, the neighbours, and the pairs with one or two words between them.

    And the same again with the family of each word in its place, and the pairs of families (`kin`)
    that stand near one another when all other words are left out.
    """
    found = _combined(words)
    related = _families(words, families)
    if related != words:
        found |= _combined(related)
    told = [each for each in related if each in kin]
    led = [each + AMONG for each in told]
    for gap in (1, 2, 3):
        found.update(map(bytes.__add__, led, told[gap:]))
    return found


def _families(words: Sentence, families: Mapping[bytes, bytes]) -> Sentence:
    """Return the words with the family of each that has one in its place."""
    return list(map(families.get, words, words))


def _combined(words: Sentence) -> set[bytes]:
    found = set(words)
    found.update(map(bytes.__add__, words, words[1:]))
    led = [word + NEAR for word in words]
    found.update(map(bytes.__add__, led, words[2:]))
    found.update(map(bytes.__add__, led, words[3:]))
    return found
