"""The words around a hit: its clause, its sentence, its quotation, its grammatical subject.

Everything here reads word codes, two bytes a word. Windows are bounded, so the work per hit is
constant however long the text is.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import NamedTuple

from bot.core.findings import Subject
from bot.rules.crisis.lexicon import ENDS, QUESTION, QUOTE
from bot.rules.crisis.model import Grammar, Guard, Rule, Scope, Who
from bot.rules.crisis.reading import Reading

_BEFORE_BYTES = 2 * 40
_AFTER_BYTES = 2 * 30
_REPLY_BYTES = 2 * 8
_NEXT_BYTES = 2 * 24
_FAR = _BEFORE_BYTES + _AFTER_BYTES
_MARKS_PASSED = 4
"""Marks that may stand behind a sentence, one after the other (`?!`, two ends of lines)."""


class Surroundings(NamedTuple):
    """Slices of the codes around one hit, one for each scope; None when the scope is absent."""

    before: bytes
    hit: bytes
    after: bytes
    sentence: bytes
    next_sentence: bytes | None
    before_quotation: bytes | None

    def of(self, scope: Scope) -> bytes | None:
        """Return the slice a guard of this scope reads."""
        if scope is Scope.CLAUSE:
            return self.before + self.hit + self.after
        found: bytes | None = getattr(self, _SLICES[scope])
        return found


_SLICES = {
    Scope.BEFORE: "before",
    Scope.HIT: "hit",
    Scope.AFTER: "after",
    Scope.SENTENCE: "sentence",
    Scope.NEXT: "next_sentence",
    Scope.QUOTE: "before_quotation",
}


def window(reading: Reading, start: int, end: int) -> tuple[bytes, int, int, int]:
    """Return all that the surroundings of `codes[start:end]` depend on, to be told apart by.

    The codes around it, where it stands in them, and the nearest breaks before and behind it.
    """
    codes, breaks = reading.codes, reading.breaks
    low = max(0, start - _BEFORE_BYTES)
    around = codes[low : end + _AFTER_BYTES + _NEXT_BYTES + 2 * _MARKS_PASSED]
    if not breaks:
        return around, start - low, 0, 0
    index = bisect_right(breaks, (start, start))
    before = start - breaks[index - 1][1] if index else _FAR
    index = bisect_left(breaks, (end, end))
    behind = breaks[index][0] - end if index < len(breaks) else _FAR
    return around, start - low, min(before, _FAR), min(behind, _FAR)


def look_around(reading: Reading, start: int, end: int) -> Surroundings:
    """Return what stands around `codes[start:end]` within its sentence and clause."""
    codes, breaks = reading.codes, reading.breaks
    low, high = max(0, start - _BEFORE_BYTES), min(len(codes), end + _AFTER_BYTES)
    for mark in ENDS:
        found = codes.rfind(mark, low, start)
        low = found + 2 if found >= 0 else low
    high = _first_end(codes, end, high)
    index = bisect_right(breaks, (start, start))
    clause_low = max(low, breaks[index - 1][1]) if index else low
    index = bisect_left(breaks, (end, end))
    clause_high = min(high, breaks[index][0]) if index < len(breaks) else high
    if clause_high == high and codes[high : high + 2] == QUESTION:
        clause_high = min(len(codes), high + _REPLY_BYTES)
    return Surroundings(
        codes[clause_low:start],
        codes[start:end],
        codes[end:clause_high],
        codes[low:high],
        _next_sentence(codes, high),
        _before_quotation(codes, start, end),
    )


def _next_sentence(codes: bytes, end: int) -> bytes | None:
    """Return the first words of the sentence behind the mark at `end`, or None."""
    start = end
    for _ in range(_MARKS_PASSED):
        if codes[start : start + 2] not in ENDS:
            break
        start += 2
    if start in (end, len(codes)):
        return None
    return codes[start : _first_end(codes, start, min(len(codes), start + _NEXT_BYTES))]


def _first_end(codes: bytes, start: int, high: int) -> int:
    """Return where the first end of a sentence stands in `codes[start:high]`, or `high`."""
    for mark in ENDS:
        found = codes.find(mark, start, high)
        high = found if found >= 0 else high
    return high


def _before_quotation(codes: bytes, start: int, end: int) -> bytes | None:
    """Return what stands before the quotation that holds the hit, or None outside of any."""
    low = max(0, start - _BEFORE_BYTES)
    opened = codes.rfind(QUOTE, low, start)
    if opened < 0 or codes.count(QUOTE, low, start) % 2 == 0:
        return None
    if codes.find(QUOTE, end, end + _AFTER_BYTES) < 0:
        return None
    return codes[low:opened]


def subject_of(rule: Rule, around: Surroundings, reading: Reading, grammar: Grammar) -> Subject:
    """Return whose danger the hit speaks of; a clause without a subject is the writer's own."""
    if rule.who is not Who.OPEN:
        return Subject(rule.who.value)
    told_by = around.hit, around.before
    known = reading.subjects.get(told_by)
    if known is None:
        known = reading.subjects[told_by] = _open_subject(*told_by, grammar)
    return known


def _open_subject(hit: bytes, before: bytes, grammar: Grammar) -> Subject:
    if grammar.other_in_hit.met(hit):
        return Subject.OTHER
    if grammar.self_in_hit.met(hit):
        return Subject.SELF
    nearest = grammar.nearest_subject.search(before)
    if nearest is None or grammar.own_subject_last.met(before[: nearest[1]]):
        return Subject.SELF
    return Subject.OTHER


def guards_met(
    scope: Scope, around: Surroundings, reading: Reading, grammar: Grammar
) -> frozenset[str]:
    """Return the ids of the guards of `scope` that are met around the hit, excused or not."""
    read = around.of(scope)
    if read is None:
        return frozenset()
    known = reading.guards_met.get((scope, read))
    if known is None:
        known = reading.guards_met[scope, read] = grammar.guards[scope].names_met(read)
    return known


def is_excused(guard: Guard, around: Surroundings) -> bool:
    """Return whether something excuses a guard that is met around the hit."""
    if guard.unless is not None and guard.unless.met(_excusing(guard, around)):
        return True
    return guard.unless_hit is not None and guard.unless_hit.met(around.hit)


def _excusing(guard: Guard, around: Surroundings) -> bytes:
    """Return where an excuse is looked for: a scope, or what the guard itself matches."""
    if guard.unless_in is not Scope.MATCH:
        return around.of(guard.unless_in) or b""
    read = around.of(guard.scope) or b""
    found = guard.pattern.search(read)
    return b"" if found is None else read[slice(*found)]
