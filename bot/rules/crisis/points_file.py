"""Reading the points of words: a line `points kind word`, or two words, or `word _ word`."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from typing import NamedTuple

import msgspec

from bot.core.errors import DefinitionError
from bot.core.findings import Category
from bot.rules.crisis.harmless import Harmless
from bot.rules.crisis.lexicon import NUMBER_CODES, Lexicon
from bot.rules.crisis.scorecard import NEAR, Points, Scorecard

_BETWEEN = "_"
OF_OTHERS = "/other"
DANGERS = {f"{each}{whose}": (each, bool(whose)) for each in Category for whose in ("", OF_OTHERS)}
"""How a line names a danger -> its category, and whether it is somebody else's."""
REASONS = frozenset(("negated", "past", "topic", "none"))
"""Why a text that holds a frame of danger is harmless: the labels of our own texts."""


class PointsFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The scorecard beside its points: what a text starts with, and the totals that raise it.

    `demoted` is the total that makes a crisis of a text in which a guard demoted what a frame saw.
    A word with `opens` points or more lets the scorecard be asked; `passed_over` are openers that
    say nothing. Each of `fires` must come to a crisis by points alone, none of `spares` may.
    """

    note: str
    source: str
    offset: float
    check_in: float
    crisis: float
    demoted: float
    opens: float
    passed_over: list[str]
    fires: list[str]
    spares: list[str]


class HarmlessFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands beside the points against danger: what a sentence starts with, what demotes it.

    `passed_over` are fillers that say nothing. Each of `demotes_these` holds a frame of danger and
    must come to a check-in, each of `stands` to a crisis.
    """

    note: str
    source: str
    offset: float
    demotes: float
    passed_over: list[str]
    demotes_these: list[str]
    stands: list[str]


class PointsLine(NamedTuple):
    """One line: the points, what they count for, and one or two words.

    A word may be `{digit}` or another kind of number, and may end in a star for every longer word.
    `is_near` tells that one or two other words stand between the two.
    """

    weight: float
    kind: str
    words: tuple[str, ...]
    is_near: bool


def read_points(text: str, where: str, kinds: Container[str]) -> tuple[PointsLine, ...]:
    """Return the lines of a points file, each of one of the `kinds`.

    Raises DefinitionError naming the line at fault.
    """
    return tuple(
        _line(line, where, number, kinds)
        for number, line in enumerate(text.split("\n"), 1)
        if line and line[0] != "#"
    )


def _line(line: str, where: str, number: int, kinds: Container[str]) -> PointsLine:
    try:
        weight, kind, *words = line.split(" ")
        is_near = words[1:2] == [_BETWEEN]
        if is_near:
            del words[1]
        if not 1 <= len(words) <= 2 or "" in words or _BETWEEN in words or kind not in kinds:
            raise ValueError
        return PointsLine(float(weight), kind, tuple(words), is_near)
    except ValueError as error:
        problem = "not `points kind word [_] [word]`"
        raise DefinitionError(f"{where}, line {number}", problem) from error


def words_weighed(passed_over: Iterable[str], lines: Iterable[PointsLine]) -> Iterator[str]:
    """Yield the words that the lines spell out, and those that are passed over."""
    yield from passed_over
    for line in lines:
        for word in line.words:
            if word[0] != "{" and word[-1] != "*":
                yield word


def scorecard_of(file: PointsFile, lines: Iterable[PointsLine], lexicon: Lexicon) -> Scorecard:
    """Return the scorecard over the codes of `lexicon`.

    Raises DefinitionError naming a word that has no code, or totals that are out of order.
    """
    if not file.offset < file.check_in < file.crisis <= file.demoted:
        raise DefinitionError("points.yaml", "offset, check_in, crisis and demoted must rise")
    codes = _Codes(lexicon, "points.txt")
    points = {codes.feature(line): Points(line.weight, *DANGERS[line.kind]) for line in lines}
    opening = frozenset(
        feature
        for feature, each in points.items()
        if len(feature) == 2 and each.weight >= file.opens
    )
    if not opening:
        raise DefinitionError("points.yaml", "no word has enough points to open the scorecard")
    return Scorecard(
        points=points,
        offset=file.offset,
        check_in=file.check_in,
        crisis=file.crisis,
        demoted=file.demoted,
        opening=opening,
        passed_over=frozenset(lexicon.codes[word] for word in file.passed_over),
    )


def harmless_of(file: HarmlessFile, lines: Iterable[PointsLine], lexicon: Lexicon) -> Harmless:
    """Return the points against danger over the codes of `lexicon`.

    Raises DefinitionError naming a word that has no code, or totals that are out of order.
    """
    if not max(file.offset, 0.0) < file.demotes:
        raise DefinitionError("harmless.yaml", "demotes must be above zero and above offset")
    codes = _Codes(lexicon, "harmless.txt")
    return Harmless(
        points={codes.feature(line): line.weight for line in lines},
        offset=file.offset,
        demotes=file.demotes,
        passed_over=frozenset(lexicon.codes[word] for word in file.passed_over),
    )


class _Codes(dict[str, bytes]):
    """The codes of words, each looked up in the lexicon once."""

    def __init__(self, lexicon: Lexicon, where: str) -> None:
        super().__init__()
        self._lexicon, self._where = lexicon, where

    def __missing__(self, word: str) -> bytes:
        code = self[word] = _code(word, self._lexicon)
        if len(code) != 2:
            raise DefinitionError(self._where, f"no single code stands for the word {word}")
        return code

    def feature(self, line: PointsLine) -> bytes:
        return (NEAR if line.is_near else b"").join([self[word] for word in line.words])


def _code(word: str, lexicon: Lexicon) -> bytes:
    if word[0] == "{":
        return NUMBER_CODES.get(word[1:-1], b"")
    if word[-1] == "*":
        return lexicon.prefixes.get(word[:-1], b"")
    return lexicon.codes.get(word, b"")
