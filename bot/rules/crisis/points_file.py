"""Reading the points of words: a line `points category word`, or two words, or `word _ word`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec

from bot.core.errors import DefinitionError
from bot.core.findings import Category
from bot.rules.crisis.lexicon import NUMBER_CODES, Lexicon
from bot.rules.crisis.scorecard import NEAR, Points, Scorecard

_BETWEEN = "_"
_CATEGORIES = {each.value: each for each in Category}


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


@dataclass(frozen=True, slots=True)
class PointsLine:
    """One line: the points, the category they count for, and one or two words.

    A word may be `{digit}` or another kind of number, and may end in a star for every longer word.
    `is_near` tells that one or two other words stand between the two.
    """

    weight: float
    category: Category
    words: tuple[str, ...]
    is_near: bool


def read_points(text: str, where: str) -> tuple[PointsLine, ...]:
    """Return the lines of a points file. Raises DefinitionError naming the line at fault."""
    return tuple(
        _line(line, f"{where}, line {number}")
        for number, line in enumerate(text.split("\n"), 1)
        if line and line[0] != "#"
    )


def _line(line: str, where: str) -> PointsLine:
    try:
        weight, category, *words = line.split(" ")
        is_near = words[1:2] == [_BETWEEN]
        if is_near:
            del words[1]
        if not 1 <= len(words) <= 2 or "" in words or _BETWEEN in words:
            raise ValueError
        return PointsLine(float(weight), _CATEGORIES[category], tuple(words), is_near)
    except (ValueError, KeyError) as error:
        raise DefinitionError(where, "not `points category word [_] [word]`") from error


def words_weighed(file: PointsFile, lines: Iterable[PointsLine]) -> Iterator[str]:
    """Yield the words that the lines spell out, and those that are passed over."""
    yield from file.passed_over
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
    points = {_feature(line, lexicon): Points(line.weight, line.category) for line in lines}
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


def _feature(line: PointsLine, lexicon: Lexicon) -> bytes:
    return (NEAR if line.is_near else b"").join(_code(word, lexicon) for word in line.words)


def _code(word: str, lexicon: Lexicon) -> bytes:
    if word[0] == "{":
        code = NUMBER_CODES.get(word[1:-1], b"")
    elif word[-1] == "*":
        code = lexicon.prefixes.get(word[:-1], b"")
    else:
        code = lexicon.codes.get(word, b"")
    if len(code) != 2:
        raise DefinitionError("points.txt", f"no single code stands for the word {word}")
    return code
