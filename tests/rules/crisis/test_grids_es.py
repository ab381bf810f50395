"""Spanish grids: ways to say it x what is said; every product is found, no harmless one fires.

A grid (`grids/es/*.yaml`) holds rows and columns. A column takes the place of the row's `{}`, or
stands behind it. `at_least` is the tier that every product must reach, `at_most` the highest it
may have. Of a large grid a sample is read, in even steps that meet every row and column.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import gcd
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.core.findings import Tier
from bot.rules.crisis import Detector
from bot.rules.crisis.fold import fold

PHONE = {
    "que": "q",
    "qué": "q",
    "de": "d",
    "por": "x",
    "porque": "xq",
    "me": "m",
    "para": "pa",
    "quiero": "kiero",
    "quisiera": "kisiera",
    "estoy": "toy",
    "voy": "voi",
}
TIERS = {tier.label: tier for tier in Tier}
GRIDS = [
    pytest.param(grid, id=f"{path.stem}: {grid['name']}")
    for path in sorted((Path(__file__).parent / "grids" / "es").glob("*.yaml"))
    for grid in yaml.safe_load(path.read_text("utf-8"))
]


MOST = 1500
MOST_ON_A_PHONE = 300


def sample(grid: dict[str, Any], most: int) -> list[str]:
    """Return about `most` products of the grid, or all."""
    texts = list(products(grid))
    step = max(1, len(texts) // most)
    while gcd(step, len(grid["columns"])) > 1:
        step += 1
    return texts[::step]


def products(grid: dict[str, Any]) -> Iterator[str]:
    for row in grid["rows"]:
        for column in grid["columns"]:
            yield row.replace("{}", column) if "{}" in row else f"{row} {column}"


def on_a_phone(text: str) -> str:
    """Return the text in small letters, without accents, with the short forms of a phone."""
    return fold(" ".join(PHONE.get(word, word) for word in text.lower().split())).text


def is_right(detector: Detector, grid: dict[str, Any], text: str) -> bool:
    tier = detector.screen(text).tier
    least, most = grid.get("at_least", "none"), grid.get("at_most", "emergency")
    return TIERS[least] <= tier <= TIERS[most]


@pytest.mark.parametrize("grid", GRIDS)
def test_every_product_is_what_its_grid_says(detector: Detector, grid: dict[str, Any]) -> None:
    assert [text for text in sample(grid, MOST) if not is_right(detector, grid, text)] == []


@pytest.mark.parametrize("grid", GRIDS)
def test_phone_spelling_changes_nothing(detector: Detector, grid: dict[str, Any]) -> None:
    written = dict.fromkeys(map(on_a_phone, sample(grid, MOST_ON_A_PHONE)))
    assert [text for text in written if not is_right(detector, grid, text)] == []


def test_a_sample_meets_every_row_and_column() -> None:
    for parameters in GRIDS:
        grid = parameters.values[0]
        whole, some = list(products(grid)), set(sample(grid, MOST))
        width = len(grid["columns"])
        met = {divmod(place, width) for place, text in enumerate(whole) if text in some}
        assert {row for row, _ in met} == set(range(len(grid["rows"])))
        assert {column for _, column in met} == set(range(width))


def test_every_grid_says_what_it_wants() -> None:
    for parameters in GRIDS:
        grid = parameters.values[0]
        assert set(grid) <= {"name", "rows", "columns", "at_least", "at_most"}
        assert ("at_least" in grid) != ("at_most" in grid)
