"""How near a misspelt word is to a known one.

Two bars. Certain: the letters differ by one slip (two in long phrases), the first letter and all
digits are the same, and nothing else is nearly as close. Near: worth asking back. Which words turn
a meaning round ("not", "less") is the caller's business: those are never bridged here because the
slip they differ by is too large.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rapidfuzz.distance import OSA
from rapidfuzz.fuzz import ratio

SHORTEST = 4
"""Letters below which nothing is taken for a slip: "now" and "not" are two words."""

LONGEST = 120
"""Letters above which a text is prose, not a misspelt label."""

_NEAR = 72.0
_LETTERS_PER_SLIP = 9
_CLEAR_LEAD = 2


@dataclass(frozen=True, slots=True)
class Candidate:
    """A known key, how many slips away the written one is, and how alike they are (0-100)."""

    key: int
    slips: int
    likeness: float


def squeezed(phrase: str) -> str:
    """Return the phrase without spaces: a missing or extra space is no slip."""
    return phrase.replace(" ", "")


def candidates(written: str, known: Iterable[tuple[str, int]]) -> list[Candidate]:
    """Return the best candidate of each key, nearest first; `known` pairs phrases with keys."""
    best: dict[int, Candidate] = {}
    asked = squeezed(written)
    for phrase, key in known:
        form = squeezed(phrase)
        found = Candidate(key, _slips(asked, form), ratio(asked, form))
        if key not in best or _rank(found) < _rank(best[key]):
            best[key] = found
    return sorted(best.values(), key=_rank)


def is_certain(written: str, ranked: list[Candidate]) -> bool:
    """Whether the nearest candidate is the only one that can be meant."""
    asked = squeezed(written)
    if not ranked or not SHORTEST <= len(asked) <= LONGEST:
        return False
    allowed = 1 + len(asked) // _LETTERS_PER_SLIP
    lead = ranked[1].slips - ranked[0].slips if len(ranked) > 1 else _CLEAR_LEAD
    return ranked[0].slips <= allowed and lead >= _CLEAR_LEAD


def is_near(written: str, ranked: list[Candidate]) -> bool:
    """Whether the nearest candidate is worth asking back."""
    return (
        bool(ranked)
        and SHORTEST <= len(squeezed(written)) <= LONGEST
        and ranked[0].likeness >= _NEAR
    )


def _slips(asked: str, form: str) -> int:
    distance = OSA.distance(asked, form)
    same_digits = [c for c in asked if c.isdigit()] == [c for c in form if c.isdigit()]
    return distance if same_digits and asked[:1] == form[:1] else distance + len(form)


def _rank(candidate: Candidate) -> tuple[int, float, int]:
    return candidate.slips, -candidate.likeness, candidate.key
