"""Numbers with or without a unit, in digits or words.

The reply is cut into quantities ("5 ft 8 in" is two that add up) and what stands around them.
One number must come out, exactly: a bound ("over 5"), a range, a vague word or a unit that only
roughly converts (months to weeks) gives no value, and a value out of range is never moved into it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.flows.questions import Kind, Question, Unit
from bot.flows.reading.lexicon import Lean, Lexicon, UnitWord
from bot.flows.reading.numerals import Quantity, quantity_at
from bot.flows.reading.polarity import HEDGED, hedge, polarity_of
from bot.flows.reading.reply import Reply, either
from bot.flows.reading.results import (
    AmbiguousReason,
    Reading,
    Unclear,
    UnclearReason,
    Understood,
)
from bot.flows.reading.spelling import BREAK, fold, words_of

_FEET_MARK = re.compile(r"(?<=\d)\s?'(?!')")
_INCHES_MARK = re.compile(r"(?<=\d)\s?(?:\"|'')")
_ROUNDED_DIMENSIONS = frozenset({"mass", "length"})
# what is exact on paper must not end in binary dust
_DECIMALS = 6
_CALENDAR = frozenset({"time", "calendar"})


def _unclear(reason: UnclearReason) -> Unclear:
    return Unclear(reason)


@dataclass(slots=True)
class _Found:
    """What the reply holds: quantities, and the words around them by what they do."""

    quantities: list[Quantity] = field(default_factory=list)
    bounded: bool = False
    negative: bool = False
    strange_before: bool = False
    strange_after: list[str] = field(default_factory=list)
    joined: bool = False


def read_number(reply: Reply) -> Reading:
    """Read an integer or decimal in the question's unit; never a value outside its range."""
    lexicon = reply.lexicon
    if reply.question.unit is Unit.COUNT and reply.phrase in lexicon.numbers.nothing:
        return _within(reply, (0.0,))
    lean = polarity_of(reply.words, lexicon).lean
    if lean is Lean.UNSURE:
        return hedge(reply.question, lean)
    found = _find(reply)
    if not found.quantities:
        return HEDGED if lean is Lean.HEDGED else _unclear(UnclearReason.NOT_A_NUMBER)
    problem = _problem(reply, found)
    return _unclear(problem) if problem is not None else _value_of(reply, found.quantities)


def _find(reply: Reply) -> _Found:
    found, lexicon = _Found(), reply.lexicon
    marked = _INCHES_MARK.sub(" in ", _FEET_MARK.sub(" ft ", reply.folded))
    words = words_of(fold(marked)) if marked != reply.folded else list(reply.words)
    position = 0
    while position < len(words):
        quantity, used = quantity_at(words, position, reply.language, lexicon)
        if quantity is not None:
            found.quantities.append(quantity)
        else:
            used = _around(words, position, found, lexicon)
        position += used
    return found


def _around(words: Sequence[str], start: int, found: _Found, lexicon: Lexicon) -> int:
    """Note what the words at `start` do to the numbers beside them; return how many they are."""
    for count in (3, 2):
        if " ".join(words[start : start + count]) in lexicon.approximately:
            return count
    word = words[start]
    if word == "-" and start + 1 < len(words) and words[start + 1][0].isdigit():
        found.negative |= not found.quantities
        found.joined |= bool(found.quantities)
    elif word in lexicon.bounds:
        found.bounded = True
    elif word in lexicon.negators or word in lexicon.contrasts:
        found.strange_before = True
    elif not _is_idle(word, lexicon):
        if found.quantities:
            found.strange_after.append(word)
        else:
            found.strange_before = True
    return 1


def _is_idle(word: str, lexicon: Lexicon) -> bool:
    return (
        word in (BREAK, "'")
        or word in lexicon.filler
        or word in lexicon.approximately
        or word in lexicon.joiners
    )


