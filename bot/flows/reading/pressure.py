"""Reading a blood pressure: two whole numbers in mmHg, the upper one first.

Both must be plausible for a living adult and the upper must exceed the lower; nothing is swapped
and nothing scaled ("13 over 8" is asked again, not read as 130 over 80).
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.flows.reading.lexicon import Lean, Lexicon
from bot.flows.reading.polarity import HEDGED, hedge, polarity_of
from bot.flows.reading.reply import Reply
from bot.flows.reading.results import Reading, Unclear, UnclearReason, Understood
from bot.flows.reading.spelling import BREAK

SYSTOLIC_MMHG = (60, 260)
DIASTOLIC_MMHG = (30, 160)
_LONGEST = 4


def read_blood_pressure(reply: Reply) -> Reading:
    """Read "138/85", "138 over 85", "138 85"; value "138/85" with systolic and diastolic."""
    lean = polarity_of(reply.words, reply.lexicon).lean
    if lean is Lean.UNSURE:
        return hedge(reply.question, lean)
    numbers, others = _split(reply.words, reply.lexicon)
    if not numbers:
        reason = UnclearReason.NOT_A_NUMBER
        return HEDGED if lean is Lean.HEDGED else Unclear(reason)
    if len(numbers) > 2:
        return Unclear(UnclearReason.SEVERAL_NUMBERS)
    if len(numbers) < 2 or others or not all(map(_is_whole, numbers)):
        return Unclear(UnclearReason.NOT_A_NUMBER)
    return _checked(int(numbers[0]), int(numbers[1]), reply.written)


def _is_whole(number: str) -> bool:
    return number.isdigit() and len(number) < _LONGEST


def _checked(systolic: int, diastolic: int, written: str) -> Reading:
    if systolic <= diastolic:
        return Unclear(UnclearReason.CONTRADICTORY)
    low, high = SYSTOLIC_MMHG
    lowest, highest = DIASTOLIC_MMHG
    if not (low <= systolic <= high and lowest <= diastolic <= highest):
        return Unclear(UnclearReason.OUT_OF_RANGE)
    parts = {"systolic": systolic, "diastolic": diastolic}
    return Understood(f"{systolic}/{diastolic}", parts, written)


def _split(words: Sequence[str], lexicon: Lexicon) -> tuple[list[str], list[str]]:
    """Return the numbers of the pressure, and the words that are no part of telling one."""
    numbers: list[str] = []
    others: list[str] = []
    pulse = False
    for position, word in enumerate(words):
        if word[0].isdigit():
            follows = words[position + 1 : position + 2]
            if len(numbers) == 2 and (pulse or lexicon.pulse.intersection(follows)):
                continue
            numbers.append(word)
        elif word in lexicon.pulse:
            pulse = True
        elif not _is_idle(word, numbers, lexicon):
            others.append(word)
    return numbers, others


def _is_idle(word: str, numbers: list[str], lexicon: Lexicon) -> bool:
    if word in lexicon.pressure_over:
        # a mark before the first number could be a minus
        return bool(numbers) or word.isalpha()
    return word == BREAK or word in lexicon.pressure_filler or word in lexicon.filler
