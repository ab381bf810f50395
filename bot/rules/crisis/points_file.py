"""Reading the points: a line `points kind word`, or two words, or `word _ word`.

`[family] __ [family]` are two families with whatever words of none between them.
Of the kind `frame` are the points of what frames saw: `tier crisis`, `stands RULE`, `falls RULE`
(a guard demoted it, or it is weak in itself), `guard GUARD`.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator
from itertools import compress
from math import inf
from typing import NamedTuple

import msgspec

from bot.core.errors import DefinitionError
from bot.core.findings import Category
from bot.rules.crisis.lexicon import EDGE_CODES, NUMBER_CODES, Lexicon
from bot.rules.crisis.scorecard import Danger, Scorecard

OF_OTHERS = "/other"
DANGERS = {
    f"{each}{whose}": Danger(each, bool(whose)) for each in Category for whose in ("", OF_OTHERS)
}
"""How a line names a danger -> the danger."""
_WORD_BYTES, _PAIR_BYTES = 2, 4
FRAME = "frame"
_KINDS = frozenset({*DANGERS, FRAME})
_LINE = re.compile(
    r"(?m)^(-?\d{1,3}\.\d{1,3}) ([^ \n]+) ([^ \n]+)(?:(?: (_|(?<=\] )__(?= \[)))? ([^ \n]+))?$"
)
_NAMED_CODES = NUMBER_CODES | EDGE_CODES


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


class Points(NamedTuple):
    """The lines, column by column: the points, what they count for, and one or two words.

    A word may be `{digit}` or another kind of number, or the edge of a sentence (`{start}`,
    `{end}`, `{asked}`), and may end in a star for every longer word; `[medicine]` is every word of
    a family. `between` says that two words are near one another, no neighbours (`_`, of families
    `__`); it and the other word may be empty.
    """

    weights: tuple[float, ...]
    kinds: tuple[str, ...]
    words: tuple[str, ...]
    between: tuple[str, ...]
    others: tuple[str, ...]


def read_points(text: str) -> Points:
    """Return the lines of the file of points. Raises DefinitionError naming the line at fault."""
    written = [line for line in text.split("\n") if line and line[0] != "#"]
    found = _LINE.findall(text)
    weights, kinds, words, between, others = zip(*found, strict=True) if found else [()] * 5
    if len(found) != len(written) or not _KINDS.issuperset(kinds):
        raise _fault(text)
    return Points(tuple(map(float, weights)), kinds, words, between, others)


def _fault(text: str) -> DefinitionError:
    """Return what to say of the first line that is none."""
    number = next(
        number
        for number, line in enumerate(text.split("\n"), 1)
        if line and line[0] != "#" and not _is_line(line)
    )
    return DefinitionError(f"points.txt, line {number}", "not `points kind word [_ or __] [word]`")


def _is_line(line: str) -> bool:
    found = _LINE.fullmatch(line)
    return found is not None and found[2] in _KINDS


def words_weighed(passed_over: Iterable[str], points: Points) -> Iterator[str]:
    """Yield the words that the lines spell out, and those that are passed over, each once."""
    yield from passed_over
    for word in _words_of(_of_words(points)):
        if word[0] not in "{[" and word[-1] != "*":
            yield word


def _of_words(points: Points) -> Points:
    """Return the lines that weigh words."""
    told = [kind != FRAME for kind in points.kinds]
    return Points._make(tuple(compress(column, told)) for column in points)


def _words_of(points: Points) -> set[str]:
    return {*points.words, *points.others} - {""}


def scorecard_of(
    file: PointsFile, points: Points, lexicon: Lexicon, named: Container[str]
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
    told = _of_words(points)
    features = _features(told, lexicon)
    weights = dict(zip(features, told.weights, strict=True))
    least = {_WORD_BYTES: file.opens, _PAIR_BYTES: file.opens_pairs}
    opening = frozenset(
        feature for feature, weight in weights.items() if weight >= least.get(len(feature), inf)
    )
    if not opening:
        raise DefinitionError("points.yaml", "nothing has enough points to open the scorecard")
    return Scorecard(
        points=weights | _points_of_frames(points, named),
        dangers=dict(zip(features, map(DANGERS.__getitem__, told.kinds), strict=True)),
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


def _points_of_frames(points: Points, named: Container[str]) -> dict[bytes, float]:
    """Return the points of what frames saw. Raises DefinitionError."""
    found = {}
    for weight, kind, word, _, other in zip(*points, strict=True):
        if kind == FRAME:
            if word != "tier" and other not in named:
                raise DefinitionError("points.txt", f"no rule or guard is called {other}")
            found[f"{word} {other}".encode()] = weight
    return found


def _features(points: Points, lexicon: Lexicon) -> list[bytes]:
    """Return the feature that each line weighs. Raises DefinitionError."""
    codes = {word: _code(word, lexicon) for word in _words_of(points)}
    for word, code in codes.items():
        if len(code) != _WORD_BYTES:
            raise DefinitionError("points.txt", f"no single code stands for the word {word}")
    codes[""] = b""
    first, second = (map(codes.__getitem__, each) for each in (points.words, points.others))
    between = map(str.encode, points.between)
    return [b"".join(parts) for parts in zip(first, between, second, strict=True)]


def _code(word: str, lexicon: Lexicon) -> bytes:
    if word[0] == "{":
        return _NAMED_CODES.get(word[1:-1], b"")
    if word[0] == "[":
        return lexicon.family_codes.get(word[1:-1], b"")
    if word[-1] == "*":
        return lexicon.prefixes.get(word[:-1], b"")
    return lexicon.codes.get(word, b"")
