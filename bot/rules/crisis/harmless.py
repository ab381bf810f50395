"""What speaks against danger: points of words that denials, the past and mere topics share.

A guard made of words instead of frames. It is asked when a hit stands at crisis or above, reads
the hit's own sentence and no other (of a long one forty words before the hit and thirty behind),
and demotes the hit to a check-in when that has enough points. So one more sentence never lowers a
finding. How the points are found is told in
docs/crisis-detector.md; here they are added.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import fsum

from bot.rules.crisis.scorecard import features_of, sentences_of

GUARD_ID = "points.harmless"
_MOST_WORDS = 60
"""A longer stretch of a sentence tells more than one thing, and is demoted by frames alone."""


@dataclass(frozen=True, slots=True)
class Harmless:
    """The points of words (two bytes), of neighbours (four) and of near words (five).

    `offset` is what a sentence without any known word has, `demotes` the total that demotes.
    """

    points: Mapping[bytes, float]
    offset: float
    demotes: float
    passed_over: frozenset[bytes]

    def total(self, sentence: bytes) -> float:
        """Return the points of the word codes of one sentence; the time is linear in them."""
        words = [word for part, _ in sentences_of(sentence, self.passed_over) for word in part]
        if len(words) > _MOST_WORDS:
            return self.offset
        known = self.points.keys() & features_of(words)
        return fsum((self.offset, *map(self.points.__getitem__, known)))

    def is_met(self, sentence: bytes) -> bool:
        """Return whether the sentence speaks against danger strongly enough."""
        return self.total(sentence) >= self.demotes
