"""Logistic regression over counted features; needs scikit-learn, which nothing that runs does."""

from __future__ import annotations

import importlib
from array import array
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

LEAST_TEXTS = 3
"""A feature in fewer texts has no points."""
MOST_FEATURES = 100_000
STEPS = (2 * MOST_FEATURES, MOST_FEATURES)
"""How many features are left, step by step, of those that have points in the end."""
LEFT_OUT = 0.3
"""Each text is learned from copies, each without that share of its features."""
COPIES, STEP_COPIES, LAST_COPIES = 2, 4, 12
"""How many copies there are on the way, while features are chosen, and for the points that stay.

What a copy leaves out is left to chance, and chance costs: twelve copies in place of two found two
more in a hundred dangers of writers nobody had learned from, at as many false alarms.
"""
STRENGTH = 1.0
"""scikit-learn's C: how much the points may trust single texts."""


def common(counted: Iterable[Iterable[bytes]]) -> list[bytes]:
    """Return the features that stand in enough of the texts, in order."""
    texts = Counter(feature for features in counted for feature in features)
    return sorted(feature for feature, count in texts.items() if count >= LEAST_TEXTS)


def regressed(
    counted: Sequence[Mapping[bytes, float]],
    labels: Sequence[bool],
    weights: Sequence[float],
    features: Sequence[bytes],
    *,
    keep: Collection[bytes],
    steps: Sequence[int] = (),
) -> tuple[dict[bytes, float], float]:
    """Return the points of the features, and what a text without them has.

    Positive points speak for the label. `counted` holds how often each feature stands in a text.
    For each of the `steps` that many of the weightiest features are weighed again without the
    others: what is left takes over the points of what is not. Those of `keep` are always left,
    in every copy too.
    """
    for most in steps:
        points, _ = _regressed(counted, labels, weights, features, keep, STEP_COPIES)
        heaviest = sorted(points, key=lambda each: (each not in keep, -abs(points[each]), each))
        features = sorted(heaviest[:most])
    copies = LAST_COPIES if steps else COPIES
    return _regressed(counted, labels, weights, features, keep, copies)


def _regressed(
    counted: Sequence[Mapping[bytes, float]],
    labels: Sequence[bool],
    weights: Sequence[float],
    features: Sequence[bytes],
    keep: Collection[bytes],
    copies: int,
) -> tuple[dict[bytes, float], float]:
    numpy = importlib.import_module("numpy")
    sparse = importlib.import_module("scipy.sparse")
    linear = importlib.import_module("sklearn.linear_model")
    index = {feature: place for place, feature in enumerate(features)}
    columns, values, ends = array("i"), array("d"), array("q", [0])
    for counts in counted:
        for feature in counts.keys() & index.keys():
            columns.append(index[feature])
            values.append(counts[feature])
        ends.append(len(columns))
    cells = numpy.asarray(values), numpy.asarray(columns), numpy.asarray(ends)
    matrix = sparse.csr_matrix(cells, shape=(len(counted), len(index)))
    matrix.sort_indices()
    always = [index[feature] for feature in keep if feature in index]
    model = linear.LogisticRegression(C=STRENGTH, solver="liblinear", max_iter=500)
    model.fit(
        sparse.vstack(list(_thinned(matrix, always, copies)), format="csr"),
        [*labels] * copies,
        [weight / copies for weight in weights] * copies,
    )
    points = dict(zip(index, map(float, model.coef_[0]), strict=True))
    return points, float(model.intercept_[0])


def _thinned(matrix: Any, always: Sequence[int], copies: int) -> Iterator[Any]:
    """Yield copies of the texts, in each of which other features are left out.

    So no text can be known by one rare word: what speaks beside it has to carry some of the
    points. What is left counts more, so that sums stay what they are.
    """
    numpy = importlib.import_module("numpy")
    generator = numpy.random.default_rng(0)
    for _ in range(copies):
        copy = matrix.copy()
        is_left = generator.random(copy.nnz) >= LEFT_OUT
        thinned = copy.data * is_left / (1 - LEFT_OUT)
        copy.data = numpy.where(numpy.isin(copy.indices, always), copy.data, thinned)
        copy.eliminate_zeros()
        yield copy
