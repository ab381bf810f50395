"""Finds the points of the crisis scorecard: `python -m benchmarks.points --data FOLDER --write`.

A logistic regression over the project's own labelled texts and grids (tests/rules/crisis, the
sealed ones left out) and, where they are at hand, over ordinary messages. What it finds is written
to `points.txt` in the definitions, a line a word or pair of words; the totals that raise a finding
stand in `points.yaml` and are chosen by hand. Needs scikit-learn (`pip install scikit-learn`),
which nothing else here does.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.crisis_texts import (
    NOT_DANGER_WEIGHT,
    WEIGHTS,
    Row,
    grid_rows,
    net_rows,
    ordinary_rows,
    own_rows,
    pair_rows,
    some,
)
from benchmarks.regression import LEAST_TEXTS, common, regressed
from bot.core.findings import Category, Tier
from bot.rules.crisis import Detector, load_detector
from bot.rules.crisis.coded import Coded
from bot.rules.crisis.fold import fold
from bot.rules.crisis.lexicon import NUMBER_CODES, UNKNOWN, Lexicon
from bot.rules.crisis.load import DEFINITIONS
from bot.rules.crisis.points_file import OF_OTHERS
from bot.rules.crisis.scorecard import NEAR, Points, Scorecard, features_of, sentences_of

ROUNDS = 3
GRID_SHARE = 0.1
HARD = 0.75
"""Harmless products of grids with that many points are learned as well."""
LEAST_POINTS = 0.25
OTHERS_RATIO = 2.0
"""How much more often a word stands in texts about others before it speaks of others."""
MOST_NEW_WORDS = 1_800
CATEGORY_NAMES = {"self_harm": "self-harm", "harm_others": "harm-to-others"}
HEAD = """\
# Points of words (English and Spanish) in the crisis scorecard: `points category word`, of two
# neighbours, or of `word _ word` with one or two words between; `/other` marks what speaks of
# somebody else. Found by `benchmarks/points.py`
# from {texts} labelled texts of our own and {ordinary} other messages; not written by hand.
"""


def with_new_words(lexicon: Lexicon, texts: Iterable[str]) -> tuple[Lexicon, dict[bytes, str]]:
    """Return the lexicon with codes for the words it lacks, and the name of every code."""
    counts = Counter(word for text in texts for word in _unknown_words(lexicon, text))
    taken = set(lexicon.codes.values())
    free = (bytes(pair) for pair in _codes() if bytes(pair) not in taken)
    wanted = [word for word, count in counts.most_common(MOST_NEW_WORDS) if count >= LEAST_TEXTS]
    codes = dict(lexicon.codes) | dict(zip(wanted, free, strict=False))
    names = {code: word for word, code in reversed(codes.items()) if len(code) == 2 and word > " "}
    names |= {code: f"{prefix}*" for prefix, code in lexicon.prefixes.items()}
    names |= {code: f"{{{kind}}}" for kind, code in NUMBER_CODES.items()}
    return replace(lexicon, codes=codes), names


def _codes() -> Iterator[tuple[int, int]]:
    return ((high, low) for high in range(0x83, 0xFF) for low in range(0x80))


def _unknown_words(lexicon: Lexicon, text: str) -> set[str]:
    words = (word.replace("'", "") for word in re.findall(r"[a-z']+", fold(text).text))
    return {word for word in words if 1 < len(word) < 20 and lexicon.parts([word]) == [UNKNOWN]}


@dataclass(frozen=True, slots=True)
class Sample:
    """What is counted of one row: features and how often, and whether it is danger."""

    counts: Counter[bytes]
    is_danger: bool
    weight: float


Read = list[list[bytes]]
"""The word codes of a text, sentence by sentence."""


def counts_of(sentences: Iterable[list[bytes]]) -> Counter[bytes]:
    """Return how many sentences hold each feature."""
    return Counter(feature for words in sentences for feature in features_of(words))


def learned(rows: list[Row], read: list[Read], card: Scorecard, harmless: list[Read]) -> Scorecard:
    """Return the scorecard of the rows, whose sentences are `read`.

    First whole texts count; then, of each text of danger, the run of sentences that the scorecard
    found; beside every other text the run that looked worst; and what of `harmless` has too many.
    """
    hard: dict[int, Sample] = {}
    samples = [
        Sample(counts_of(sentences), row.label == "crisis", row.weight)
        for row, sentences in zip(rows, read, strict=True)
    ]
    card = fitted(samples, card)
    for _ in range(ROUNDS):
        worst = list(_worst_runs(rows, read, card))
        own = [each for each in samples if not each.is_danger]
        for place, sentences in enumerate(harmless):
            if card.best_run(sentences)[0] >= HARD:
                hard[place] = Sample(counts_of(sentences), False, NOT_DANGER_WEIGHT)
        card = fitted([*own, *worst, *hard.values()], card)
    return card


def _worst_runs(rows: list[Row], read: list[Read], card: Scorecard) -> Iterator[Sample]:
    for row, sentences in zip(rows, read, strict=True):
        _, first, last = card.best_run(sentences)
        is_danger = row.label == "crisis"
        if is_danger and first == last:
            first, last = 0, len(sentences)
        if is_danger or 0 < last - first < len(sentences):
            yield Sample(counts_of(sentences[first:last]), is_danger, row.weight)


def fitted(samples: list[Sample], card: Scorecard) -> Scorecard:
    """Return the card with the points that a logistic regression gives the samples."""
    own = (each.counts for each in samples if each.weight != WEIGHTS["ordinary"] or each.is_danger)
    weights, offset = regressed(
        [each.counts for each in samples],
        [each.is_danger for each in samples],
        [each.weight for each in samples],
        common(own),
    )
    points = {feature: Points(weight, Category.SUICIDE) for feature, weight in weights.items()}
    return replace(card, points=points, offset=offset)


def categories_of(rows: list[Row], read: list[Read], detector: Detector) -> dict[bytes, Category]:
    """Return the danger that each feature stands beside most often, seldom dangers lifted."""
    told = [
        (_category(row, detector), counts_of(sentences))
        for row, sentences in zip(rows, read, strict=True)
    ]
    sizes = Counter(category for category, _ in told if category)
    votes: defaultdict[bytes, Counter[Category]] = defaultdict(Counter)
    for category, features in told:
        for feature in features if category else ():
            votes[feature][category] += 1
    return {
        feature: max(counts, key=lambda each: (counts[each] / sizes[each] ** 0.5, each))
        for feature, counts in votes.items()
    }


def others_of(rows: list[Row], read: list[Read]) -> set[bytes]:
    """Return the features that stand mostly in texts about others in danger, for their number."""
    counts = {False: Counter[bytes](), True: Counter[bytes]()}
    sizes = Counter[bool]()
    for row, sentences in zip(rows, read, strict=True):
        if row.label == "crisis":
            sizes[row.is_others] += 1
            counts[row.is_others].update(counts_of(sentences).keys())
    own, others = counts[False], counts[True]
    least = OTHERS_RATIO * sizes[True] / sizes[False]
    return {feature for feature, count in others.items() if count > least * own[feature]}


def _category(row: Row, detector: Detector) -> Category | None:
    if row.label != "crisis":
        return None
    name = CATEGORY_NAMES.get(row.category, row.category)
    if name in list(Category):
        return Category(name)
    finding = detector.screen(row.text)
    return finding.category if finding.tier >= Tier.CRISIS else None


def written(
    weights: dict[bytes, float], kinds: Callable[[bytes], str], names: dict[bytes, str]
) -> Iterator[str]:
    """Yield the lines of `points.txt`, the heaviest first."""
    for feature in sorted(weights, key=lambda each: (-weights[each], each)):
        words = named(feature, names)
        if words is not None and abs(weights[feature]) >= LEAST_POINTS:
            yield f"{weights[feature]:.2f} {kinds(feature)} {words}"


def named(feature: bytes, names: dict[bytes, str]) -> str | None:
    """Return how the feature is written in a file of points; None if a word of it has no name."""
    codes = [feature[:2], feature[-2:]] if len(feature) > 2 else [feature]
    words = [names.get(code) for code in codes]
    if None in words:
        return None
    return (f" {NEAR.decode()} " if len(feature) == 5 else " ").join(map(str, words))


def main(arguments: Any) -> None:
    """Find the points and write or count them."""
    detector = load_detector()
    own = list(own_rows())
    ordinary = list(ordinary_rows(arguments.data)) if arguments.data else []
    lexicon, names = with_new_words(detector.lexicon, (row.text for row in own))
    products = list(grid_rows())
    rows = [*own, *net_rows(), *pair_rows(), *some(products, GRID_SHARE), *ordinary]
    read = [sentences_in(row.text, lexicon, detector.scorecard) for row in rows]
    harmless = [
        sentences_in(row.text, lexicon, detector.scorecard)
        for row in products
        if row.label == "none"
    ]
    card = learned(rows, read, detector.scorecard, harmless)
    weights = {feature: each.weight for feature, each in card.points.items()}
    categories, others = categories_of(rows, read, detector), others_of(rows, read)

    def kinds(feature: bytes) -> str:
        category = categories.get(feature, Category.SUICIDE)
        return f"{category}{OF_OTHERS if feature in others else ''}"

    lines = list(written(weights, kinds, names))
    print(f"{len(rows)} texts, {len(lines)} of {len(weights)} kept, offset {card.offset:.2f}")
    if arguments.write:
        head = HEAD.format(texts=len(rows) - len(ordinary), ordinary=len(ordinary))
        write("points", head, lines, card.offset)


def write(name: str, head: str, lines: list[str], offset: float) -> None:
    """Write the file of points called so, and the offset into the file beside it."""
    text = head + "\n".join(lines) + "\n"
    (DEFINITIONS / f"{name}.txt").write_text(text, encoding="utf-8")
    beside = DEFINITIONS / f"{name}.yaml"
    told = re.sub(r"(?m)^offset: .*$", f"offset: {offset:.2f}", beside.read_text("utf-8"))
    beside.write_text(told, encoding="utf-8")


def sentences_in(text: str, lexicon: Lexicon, card: Scorecard) -> list[list[bytes]]:
    """Return the word codes of the text's sentences, as the scorecard reads them."""
    coded = Coded(fold(text).text, lexicon)
    return [words for words, _ in sentences_of(coded.codes, card.passed_over)]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="a folder of ordinary messages")
    parser.add_argument("--write", action="store_true", help="write points.txt")
    main(parser.parse_args())
