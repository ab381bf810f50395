"""The words around a hit: its clause, its sentence, its quotation, its grammatical subject.

Windows are bounded, so the work per hit is constant however long the text is.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.findings import Subject
from bot.rules.crisis.model import Grammar, Guard, Rule, Scope, Who

_BEFORE_BYTES = 200
_AFTER_BYTES = 160
_SENTENCE_MARKS = (b".", b"!", b"?", b";", b"\n")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Slices of the view around one hit, one for each scope; None when the scope is absent."""

    before: bytes
    hit: bytes
    after: bytes
    sentence: bytes
    quoted_after: bytes | None

    def of(self, scope: Scope) -> bytes | None:
        """Return the slice a guard of this scope reads."""
        if scope is Scope.BEFORE:
            return self.before
        if scope is Scope.AFTER:
            return self.after
        if scope is Scope.CLAUSE:
            return self.before + self.hit + self.after
        if scope is Scope.SENTENCE:
            return self.sentence
        return self.quoted_after


def look_around(
    text: bytes, start: int, end: int, clause_breaks: tuple[bytes, ...]
) -> Surroundings:
    """Return what stands around `text[start:end]` within its sentence and clause."""
    sentence_start = _last_mark(text, max(0, start - _BEFORE_BYTES), start, _SENTENCE_MARKS)
    clause_start = _last_mark(text, sentence_start, start, clause_breaks)
    sentence_end = _next_mark(text, end, min(len(text), end + _AFTER_BYTES), _SENTENCE_MARKS)
    clause_end = _next_mark(text, end, sentence_end, clause_breaks)
    return Surroundings(
        before=text[clause_start:start],
        hit=text[start:end],
        after=text[end:clause_end],
        sentence=text[sentence_start:sentence_end],
        quoted_after=_before_quotation(text, max(0, start - _BEFORE_BYTES), start, end),
    )


def _last_mark(text: bytes, low: int, high: int, marks: tuple[bytes, ...]) -> int:
    best = low
    for mark in marks:
        found = text.rfind(mark, low, high)
        if found >= 0:
            best = max(best, found + len(mark))
    return best


def _next_mark(text: bytes, low: int, high: int, marks: tuple[bytes, ...]) -> int:
    best = high
    for mark in marks:
        found = text.find(mark, low, best)
        if found >= 0:
            best = found
    return best


def _before_quotation(text: bytes, low: int, start: int, end: int) -> bytes | None:
    """Return what stands before the quotation that holds the hit, or None outside of any."""
    opened = text.rfind(b'"', low, start)
    if opened < 0 or text.count(b'"', low, start) % 2 == 0:
        return None
    if text.find(b'"', end, end + _AFTER_BYTES) < 0:
        return None
    return text[low:opened]


def subject_of(rule: Rule, around: Surroundings, grammar: Grammar) -> Subject:
    """Return whose danger the hit speaks of; a clause without a subject is the writer's own."""
    if rule.who is not Who.OPEN:
        return Subject(rule.who.value)
    if grammar.other_in_hit.search(around.hit) is not None:
        return Subject.OTHER
    if grammar.self_in_hit.search(around.hit) is not None:
        return Subject.SELF
    nearest = grammar.nearest_subject.search(around.before)
    if nearest is None or nearest.span(1)[0] >= 0:
        return Subject.SELF
    return Subject.OTHER


def applies(guard: Guard, around: Surroundings) -> bool:
    """Return whether `guard` is met around the hit and nothing excuses it."""
    read = around.of(guard.scope)
    if read is None or guard.pattern.search(read) is None:
        return False
    if guard.unless is not None and guard.unless.search(read) is not None:
        return False
    return guard.unless_hit is None or guard.unless_hit.search(around.hit) is None
