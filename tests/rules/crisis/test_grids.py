"""Every product of the grids of plain sentences is found, and no harmless product fires.

A grid (`grids/*.yaml`) holds sayings with slots and the words for each slot; `tier` says what each
product must be: `fires` (crisis or emergency), `check-in` (at least that) or `quiet` (no more than
a check-in). Small grids are screened whole, large ones in even steps that meet every word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice, product
from math import gcd, prod
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.core.findings import Finding, Tier
from bot.rules.crisis import Detector

MOST_OF_ONE_SAYING = 1500
SLOT = re.compile(r"\{(\w+)\}")
WANTED = {
    "fires": lambda finding: finding.fires,
    "check-in": lambda finding: finding.tier >= Tier.CHECK_IN,
    "quiet": lambda finding: not finding.fires,
}


def grids() -> Iterator[Any]:
    for path in sorted((Path(__file__).parent / "grids").glob("*.yaml")):
        book = yaml.safe_load(path.read_text("utf-8"))
        common = book.pop("words", {})
        for name, grid in book.items():
            yield pytest.param({**common, **grid}, id=f"{path.stem}: {name}")


def products(saying: str, grid: dict[str, Any]) -> Iterator[str]:
    """Yield what the saying becomes, with every word of every slot, at an even pace."""
    slots = list(dict.fromkeys(SLOT.findall(saying)))
    count = prod(len(grid[slot]) for slot in slots)
    step = max(1, count // MOST_OF_ONE_SAYING)
    while gcd(step, count) > 1:
        step += 1
    for words in islice(product(*(grid[slot] for slot in slots)), 0, None, step):
        said = dict(zip(slots, words, strict=True))
        yield SLOT.sub(lambda found, said=said: str(said[found[1]]), saying).strip()


def wrong(detector: Detector, grid: dict[str, Any]) -> Iterator[str]:
    is_right = WANTED[grid["tier"]]
    for saying in grid["say"]:
        for text in products(saying, grid):
            finding: Finding = detector.screen(text)
            if not is_right(finding):
                yield text


GRIDS = list(grids())


@pytest.mark.parametrize("grid", GRIDS)
def test_every_product_of_a_grid_is_what_the_grid_says(
    detector: Detector, grid: dict[str, Any]
) -> None:
    assert list(wrong(detector, grid)) == []


def test_a_sample_of_a_large_saying_meets_every_word() -> None:
    for parameters in GRIDS:
        grid = parameters.values[0]
        for saying in grid["say"]:
            texts = " ".join(products(saying, grid))
            for slot in set(SLOT.findall(saying)):
                assert [word for word in grid[slot] if str(word) not in texts] == []
