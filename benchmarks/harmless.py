"""Finds the points that speak against danger: `python -m benchmarks.harmless --write`.

A logistic regression over the sentences in which a frame stands at crisis or above, in the
project's own labelled texts and grids (the sealed ones left out): what tells those of denials, the
past, topics and plain life from those of danger? What it finds is written to `harmless.txt`; the
total that demotes stands in `harmless.yaml` and is chosen by hand, from the table printed here: of
texts left out of the fit, how many of danger and how many others a total demotes. Needs
scikit-learn, which nothing that runs does.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from benchmarks.crisis_texts import (
    Row,
    grid_rows,
    net_rows,
    own_rows,
    pair_rows,
    placed_rows,
    some,
)
from benchmarks.points import LEAST_POINTS, named, with_new_words, write
from benchmarks.regression import common, regressed
from bot.core.findings import Tier
from bot.rules.crisis import Detector, load_detector
from bot.rules.crisis.coded import Coded
from bot.rules.crisis.fold import fold
from bot.rules.crisis.model import Hit
from bot.rules.crisis.scorecard import features_of, sentences_of
from bot.rules.crisis.surroundings import look_around

DANGER = "crisis"
UNFIRED = 0.3
"""What a text counts in which no frame stands: it only tells words apart."""
GRID_WEIGHT = 0.3
GRID_SHARE = 0.15
FOLDS = 5
TOTALS = (1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0)
HEAD = """\
# Points of words (English and Spanish) that speak against danger: `points label word`, of two
# neighbours, or of `word _ word` with one or two words between. Found by `benchmarks/harmless.py`
# from {texts} labelled texts of our own; not written by hand.
"""


@dataclass(frozen=True, slots=True)
class Sample:
    """The features of one stretch, whether a frame stands in it, and how much it counts."""

    place: int
    features: frozenset[bytes]
    is_fired: bool
    weight: float


def standing(detector: Detector, text: str) -> tuple[Coded, list[Hit]]:
    """Return the text in word codes, and the hits in it that stand at crisis or above."""
    view = fold(text)
    coded = Coded(view.text, detector.lexicon)
    hits = detector.hits(text, view, coded, detector.gate.set.Match(coded.codes))
    return coded, [hit for hit in hits if hit.tier >= Tier.CRISIS]


def samples_of(detector: Detector, rows: Sequence[Row]) -> Iterator[Sample]:
    """Yield a sample for each sentence with a standing hit, or one for the whole text."""
    passed_over = detector.grammar.harmless.passed_over
    for place, row in enumerate(rows):
        coded, hits = standing(detector, row.text)
        stretches = {look_around(hit.reading, hit.start, hit.end).sentence for hit in hits}
        for codes in sorted(stretches) or [coded.codes]:
            words = [word for part, _ in sentences_of(codes, passed_over) for word in part]
            weight = row.share / len(stretches) if stretches else row.share * UNFIRED
            yield Sample(place, frozenset(features_of(words)), bool(stretches), weight)


@dataclass(frozen=True, slots=True)
class Fit:
    """The points that a regression gave, and what a sentence without them has."""

    points: dict[bytes, float]
    offset: float

    def total(self, sample: Sample) -> float:
        """Return the points of a sample."""
        return self.offset + sum(self.points.get(each, 0.0) for each in sample.features)


def fitted(samples: Sequence[Sample], rows: Sequence[Row]) -> Fit:
    """Return the points that tell sentences without danger (above zero) from those of danger."""
    return Fit(
        *regressed(
            [dict.fromkeys(each.features, 1) for each in samples],
            [rows[each.place].label != DANGER for each in samples],
            [each.weight for each in samples],
            common(each.features for each in samples),
        )
    )


def left_out_totals(samples: Sequence[Sample], rows: Sequence[Row]) -> dict[int, float]:
    """Return, for every text with a standing hit, its lowest total by a fit without the text."""
    folds = [random.Random(place).randrange(FOLDS) for place in range(len(rows))]
    lowest: dict[int, float] = {}
    for fold_number in range(FOLDS):
        fit = fitted([each for each in samples if folds[each.place] != fold_number], rows)
        for each in samples:
            if each.is_fired and folds[each.place] == fold_number:
                total = fit.total(each)
                lowest[each.place] = min(total, lowest.get(each.place, total))
    return lowest


def table(lowest: dict[int, float], rows: Sequence[Row], own: int) -> Iterator[str]:
    """Yield a line for each total: of each label, how many texts it demotes."""
    labels = {place: _told(rows[place]) for place in lowest if place < own}
    for needed in TOTALS:
        demoted = Counter(label for place, label in labels.items() if lowest[place] >= needed)
        sizes = sorted(Counter(labels.values()).items())
        yield f"{needed}: {', '.join(f'{label} {demoted[label]}/{size}' for label, size in sizes)}"


def _told(row: Row) -> str:
    return "others" if row.is_others else row.label


def reasons_of(samples: Iterable[Sample], rows: Sequence[Row]) -> dict[bytes, str]:
    """Return, for every feature of a harmless sample, why most of its samples are harmless."""
    votes: defaultdict[bytes, Counter[str]] = defaultdict(Counter)
    for each in samples:
        label = rows[each.place].label
        for feature in each.features if label != DANGER else ():
            votes[feature][label] += 1
    return {
        feature: max(counts, key=lambda each: (counts[each], each))
        for feature, counts in votes.items()
    }


def written(
    points: dict[bytes, float], reasons: dict[bytes, str], names: dict[bytes, str]
) -> Iterator[str]:
    """Yield the lines of `harmless.txt`, the heaviest first."""
    for feature in sorted(points, key=lambda each: (-points[each], each)):
        words = named(feature, names)
        if words is not None and abs(points[feature]) >= LEAST_POINTS:
            yield f"{points[feature]:.2f} {reasons.get(feature, 'none')} {words}"


def without_harmless(detector: Detector) -> Detector:
    """Return the detector of frames alone: nothing speaks against what they see."""
    harmless = replace(detector.grammar.harmless, demotes=float("inf"))
    return replace(detector, grammar=replace(detector.grammar, harmless=harmless))


def main(arguments: Any) -> None:
    """Find the points and write or count them."""
    detector = without_harmless(load_detector())
    own = [row for row in own_rows() if row.label != "check_in"]
    grids = [replace(row, share=GRID_WEIGHT) for row in some(list(grid_rows()), GRID_SHARE)]
    rows = [*own, *net_rows(), *pair_rows(), *placed_rows(), *grids]
    lexicon, names = with_new_words(detector.lexicon, (row.text for row in own))
    samples = list(samples_of(replace(detector, lexicon=lexicon), rows))
    for line in table(left_out_totals(samples, rows), rows, len(own)):
        print(line)
    fit = fitted(samples, rows)
    lines = list(written(fit.points, reasons_of(samples, rows), names))
    print(f"{len(rows)} texts, {len(lines)} of {len(fit.points)} kept, offset {fit.offset:.2f}")
    if arguments.write:
        write("harmless", HEAD.format(texts=len(rows)), lines, fit.offset)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write harmless.txt")
    main(parser.parse_args())
