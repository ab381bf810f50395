"""Grids of plain sentences on suicide: each row beside each column is read as it is meant.

A grid holds the ways to begin a sentence (rows) and the ways to end it (columns), each in one or
more grammatical forms; only equal forms are put together. A `~` in a row marks where the column
stands, else it comes last. A column names its forms in the order of the file's `forms`, with
slashes; a missing `now` is the base, another missing form is left out. Of a large grid every n-th
sentence is screened, always the same ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from bot.core.findings import Tier
from bot.rules.crisis import Detector

FOLDER = Path(__file__).parent / "grids" / "suicide"
MOST = 2000
HOLDS = {
    "fires": lambda finding: finding.fires,
    "check-in": lambda finding: finding.tier >= Tier.CHECK_IN,
    "quiet": lambda finding: not finding.fires,
}


def grids() -> Iterator:
    for path in sorted(FOLDER.glob("*.yaml")):
        book = yaml.safe_load(path.read_text("utf-8"))
        for grid in book["grids"]:
            yield pytest.param(
                grid, grid.get("forms", book["forms"]), id=f"{path.stem}: {grid['name']}"
            )


def column_forms(column: str, forms: list[str]) -> dict[str, str]:
    """Return the column's words by form; `now` is the base where it is not named."""
    named = dict(zip(forms, column.split(" / "), strict=False))
    return {"now": named[forms[0]], **named} if "base" in named else named


def sentences(grid: dict, forms: list[str]) -> Iterator[tuple[str, str, str]]:
    """Yield row, column and sentence of every product, but the ones that `leave_out` names."""
    left_out = grid.get("leave_out", {})
    for column in grid["columns"]:
        for form, words in column_forms(column, forms).items():
            for row in grid["rows"].get(form, ()):
                if words not in left_out.get(row, ()):
                    yield row, words, row.replace("~", words) if "~" in row else f"{row} {words}"


@pytest.mark.parametrize(("grid", "forms"), list(grids()))
def test_every_sentence_of_a_grid_is_read_as_meant(
    detector: Detector, grid: dict, forms: list[str]
) -> None:
    holds = HOLDS[grid["expect"]]
    texts = [text for *_, text in sentences(grid, forms)]
    sample = texts[:: 1 + len(texts) // MOST]
    wrong = [text for text in sample if not holds(detector.screen(text))]
    assert wrong == []
