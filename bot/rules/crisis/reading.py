"""A text as it is read, and what rules were met in it."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field

from bot.core.findings import Subject, Tier
from bot.rules.crisis.coded import Coded
from bot.rules.crisis.fold import View
from bot.rules.crisis.lexicon import ENDS, FIRST_MARK
from bot.rules.crisis.model import Rule, Scope


@dataclass(frozen=True, slots=True)
class Reading:
    """One view of a text as word codes.

    `breaks` are the ranges of the codes that end a clause without ending the sentence (`but`), in
    order. Hits share surroundings: `guards_met` and `subjects` hold what was seen in those read.
    """

    view: View
    coded: Coded
    breaks: list[tuple[int, int]]
    guards_met: dict[tuple[Scope, bytes], frozenset[str]] = field(default_factory=dict)
    subjects: dict[tuple[bytes, bytes], Subject] = field(default_factory=dict)
    _ends: list[int] = field(default_factory=list)

    @property
    def codes(self) -> bytes:
        """The word codes."""
        return self.coded.codes

    def sentence_at(self, place: int) -> bytes:
        """Return the codes of the sentence that holds `place`."""
        return self.codes[slice(*self.sentence_around(place))]

    def sentence_around(self, place: int) -> tuple[int, int]:
        """Return where the sentence that holds `place` begins and ends."""
        codes, ends = self.codes, self._ends
        if not ends:
            marks = (place for place in range(0, len(codes), 2) if codes[place] == FIRST_MARK)
            ends.extend(place for place in marks if codes[place : place + 2] in ENDS)
            ends.append(len(codes))
        index = bisect_right(ends, place)
        start = ends[index - 1] + 2 if index else 0
        return start, ends[index] if index < len(ends) else len(codes)

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """Return the range of the original text that `codes[start:end]` stands for."""
        if start >= end:
            return 0, 0
        return self.view.original_span(*self.coded.span(start, end))


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule's occurrence in a reading, after its guards."""

    rule: Rule
    reading: Reading
    start: int
    end: int
    tier: Tier
    subject: Subject
    guards: tuple[str, ...]

    @property
    def original_span(self) -> tuple[int, int]:
        """The range of the original text."""
        return self.reading.original_span(self.start, self.end)

    @property
    def weight(self) -> tuple[int, bool]:
        """What makes one occurrence of a rule outweigh another."""
        return self.tier, self.subject is Subject.SELF


def trimmed(codes: bytes, span: tuple[int, int]) -> tuple[int, int]:
    """Return the span without the marks that bound it."""
    start, end = span
    if codes[start] != FIRST_MARK != codes[end - 2]:
        return span
    while start < end and codes[start] == FIRST_MARK:
        start += 2
    while end > start and codes[end - 2] == FIRST_MARK:
        end -= 2
    return start, end
