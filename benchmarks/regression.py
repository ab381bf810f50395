"""Logistic regression over counted features; needs scikit-learn, which nothing that runs does."""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

LEAST_TEXTS = 3
"""A feature in fewer texts has no points."""
STRENGTH = 1.0
"""scikit-learn's C: how much the points may trust single texts."""


def common(counted: Iterable[Iterable[bytes]]) -> list[bytes]:
    """Return the features that stand in enough of the texts, in order."""
    texts = Counter(feature for features in counted for feature in features)
    return sorted(feature for feature, count in texts.items() if count >= LEAST_TEXTS)


def regressed(
    counted: Sequence[Mapping[bytes, int]],
    labels: Sequence[bool],
    weights: Sequence[float],
    features: Sequence[bytes],
) -> tuple[dict[bytes, float], float]:
    """Return the points of each of the features, and what a text without them has.

    Positive points speak for the label. `counted` holds how often each feature stands in a text.
    """
    sparse = importlib.import_module("scipy.sparse")
    linear = importlib.import_module("sklearn.linear_model")
    index = {feature: place for place, feature in enumerate(features)}
    cells = [
        (row, index[feature], count)
        for row, counts in enumerate(counted)
        for feature, count in counts.items()
        if feature in index
    ]
    rows, columns, values = zip(*cells, strict=True)
    shape = (len(counted), len(index))
    matrix = sparse.csr_matrix((list(map(float, values)), (rows, columns)), shape=shape)
    model = linear.LogisticRegression(C=STRENGTH, solver="liblinear", max_iter=500)
    model.fit(matrix, labels, weights)
    points = dict(zip(index, map(float, model.coef_[0]), strict=True))
    return points, float(model.intercept_[0])
