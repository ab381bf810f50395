"""Numerals: what number, and what unit, a run of words says.

Several values come back where the writing itself has several: "1.200" to a Spanish reader, "once"
in a household with two languages. Which of them is meant is decided by the question, not here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.flows.reading.lexicon import Lexicon, UnitWord

_GROUPED = re.compile(r"\d{1,3}(?:[.,]\d{3})+(?:[.,]\d+)?\Z")
_PLAIN = re.compile(r"\d+(?:[.,]\d+)?\Z")
_LONGEST_NUMBER = 12


@dataclass(frozen=True, slots=True)
class Quantity:
    """One number as written: every value it may have (the likelier first), and its unit.

    `worded` when the number is spelt out.
    """

    values: tuple[float, ...]
    unit: UnitWord | None
    worded: bool = False


def quantity_at(
    words: Sequence[str], start: int, language: str, lexicon: Lexicon
) -> tuple[Quantity | None, int]:
    """Return the quantity that begins at `start` (None if none does) and its word count."""
    values, used = number_at(words, start, language, lexicon)
    if not values:
        return None, 1
    worded = not words[start][0].isdigit()
    following = start + used
    if " ".join(words[following : following + 2]) in lexicon.approximately:
        # "2 in total" is not two inches
        return Quantity(values, None, worded), used
    for count in (3, 2, 1):
        unit = lexicon.units.get(" ".join(words[following : following + count]))
        if unit is not None:
            return Quantity(values, unit, worded), used + count
    return Quantity(values, None, worded), used


def number_at(
    words: Sequence[str], start: int, language: str, lexicon: Lexicon
) -> tuple[tuple[float, ...], int]:
    """Return the values of the number at `start` (empty if there is none) and its word count."""
    word = words[start]
    if not word[0].isdigit():
        return _spelt_number(words, start, language, lexicon)
    values = written_values(word, lexicon.decimal_mark.get(language, "."))
    whole, used = _with_fraction(values, words, start + 1, lexicon)
    if used == 0 and _is_fraction(words, start):
        top, bottom = int(word), int(words[start + 2])
        return ((top / bottom,), 3) if top < bottom in (2, 4) else ((), 1)
    return whole, 1 + used


def _with_fraction(
    values: tuple[float, ...], words: Sequence[str], start: int, lexicon: Lexicon
) -> tuple[tuple[float, ...], int]:
    """Add a "1/2" or "and a half" that follows the number; return also the words it takes."""
    if _is_fraction(words, start):
        top, bottom = int(words[start]), int(words[start + 2])
        if top < bottom in (2, 4):
            return tuple(value + top / bottom for value in values), 3
    numbers = lexicon.numbers
    for used in (3, 2):
        tail = words[start : start + used]
        joined = len(tail) == used and tail[0] in numbers.joiner and tail[-1] in numbers.half
        if joined and (used == 2 or tail[1] in numbers.article):
            return tuple(value + 0.5 for value in values), used
    return values, 0


def _is_fraction(words: Sequence[str], start: int) -> bool:
    three = words[start : start + 3]
    return (
        len(three) == 3
        and three[1] in ("/", "\u2044")
        and three[0].isdigit()
        and three[2].isdigit()
        and max(len(three[0]), len(three[2])) <= _LONGEST_NUMBER
    )


def written_values(word: str, decimal_mark: str) -> tuple[float, ...]:
    """Return what a number in digits may mean, the usual way of the language first.

    "1.200" may be twelve hundred or one and a fifth; "1,5" and "1,200.5" have one reading.
    """
    if len(word) > _LONGEST_NUMBER:
        return ()
    grouped = _GROUPED.match(word) and not word.startswith("0")
    plain = _PLAIN.match(word)
    if grouped and plain and not word.isdigit():
        as_group = float(re.sub("[.,]", "", word))
        as_decimal = float(word.replace(",", "."))
        if decimal_mark == ".":
            return (as_decimal,) if decimal_mark in word else (as_group,)
        # Spanish is written both ways in the Americas
        return (as_decimal, as_group) if decimal_mark in word else (as_group, as_decimal)
    if plain:
        return (float(word.replace(",", ".")),)
    return _grouped_value(word) if grouped else ()


def _grouped_value(word: str) -> tuple[float, ...]:
    marks = [character for character in word if character in ".,"]
    if len(set(marks)) == 1:
        return (float(re.sub("[.,]", "", word)),)
    if len(set(marks[:-1])) > 1:
        return ()
    whole, _, part = word.rpartition(marks[-1])
    return (float(re.sub("[.,]", "", whole) + "." + part),)


def _spelt_number(
    words: Sequence[str], start: int, language: str, lexicon: Lexicon
) -> tuple[tuple[float, ...], int]:
    """Return a number in words: "two", "a hundred and fifty", "treinta y cinco", "half"."""
    numbers = lexicon.numbers
    plain = numbers.plain[language]
    position, total, group = start, 0.0, 0.0
    last_size, parts = 1e9, 0
    while position < len(words):
        word = words[position]
        values = plain.get(word)
        if values is not None and (len(values) == 1 or parts == 0) and _fits(values[0], last_size):
            if len(values) > 1:
                return tuple(map(float, values)), position - start + 1
            group, last_size, parts = group + values[0], _size(values[0]), parts + 1
        elif word in numbers.times:
            group = (group or 1) * numbers.times[word]
            if numbers.times[word] >= 1000:
                total, group = total + group, 0.0
            last_size, parts = float(numbers.times[word]), parts + 1
        elif not _links(words, position, parts, lexicon, language):
            break
        position += 1
    if parts == 0:
        return ((0.5,), 1) if words[start] in numbers.half else ((), 1)
    values_found, used = _with_fraction((total + group,), words, position, lexicon)
    return values_found, position - start + used


def _fits(value: int, last_size: float) -> bool:
    """Whether this word continues the number: after "twenty" only a unit, after "two" nothing."""
    return last_size > 1 and (value > 0 or last_size > 100) and _size(value) < last_size


def _size(value: int) -> float:
    return 100.0 if value >= 100 else 10.0 if value >= 20 else 1.0


def _links(
    words: Sequence[str], position: int, parts: int, lexicon: Lexicon, language: str
) -> bool:
    """Whether this word only links the parts of a number: "and", "y", the "a" of "a hundred"."""
    following = words[position + 1] if position + 1 < len(words) else ""
    if words[position] in lexicon.numbers.article:
        return parts == 0 and following in lexicon.numbers.times
    spelt = lexicon.numbers.plain[language].keys() | lexicon.numbers.times.keys()
    return parts > 0 and words[position] in lexicon.numbers.joiner and following in spelt
