"""Finds the points of the crisis scorecard: `python -m benchmarks.points --data FOLDER --write`.

`--settle --write` fits nothing: it moves the points as they stand until all that tests hold comes
out right, which is enough after a change of the totals, or of what `points.yaml` promises. It
too needs `--data`, or the ordinary messages there are not settled beside.

A logistic regression over the project's own labelled texts and grids (tests/rules/crisis, the
sealed ones left out), over real chats and, where they are at hand, over other ordinary messages.
What it finds is written
to `points.txt` in the definitions, a line a word or pair of words; the totals that raise a finding
stand in `points.yaml` and are chosen by hand. Needs scikit-learn (`pip install scikit-learn`),
which nothing else here does.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.crisis_texts import (
    CHAT,
    ORDINARY,
    Row,
    all_placed_rows,
    asked,
    chat_rows,
    checked_rows,
    example_rows,
    grid_rows,
    net_rows,
    ordinary_rows,
    own_rows,
    pair_rows,
    placed_rows,
    some,
)
from benchmarks.learning import FIRST_CODE, ReadRow, learned
from benchmarks.new_words import names_of, with_new_words
from benchmarks.readers import read_all
from benchmarks.settling import let_in, settled
from bot.core.findings import Category, Tier
from bot.rules.crisis import Detector, load_detector
from bot.rules.crisis.detector import standing
from bot.rules.crisis.load import DEFINITIONS, rule_entries
from bot.rules.crisis.points_file import FRAME, OF_OTHERS
from bot.rules.crisis.scorecard import Danger, Scorecard

Told = tuple[Row, Collection[bytes]]
"""A text of danger, and its features."""
GRID_SHARE = 0.1
LEAST_POINTS = 0.02
ROUNDS_OF_HELD = 4
"""How often what tests hold is let in and settled: each may undo a little of the other."""
DISTRUSTED = ("voi", "voi a", "{start}", "{end}")
"""A phone's `voy`: whoever wrote it in our texts was mostly in danger, in life everybody does. And
what every sentence has, for which there are points already."""
OTHERS_RATIO = 2.0
"""How much more often a word stands in texts about others before it speaks of others."""
CATEGORY_NAMES = {"self_harm": "self-harm", "harm_others": "harm-to-others"}
HEAD = """\
# Points of words (English and Spanish) in the crisis scorecard: `points category word`, of two
# neighbours, or of `word _ word` with one or two words between, or of families with whatever words
# of none between (`[a] __ [b]`); `{{start}}`, `{{end}}`, `{{asked}}` are the edges of a sentence;
# `/other` marks what speaks of somebody else; `frame` are the points of what frames saw. Found by
# `benchmarks/points.py` from {texts} labelled texts of our own and {ordinary} other messages;
# not written by hand.
"""


def categories_of(dangers: Sequence[Told], detector: Detector) -> dict[bytes, Category]:
    """Return the danger that each feature stands beside most often, seldom dangers lifted."""
    told = [(_category(row, detector), features) for row, features in dangers]
    sizes = Counter(category for category, _ in told if category)
    votes: defaultdict[bytes, Counter[Category]] = defaultdict(Counter)
    for category, features in told:
        for feature in features if category else ():
            votes[feature][category] += 1
    return {
        feature: max(counts, key=lambda each: (counts[each] / sizes[each] ** 0.5, each))
        for feature, counts in votes.items()
    }


def others_of(dangers: Sequence[Told]) -> set[bytes]:
    """Return the features that stand mostly in texts about others in danger, for their number."""
    counts = {False: Counter[bytes](), True: Counter[bytes]()}
    sizes = Counter(row.is_others for row, _ in dangers)
    for row, features in dangers:
        counts[row.is_others].update(features)
    own, others = counts[False], counts[True]
    least = OTHERS_RATIO * sizes[True] / sizes[False]
    return {feature for feature, count in others.items() if count > least * own[feature]}


def _category(row: Row, detector: Detector) -> Category | None:
    name = CATEGORY_NAMES.get(row.category, row.category)
    if name in list(Category):
        return Category(name)
    finding = detector.screen(row.text)
    return finding.category if finding.tier >= Tier.CRISIS else None


def written(
    points: Mapping[bytes, float], dangers: Mapping[bytes, Danger], names: Mapping[bytes, str]
) -> Iterator[str]:
    """Yield the lines of `points.txt`, the heaviest first; one for each rule that can stand.

    A rule without a line is one that the fit has not met, and is not judged by points.
    """
    weights = {standing(entry.id): 0.0 for entry in rule_entries()} | dict(points)
    for feature in sorted(weights, key=lambda each: (-weights[each], each)):
        if can_be_told(feature, names):
            kind = FRAME if feature[0] < FIRST_CODE else _kind(dangers.get(feature))
            yield f"{weights[feature]:.2f} {kind} {named(feature, names)}"


def _kind(danger: Danger | None) -> str:
    """Return how a line names a danger; what settling brought in points to suicide."""
    if danger is None:
        return Category.SUICIDE
    return f"{danger.category}{OF_OTHERS if danger.is_others else ''}"


def named(feature: bytes, names: Mapping[bytes, str]) -> str | None:
    """Return how the feature is written in a file of points; None if a word of it has no name."""
    if feature[0] < FIRST_CODE:
        return feature.decode()
    codes = [feature[:2], feature[-2:]] if len(feature) > 2 else [feature]
    words = [names.get(code) for code in codes]
    if None in words:
        return None
    between = feature[2:-2].decode() if len(feature) > 4 else ""
    return f" {between} ".replace("  ", " ").join(map(str, words))


def can_be_told(feature: bytes, names: Mapping[bytes, str]) -> bool:
    """Return whether a feature may have points: it has a name, and none that is distrusted."""
    name = named(feature, names)
    return name is not None and name not in DISTRUSTED


def as_written(card: Scorecard) -> Scorecard:
    """Return the card as a file of points tells it, without the smallest points."""
    points = {feature: round(weight, 2) for feature, weight in card.points.items()}
    heavy = {each: weight for each, weight in points.items() if abs(weight) >= LEAST_POINTS}
    return replace(card, points=heavy)


def held_rows() -> Iterator[Row]:
    """Yield the sentences that tests hold, beside the products of grids."""
    plain = [*net_rows(), *pair_rows(), *example_rows(), *checked_rows()]
    yield from (*plain, *asked(plain), *placed_rows(), *all_placed_rows())


def learn(arguments: Any) -> None:
    """Find the points and write or count them."""
    detector = load_detector()
    own = list(own_rows())
    ordinary = list(ordinary_rows(arguments.data)) if arguments.data else []
    lexicon, names = with_new_words(detector.lexicon, (row.text for row in own))
    reader = replace(detector, lexicon=lexicon)
    grids, chat = list(grid_rows()), list(chat_rows())
    beside = [*net_rows(), *pair_rows(), *placed_rows(), *example_rows()]
    rows = read_all(reader, [*own, *beside, *some(grids, GRID_SHARE), *ordinary])
    begun = replace(detector.scorecard, families=lexicon.families)
    more = read_all(reader, [*grids, *chat])
    held = [*more[: len(grids)], *read_all(reader, list(held_rows()))]
    card = as_written(learned(rows, begun, more, partial(can_be_told, names=names)))
    quiet = [*more[len(grids) :], *rows[len(rows) - len(ordinary) :]]
    card = told_settled(card, held, [each for each in quiet if each[0].label in (CHAT, ORDINARY)])
    dangers = [(row, each.counts(card).keys()) for row, each in rows if row.is_danger]
    categories, others = categories_of(dangers, detector), others_of(dangers)
    told = {
        feature: Danger(categories.get(feature, Category.SUICIDE), feature in others)
        for feature in card.points
    }
    known = len(rows) - len(ordinary)
    head = HEAD.format(texts=known, ordinary=len(ordinary) + len(chat))
    lines = list(written(card.points, told, names))
    print(f"{len(rows)} texts, {len(lines)} lines, offset {card.offset:.2f}")
    if arguments.write:
        write(head + "\n".join(lines) + "\n", card)


def settle(arguments: Any) -> None:
    """Move the points as they stand, and write or count them."""
    detector = load_detector()
    lexicon = detector.lexicon
    held = read_all(detector, [*grid_rows(), *held_rows()])
    ordinary = ordinary_rows(arguments.data) if arguments.data else ()
    quiet = [*chat_rows(), *(row for row in ordinary if row.label == ORDINARY)]
    card = told_settled(detector.scorecard, held, read_all(detector, quiet))
    lines = list(written(card.points, card.dangers, names_of(lexicon, lexicon.codes)))
    if arguments.write:
        before = (DEFINITIONS / "points.txt").read_text("utf-8").splitlines()
        head = [line for line in before if line.startswith("#")]
        write("\n".join([*head, *lines]) + "\n", card)


def told_settled(card: Scorecard, held: Sequence[ReadRow], quiet: Sequence[ReadRow]) -> Scorecard:
    """Return the card after settling, and print what it changed and what is wrong still.

    What is ordinary is settled too, since a few that fire stand for many that nobody has written
    yet; what tests hold has the last word.
    """
    after, noisy = settled(card, [*held, *quiet])
    totals = _total("opens"), _total("opens_pairs")
    wrong = -1
    for _ in range(ROUNDS_OF_HELD):
        after, wrong = settled(let_in(after, held, *totals), held)
    moved = sum(card.points.get(each) != points for each, points in after.points.items())
    print(f"{moved} points moved; {wrong} of {len(held)} sentences come out wrong by points")
    print(f"{noisy} did beside {len(quiet)} ordinary messages")
    return after


def _total(name: str) -> float:
    """Return a number of `points.yaml`, which is written by hand."""
    told = (DEFINITIONS / "points.yaml").read_text("utf-8")
    return float(re.findall(rf"(?m)^{name}: (.*)$", told)[0])


def write(text: str, card: Scorecard) -> None:
    """Write the file of points, and what every text, sentence and word has into the one beside."""
    (DEFINITIONS / "points.txt").write_text(text, encoding="utf-8")
    beside = DEFINITIONS / "points.yaml"
    told = beside.read_text("utf-8")
    for name in ("offset", "per_sentence", "per_word"):
        told = re.sub(rf"(?m)^{name}: .*$", f"{name}: {getattr(card, name):.3f}", told)
    beside.write_text(told, encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="a folder of ordinary messages")
    parser.add_argument("--settle", action="store_true", help="only move the points there are")
    parser.add_argument("--write", action="store_true", help="write points.txt")
    options = parser.parse_args()
    (settle if options.settle else learn)(options)
