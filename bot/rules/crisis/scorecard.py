"""The scorecard: points of words and pairs of words, added up, for what no frame foresaw.

Frames find danger that somebody thought of. The scorecard weighs every word that a text shares
with texts of people in danger, and with texts that only sound so: a sum of points, each of which
is written in `points.txt` beside the words it is for. It only ever raises a finding, and one more
sentence never lowers it, because the weightiest run of whole sentences counts. How the points are
found is told in docs/crisis-detector.md; here they are added.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import fsum

from bot.core.findings import Category, Subject, Tier
from bot.rules.crisis.lexicon import HARD, NEWLINE, QUESTION

_CODE_BYTES = 2
_FIRST_MARK = 0xFF
_ENDS = frozenset((HARD, QUESTION, NEWLINE))
_RUN_WORDS = 80
_RUN_SENTENCES = 12
_REASONS = 3
NEAR = b"_"
"""Stands between two words with one or two others between them; no code holds it."""

Sentence = list[bytes]


@dataclass(frozen=True, slots=True)
class Points:
    """What a word, or a pair of words, weighs, and which danger it points to, and whose."""

    weight: float
    category: Category
    is_others: bool = False


@dataclass(frozen=True, slots=True)
class Score:
    """What a text came to: `reasons` are ranges of its codes, the weightiest first."""

    tier: Tier
    category: Category
    subject: Subject
    reasons: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Scorecard:
    """The points of words (two bytes), of neighbours (four) and of near words (five).

    `offset` is what a text without any known word has; `check_in` and `crisis` are the totals
    that raise a finding to these tiers, `demoted` the total for a crisis of sentences in which a
    guard spoke.
    `opening` are the words without which nothing is added up, `passed_over` those that are never
    looked at.
    """

    points: Mapping[bytes, Points]
    offset: float
    check_in: float
    crisis: float
    demoted: float
    opening: frozenset[bytes]
    passed_over: frozenset[bytes]

    def score(self, codes: bytes, demoted_at: Iterable[int] = ()) -> Score | None:
        """Return the tier that the words of `codes` come to, or None below a check-in.

        `demoted_at` are places in `codes` at which a guard demoted what a frame saw. Their
        sentences, and no others, need more. The time is linear in the length.
        """
        sentences = sentences_of(codes, self.passed_over)
        read = [words for words, _ in sentences]
        guarded = self._sentences_at(codes, demoted_at)
        total, first, last = self.best_run(read, guarded)
        tier = Tier.CRISIS if total >= self.crisis else Tier.CHECK_IN
        if guarded and tier < Tier.CRISIS:
            total, first, last = self.best_run(read)
        return self._explained(tier, sentences[first:last]) if total >= self.check_in else None

    def best_run(
        self, sentences: Sequence[Sentence], guarded: Container[bytes] = ()
    ) -> tuple[float, int, int]:
        """Return the highest total of sentences in a row, and the slice of them.

        A run has at most eighty words, or one sentence, and at most twelve sentences. One that
        holds a `guarded` sentence has as much less as it needs more.
        """
        totals = [self._total(words) for words in sentences]
        less = [(self.demoted - self.crisis) * (b"".join(s) in guarded) for s in sentences]
        best = (self.offset, 0, 0)
        for first in range(len(totals)):
            total, size, owed = self.offset, 0, 0.0
            for last in range(first, min(first + _RUN_SENTENCES, len(totals))):
                size += len(sentences[last])
                if size > _RUN_WORDS and last > first:
                    break
                total += totals[last]
                owed = max(owed, less[last])
                best = max(best, (total - owed, first, last + 1), key=_total_of)
        return best

    def _sentences_at(self, codes: bytes, places: Iterable[int]) -> set[bytes]:
        stretches = {_stretch_around(codes, place) for place in places}
        return {
            b"".join(words)
            for low, high in stretches
            for words, _ in sentences_of(codes[low:high], self.passed_over)
        }

    def _total(self, words: Sentence) -> float:
        known = self.points.keys() & features_of(words)
        return fsum(self.points[each].weight for each in known)

    def _explained(self, tier: Tier, sentences: list[tuple[Sentence, list[int]]]) -> Score:
        """Return the score with its category and the places of the weightiest words."""
        found: dict[bytes, tuple[int, int]] = {}
        for words, places in sentences:
            for feature, start, end in _placed(words, places):
                if feature in self.points and self.points[feature].weight > 0:
                    found.setdefault(feature, (start, end + _CODE_BYTES))
        totals: defaultdict[Category, float] = defaultdict(float)
        of_others = 0.0
        for each in map(self.points.__getitem__, found):
            totals[each.category] += each.weight
            of_others += each.weight if each.is_others else -each.weight
        category = max(totals, key=lambda each: (totals[each], each))
        subject = Subject.OTHER if of_others > 0 else Subject.SELF
        told = sorted(found, key=lambda each: (-self.points[each].weight, found[each]))
        return Score(
            tier, category, subject, tuple(dict.fromkeys(found[each] for each in told[:_REASONS]))
        )


def _stretch_around(codes: bytes, place: int) -> tuple[int, int]:
    """Return where the sentence that holds `place` begins and ends."""
    before = max(codes.rfind(mark, 0, place) for mark in _ENDS)
    behind = (codes.find(mark, place) for mark in _ENDS)
    return (before + _CODE_BYTES if before >= 0 else 0), min(
        (found for found in behind if found >= 0), default=len(codes)
    )


def _total_of(run: tuple[float, int, int]) -> float:
    return run[0]


def sentences_of(
    codes: bytes, passed_over: frozenset[bytes] = frozenset()
) -> list[tuple[Sentence, list[int]]]:
    """Return the word codes of each sentence, and where they stand; other marks are left out.

    What is said twice is one sentence.
    """
    found: dict[bytes, tuple[Sentence, list[int]]] = {}
    words: Sentence = []
    places: list[int] = []
    for place in range(0, len(codes), _CODE_BYTES):
        code = codes[place : place + _CODE_BYTES]
        if code[0] != _FIRST_MARK:
            if code not in passed_over:
                words.append(code)
                places.append(place)
        elif code in _ENDS and words:
            found.setdefault(b"".join(words), (words, places))
            words, places = [], []
    if words:
        found.setdefault(b"".join(words), (words, places))
    return list(found.values())


def features_of(words: Sentence) -> set[bytes]:
    """Return the words, the neighbours, and the pairs with one or two words between them."""
    found = set(words)
    found.update(map(bytes.__add__, words, words[1:]))
    led = [word + NEAR for word in words]
    found.update(map(bytes.__add__, led, words[2:]))
    found.update(map(bytes.__add__, led, words[3:]))
    return found


def _placed(words: Sentence, places: list[int]) -> Iterator[tuple[bytes, int, int]]:
    """Yield each feature with the places of its first and its last word."""
    for gap in range(4):
        between = NEAR if gap > 1 else b""
        for index in range(len(words) - gap):
            feature = words[index] + between + words[index + gap] if gap else words[index]
            yield feature, places[index], places[index + gap]
