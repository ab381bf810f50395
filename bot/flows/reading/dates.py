"""Reading a date, a birth date above all.

A date in numbers has an order, a two-digit year a century. Where only one interpretation is a
date that can be meant (it exists, it is past where the question says so, the age is plausible) it
is taken; where two are left both are asked back; anything else gives no value.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from bot.core.answers import Value
from bot.flows.questions import Question
from bot.flows.reading.lexicon import Lean, Lexicon
from bot.flows.reading.polarity import HEDGED, hedge, polarity_of
from bot.flows.reading.reply import Reply
from bot.flows.reading.results import (
    Ambiguous,
    AmbiguousReason,
    Reading,
    Unclear,
    UnclearReason,
    Understood,
)
from bot.flows.reading.spelling import BREAK

OLDEST_AGE_YEARS = 120
"""Nobody older has been documented but once; a birth date further back is a slip."""

_MARKS = frozenset("-/'\u2044\\")
_COMPACT = 8
_ORDERS = {"month": (0, 1, 2), "day": (1, 0, 2)}


@dataclass(frozen=True, slots=True)
class _Pieces:
    """The parts a date is made of: its numbers in the order written, and a month by name."""

    numbers: tuple[str, ...]
    month: int | None = None


@dataclass(frozen=True, slots=True)
class _Candidate:
    """One interpretation; `turned` when day and month are not in the language's usual order."""

    year: int
    month: int
    day: int
    turned: bool = False

    def date(self) -> date | None:
        try:
            return date(self.year, self.month, self.day)
        except ValueError:
            return None


def age_years_on(born: date, today: date) -> int:
    """Return completed years of age; who was born on 29 February ages on 1 March otherwise."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def read_date(reply: Reply) -> Reading:
    """Read a date as ISO 8601 text; part age_years (completed years at `today`, if not future)."""
    relative = reply.lexicon.relative_days.get(reply.phrase)
    if relative is not None:
        return _decide(reply, [_candidate_of(reply.today + timedelta(days=relative))])
    lean = polarity_of(reply.words, reply.lexicon).lean
    if lean is Lean.UNSURE:
        return hedge(reply.question, lean)
    pieces = _pieces(reply.words, reply.lexicon)
    if pieces is None:
        return HEDGED if lean is Lean.HEDGED else Unclear(UnclearReason.NOT_A_DATE)
    candidates = list(dict.fromkeys(_candidates(pieces, reply)))
    return _decide(reply, candidates) if candidates else Unclear(UnclearReason.NOT_A_DATE)


def _candidate_of(day: date) -> _Candidate:
    return _Candidate(day.year, day.month, day.day)


def _pieces(words: Sequence[str], lexicon: Lexicon) -> _Pieces | None:
    """Return the parts of the only date in these words, None when they are not just a date."""
    numbers: list[str] = []
    months: list[int] = []
    for word in words:
        if word[0].isdigit():
            numbers.extend(word.replace(",", ".").split("."))
        elif word in lexicon.months:
            months.append(lexicon.months[word])
        elif not (word == BREAK or word in lexicon.date_filler or (word in _MARKS and numbers)):
            # a mark before the first number could be a minus
            return None
    if len(months) > 1 or not all(number.isdigit() for number in numbers):
        return None
    return _Pieces(tuple(numbers), months[0] if months else None)


def _candidates(pieces: _Pieces, reply: Reply) -> Iterator[_Candidate]:
    numbers = pieces.numbers
    if any(len(number) not in (1, 2, 4, _COMPACT) for number in numbers):
        return
    if pieces.month is not None and len(numbers) == 2:
        yield from _named_month(numbers, pieces.month, reply)
    elif pieces.month is None and len(numbers) == 3:
        yield from _three_numbers(numbers, reply)
    elif pieces.month is None and len(numbers) == 1 and len(numbers[0]) == _COMPACT:
        yield from _compact(numbers[0], reply)


def _named_month(numbers: tuple[str, ...], month: int, reply: Reply) -> Iterator[_Candidate]:
    first, second = numbers
    day, year = (second, first) if len(first) == 4 else (first, second)
    if len(day) <= 2 and len(year) in (2, 4):
        for full in _years(year, reply):
            yield _Candidate(full, month, int(day))


def _three_numbers(numbers: tuple[str, ...], reply: Reply) -> Iterator[_Candidate]:
    sizes = tuple(map(len, numbers))
    if sizes[0] == 4 and sizes[1] <= 2 and sizes[2] <= 2:
        yield _Candidate(int(numbers[0]), int(numbers[1]), int(numbers[2]))
    elif sizes[0] <= 2 and sizes[1] <= 2 and sizes[2] in (2, 4):
        for year in _years(numbers[2], reply):
            yield from _both_orders(int(numbers[0]), int(numbers[1]), year, reply)


def _both_orders(first: int, second: int, year: int, reply: Reply) -> Iterator[_Candidate]:
    month_first = reply.lexicon.date_order[reply.language] == "month"
    yield _Candidate(year, first, second, turned=not month_first)
    yield _Candidate(year, second, first, turned=month_first)


def _compact(digits: str, reply: Reply) -> Iterator[_Candidate]:
    """Read eight digits in a row: year first, or year last in either order."""
    yield _Candidate(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    yield from _both_orders(int(digits[:2]), int(digits[2:4]), int(digits[4:]), reply)


def _years(written: str, reply: Reply) -> tuple[int, ...]:
    if len(written) == 4:
        return (int(written),)
    if len(written) != 2:
        return ()
    century = reply.today.year // 100 * 100
    near = century + int(written)
    return (near, near - 100) if near <= reply.today.year else (near - 100, near)


def _decide(reply: Reply, candidates: Sequence[_Candidate]) -> Reading:
    dates = [(candidate, found) for candidate in candidates if (found := candidate.date())]
    if not dates:
        return Unclear(UnclearReason.IMPOSSIBLE_DATE)
    problems = [_problem(found, reply.question, reply.today) for _, found in dates]
    fitting = [pair for pair, problem in zip(dates, problems, strict=True) if problem is None]
    if not fitting:
        kinds = {problem for problem in problems if problem is not None}
        future = kinds == {UnclearReason.FUTURE_DATE}
        return Unclear(UnclearReason.FUTURE_DATE if future else UnclearReason.OUT_OF_RANGE)
    fitting.sort(key=lambda pair: pair[0].turned)
    distinct = list(dict.fromkeys(found for _, found in fitting))
    if len(distinct) == 1:
        return _understood(distinct[0], reply)
    if len(distinct) > 2:
        return Unclear(UnclearReason.NOT_A_DATE)
    years = {found.year for found in distinct}
    reason = AmbiguousReason.DAY_OR_MONTH if len(years) == 1 else AmbiguousReason.CENTURY
    return Ambiguous((_understood(distinct[0], reply), _understood(distinct[1], reply)), reason)


def _problem(found: date, question: Question, today: date) -> UnclearReason | None:
    """Return why this date cannot be the one that is asked for, None if it can."""
    if question.past and found > today:
        return UnclearReason.FUTURE_DATE
    age = age_years_on(found, today)
    youngest, oldest = question.minimum_age_years, question.maximum_age_years
    if youngest is not None and age < youngest:
        return UnclearReason.OUT_OF_RANGE
    if age > (OLDEST_AGE_YEARS if oldest is None else oldest):
        return UnclearReason.OUT_OF_RANGE
    return None


def _understood(found: date, reply: Reply) -> Understood:
    parts: dict[str, Value] = {}
    if found <= reply.today:
        parts["age_years"] = age_years_on(found, reply.today)
    return Understood(found.isoformat(), parts, reply.written)
