"""Reading the points: a line `points kind word`, or two words, or `word _ word`.

`[family] __ [family]` are two families with whatever words of none between them.
Of the kind `frame` are the points of what frames saw: `tier crisis`, `stands RULE`, `falls RULE`
(a guard demoted it, or it is weak in itself), `guard GUARD`.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from math import inf
from typing import NamedTuple

import msgspec

from bot.core.errors import DefinitionError
from bot.core.findings import Category
from bot.rules.crisis.lexicon import EDGE_CODES, NUMBER_CODES, Lexicon
from bot.rules.crisis.neighbours import AMONG, NEAR
from bot.rules.crisis.scorecard import Danger, Scorecard

OF_OTHERS = "/other"
DANGERS = {
    f"{each}{whose}": Danger(each, bool(whose)) for each in Category for whose in ("", OF_OTHERS)
}
"""How a line names a danger -> the danger."""
_WORD_BYTES, _PAIR_BYTES = 2, 4
FRAME = "frame"
_KINDS = frozenset({*DANGERS, FRAME})
_WEIGHT = re.compile(r"-?\d+\.\d+")
_MOST_PARTS = 5
_NAMED_CODES = NUMBER_CODES | EDGE_CODES
_BETWEEN = {NEAR.decode(): NEAR, AMONG.decode(): AMONG}


class PointsFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The scorecard beside its points: what every text, sentence and word has, and the totals.

    Below `stands` (`stands_short` in few words) what frames saw is a check-in; from `check_in` and
    `crisis` on a text comes to these tiers. A word with `opens` points or more lets the scorecard
    be asked, or neighbours with `opens_pairs`; `passed_over` are openers that say nothing. Each of
    `fires` must come to a crisis by points alone, none of `spares` may; in each of `demotes` a
    frame stands that must come to a check-in, each of `upholds` must fire.
    """

    note: str
    source: str
    offset: float
    per_sentence: float
    per_word: float
    stands: float
    stands_short: float
    check_in: float
    crisis: float
    opens: float
    opens_pairs: float
    passed_over: list[str]
    fires: list[str]
    spares: list[str]
    demotes: list[str]
    upholds: list[str]


class PointsLine(NamedTuple):
    """One line: the points, what they count for, and one or two words.

    A word may be `{digit}` or another kind of number, or the edge of a sentence (`{start}`,
    `{end}`, `{asked}`), and may end in a star for every longer word;
    `[medicine]` is every word of a family.
    `between` stands between two words that are near one another and no neighbours; it and `other`
    may be empty.
    """

    weight: float
    kind: str
    word: str
    between: bytes
    other: str


def read_points(text: str) -> tuple[PointsLine, ...]:
    """Return the lines of the file of points. Raises DefinitionError naming the line at fault."""
    return tuple(
        _line(line, number)
        for number, line in enumerate(text.split("\n"), 1)
        if line and line[0] != "#"
    )


def _line(line: str, number: int) -> PointsLine:
    parts = line.split(" ")
    between = _BETWEEN.get(parts[3], b"") if len(parts) == _MOST_PARTS else b""
    if len(parts) - bool(between) not in (3, 4) or "" in parts or parts[1] not in _KINDS:
        raise _not_a_line(number)
    if _WEIGHT.fullmatch(parts[0]) is None:
        raise _not_a_line(number)
    other = parts[-1] if len(parts) > 3 else ""
    if between == AMONG and not parts[2][0] == other[0] == "[":
        raise _not_a_line(number)
    return PointsLine(float(parts[0]), parts[1], parts[2], between, other)


def _not_a_line(number: int) -> DefinitionError:
    return DefinitionError(f"points.txt, line {number}", "not `points kind word [_ or __] [word]`")


def words_weighed(passed_over: Iterable[str], lines: Iterable[PointsLine]) -> Iterator[str]:
    """Yield the words that the lines spell out, and those that are passed over, each once."""
    words = {word for line in lines if line.kind != FRAME for word in (line.word, line.other)}
    yield from passed_over
    for word in words:
        if word and word[0] not in "{[" and word[-1] != "*":
            yield word


def scorecard_of(
    file: PointsFile, lines: Sequence[PointsLine], lexicon: Lexicon, named: Container[str]
) -> Scorecard:
    """Return the scorecard over the codes of `lexicon`; `named` are all rules and guards.

    Raises DefinitionError naming a word that has no code, a rule or guard that is none, or totals
    that are out of order.
    """
    if (
        not file.offset < file.check_in < file.crisis
        or file.stands > file.crisis
        or file.stands_short > file.stands
    ):
        raise DefinitionError("points.yaml", "offset, check_in, crisis must rise, from stands on")
    weighed = [line for line in lines if line.kind != FRAME]
    features = _features(weighed, lexicon)
    points = dict(zip(features, (line.weight for line in weighed), strict=True))
    least = {_WORD_BYTES: file.opens, _PAIR_BYTES: file.opens_pairs}
    opening = frozenset(
        feature for feature, weight in points.items() if weight >= least.get(len(feature), inf)
    )
    if not opening:
        raise DefinitionError("points.yaml", "nothing has enough points to open the scorecard")
    dangers = (DANGERS[line.kind] for line in weighed)
    return Scorecard(
        points=points | _points_of_frames(lines, named),
        dangers=dict(zip(features, dangers, strict=True)),
        offset=file.offset,
        per_sentence=file.per_sentence,
        per_word=file.per_word,
        stands=file.stands,
        stands_short=file.stands_short,
        check_in=file.check_in,
        crisis=file.crisis,
        opening=opening,
        passed_over=frozenset(lexicon.codes[word] for word in file.passed_over),
        families=lexicon.families,
    )


def _points_of_frames(lines: Iterable[PointsLine], named: Container[str]) -> dict[bytes, float]:
    """Return the points of what frames saw. Raises DefinitionError."""
    points = {}
    for line in lines:
        if line.kind == FRAME:
            if line.word != "tier" and line.other not in named:
                raise DefinitionError("points.txt", f"no rule or guard is called {line.other}")
            points[f"{line.word} {line.other}".encode()] = line.weight
    return points


def _features(lines: Sequence[PointsLine], lexicon: Lexicon) -> list[bytes]:
    """Return the feature that each line weighs. Raises DefinitionError."""
    words = {line.word for line in lines}.union(line.other for line in lines) - {""}
    codes = {word: _code(word, lexicon) for word in words}
    for word, code in codes.items():
        if len(code) != 2:
            raise DefinitionError("points.txt", f"no single code stands for the word {word}")
    codes[""] = b""
    return [codes[word] + between + codes[other] for _, _, word, between, other in lines]


def _code(word: str, lexicon: Lexicon) -> bytes:
    if word[0] == "{":
        return _NAMED_CODES.get(word[1:-1], b"")
    if word[0] == "[":
        return lexicon.family_codes.get(word[1:-1], b"")
    if word[-1] == "*":
        return lexicon.prefixes.get(word[:-1], b"")
    return lexicon.codes.get(word, b"")
