"""Settles what a fit leaves wrong among the sentences that the tests hold.

A fit weighs texts against each other, so a few plain sentences ("she is unconscious, what do I
do") always pay for many others. They are taken one by one, and the points of what stands in them
moved by the least that makes them come out right: the passive-aggressive steps of Crammer et al.,
Online Passive-Aggressive Algorithms, JMLR 2006.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from benchmarks.learning import FIRST_CODE, Read, ReadRow
from bot.rules.crisis.detector import is_short
from bot.rules.crisis.lexicon import EDGE_CODES, UNKNOWN
from bot.rules.crisis.neighbours import CODE_BYTES
from bot.rules.crisis.scorecard import Scorecard

PASSES = 12
MARGIN, ROUNDING = 0.1, 0.05
"""How far beyond its line a sentence is moved, and how far it has to be: points are written with
two places, and what that takes away adds up."""
_STANDING = b"stands "
_EDGES = frozenset(EDGE_CODES.values())


@dataclass(frozen=True, slots=True)
class Miss:
    """How many points a text lacks (or has too many, below zero), in which of its sentences."""

    points: float
    first: int
    last: int


def settled(card: Scorecard, rows: Sequence[ReadRow]) -> tuple[Scorecard, int]:
    """Return the card after the steps, and how many rows are wrong still."""
    points = dict(card.points)
    wrong = 0
    for _ in range(PASSES):
        card = replace(card, points=points)  # it sorts neighbours that had no points before
        wrong = 0
        for row, read in rows:
            miss = missed(card, read, is_danger=row.is_danger)
            if miss is not None:
                wrong += 1
                _move(points, card, read, miss)
        if not wrong:
            break
    return card, wrong


def missed(card: Scorecard, read: Read, *, is_danger: bool) -> Miss | None:
    """Return what the text misses; None if it comes out right."""
    run = card.best_run(read.sentences, read.signs)
    line = _line(card, read)
    beyond = run.total - line if is_danger else line - run.total
    if beyond > ROUNDING:
        return None
    first, last = (run.first, run.last) if run.last > run.first else (0, len(read.sentences))
    aim = line + MARGIN if is_danger else line - MARGIN
    return Miss(aim - run.total, first, last)


def let_in(
    card: Scorecard, rows: Sequence[ReadRow], opens: float, opens_pairs: float
) -> Scorecard:
    """Return the card with points for neighbours in each danger that would not be weighed at all.

    Where no frame saw anything, a word with `opens` points or neighbours with `opens_pairs` have
    to ask for the scorecard; what stands only in words near one another never would.
    """
    points = dict(card.points)
    least = {CODE_BYTES: opens, 2 * CODE_BYTES: opens_pairs}
    for row, read in rows:
        if row.is_danger and not read.signs:
            told = (each for each in read.counts(card) if len(each) in least)
            told = (each for each in told if _EDGES.isdisjoint(_parts(each)))
            weights = {each: points.get(each, 0.0) for each in told}
            if all(weight < least[len(each)] for each, weight in weights.items()):
                _let_in(points, weights, opens_pairs)
    return replace(card, points=points)


def _let_in(points: dict[bytes, float], weights: Mapping[bytes, float], least: float) -> None:
    """Give the weightiest pair the points that let it open."""
    pairs = [each for each in weights if len(each) > CODE_BYTES and UNKNOWN not in _parts(each)]
    if pairs:
        points[max(pairs, key=lambda each: (weights[each], each))] = least


def _parts(feature: bytes) -> tuple[bytes, bytes]:
    return feature[:CODE_BYTES], feature[-CODE_BYTES:]


def _line(card: Scorecard, read: Read) -> float:
    """Return the points from which the text fires: fewer where a frame sees danger in it."""
    seen = [
        words
        for words in read.sentences
        if any(sign.startswith(_STANDING) for sign in read.signs.get(b"".join(words), ()))
    ]
    if not seen:
        return card.crisis
    is_brief = any(is_short(b"".join(words[1:-1]), card.passed_over) for words in seen)
    return card.stands_short if is_brief else card.stands


def _move(points: dict[bytes, float], card: Scorecard, read: Read, miss: Miss) -> None:
    """Move the points of the words: those of frames count in too many other texts.

    Where no word has points, neighbours get some.
    """
    counts = read.counts(card, miss.first, miss.last)
    words = {each: count for each, count in counts.items() if each[0] >= FIRST_CODE}
    told = {each: count for each, count in words.items() if each in points} or {
        each: count
        for each, count in words.items()
        if len(each) == 2 * CODE_BYTES and UNKNOWN not in _parts(each)
    }
    size = sum(count * count for count in told.values())
    for feature, count in told.items():
        points[feature] = points.get(feature, 0.0) + miss.points * count / size