def _problem(reply: Reply, found: _Found) -> UnclearReason | None:
    """Return why no single number can be read from this reply, None if one can."""
    if found.strange_before:
        return UnclearReason.NOT_A_NUMBER
    if found.joined or not _adds_up(found.quantities):
        return UnclearReason.SEVERAL_NUMBERS
    if found.bounded:
        return UnclearReason.NOT_EXACT
    if found.negative:
        return UnclearReason.OUT_OF_RANGE
    counts_things = reply.question.unit is Unit.COUNT or found.quantities[0].unit is not None
    if found.strange_after and not counts_things:
        return UnclearReason.NOT_A_NUMBER
    if any(not word.isalpha() for word in found.strange_after):
        return UnclearReason.NOT_A_NUMBER
    # "3 a week" is a rate
    rated = any(word in reply.lexicon.units for word in found.strange_after)
    return UnclearReason.WRONG_UNIT if rated else None


def _adds_up(quantities: Sequence[Quantity]) -> bool:
    """Whether these are one measure: each further part in a smaller unit, as feet and inches."""
    for larger, smaller in zip(quantities, quantities[1:], strict=False):
        if larger.unit is None or len(larger.values) > 1 or len(smaller.values) > 1:
            return False
        # "5 ft 8" leaves the inches unsaid; "6 weeks 2" leaves nothing unsaid
        if smaller.unit is None:
            if larger.unit.dimension != "length" or len(quantities) != 2:
                return False
        elif not _is_part(smaller.unit, larger.unit):
            return False
    return True


def _is_part(smaller: UnitWord, larger: UnitWord) -> bool:
    return smaller.dimension == larger.dimension and smaller.factor < larger.factor


def _value_of(reply: Reply, quantities: Sequence[Quantity]) -> Reading:
    target = reply.lexicon.stored_units[reply.question.unit.value]
    if len(quantities) == 1:
        return _single(reply, quantities[0], target)
    total = 0.0
    for quantity in quantities:
        unit = quantity.unit or reply.lexicon.stored_units[Unit.IN.value]
        if unit.dimension != target.dimension:
            return _unclear(_mismatch(unit, target))
        total += quantity.values[0] * unit.factor
    return _within(reply, (_converted(reply.question, total, 1.0, target),))


def _single(reply: Reply, quantity: Quantity, target: UnitWord) -> Reading:
    unit = quantity.unit
    if unit is None or (unit == target):
        return _within(reply, quantity.values, worded=quantity.worded)
    if unit.dimension != target.dimension:
        return _unclear(_mismatch(unit, target))
    return _within(
        reply,
        tuple(_converted(reply.question, v, unit.factor, target) for v in quantity.values),
        worded=quantity.worded,
    )


def _mismatch(unit: UnitWord, target: UnitWord) -> UnclearReason:
    if {unit.dimension, target.dimension} == _CALENDAR:
        return UnclearReason.INEXACT_UNIT
    return UnclearReason.WRONG_UNIT


def _converted(question: Question, amount: float, factor: float, target: UnitWord) -> float:
    """Return the amount in the target unit; a body measure to the nearest whole or hundredth."""
    value = amount * factor / target.factor
    if target.dimension in _ROUNDED_DIMENSIONS and question.unit is not Unit.MG:
        return float(round(value)) if question.kind is Kind.INTEGER else round(value, 2)
    return round(value, _DECIMALS)


def _within(reply: Reply, values: tuple[float, ...], *, worded: bool = False) -> Reading:
    """Return the legal one of these values, both to choose from, or why none is legal."""
    question = reply.question
    if len(values) > 1 and not worded and _is_first_usual(question, values):
        values = values[:1]
    whole = [v for v in values if question.kind is not Kind.INTEGER or v == int(v)]
    if not whole:
        return _unclear(UnclearReason.NOT_WHOLE)
    legal = [v for v in whole if _in_range(question, v)]
    if not legal:
        return _unclear(UnclearReason.OUT_OF_RANGE)
    as_kind = int if question.kind is Kind.INTEGER else float
    readings = [Understood(as_kind(v), {}, reply.written) for v in legal[:2]]
    reason = AmbiguousReason.LANGUAGE if worded else AmbiguousReason.SEPARATOR
    return readings[0] if len(readings) == 1 else either(readings[0], readings[1], reason)


def _is_first_usual(question: Question, values: tuple[float, ...]) -> bool:
    """Whether a grouped number needs no asking: only its whole reading fits a whole question."""
    return question.kind is Kind.INTEGER and values[0] == int(values[0])


def _in_range(question: Question, value: float) -> bool:
    low = 0.0 if question.minimum is None else question.minimum
    return low <= value and (question.maximum is None or value <= question.maximum)
