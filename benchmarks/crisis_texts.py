"""The labelled texts that the points of the crisis rules are found from."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TypeVar

import yaml

from benchmarks.chat import TAUGHT, chat_texts
from bot.rules.crisis.load import DEFINITIONS, rule_entries
from tests.rules.crisis import (
    test_grids,
    test_grids_es,
    test_near_pairs,
    test_suicide_grids,
    test_surroundings,
)

T = TypeVar("T")

ROOT = Path(__file__).resolve().parent.parent
OWN_TEXTS = ROOT / "tests" / "rules" / "crisis"
SEALED = (
    "sealed.jsonl",
    "strangers.jsonl",
    "visitors.jsonl",
    "guests.jsonl",
    "callers.jsonl",
    "neighbours.jsonl",
    "examiners.jsonl",
    "townsfolk.jsonl",
    "arrivals.jsonl",
    "lodgers.jsonl",
    "passersby.jsonl",
    "inquirers.jsonl",
    "seekers.jsonl",
    "wayfarers.jsonl",
    "pilgrims.jsonl",
)
"""Nobody who tunes reads these: halves of writers learned from, and writers never learned from."""
OTHERS = ("third_person", "third_party")
GRID_WEIGHT = 0.5
DANGER, ORDINARY, CHAT = "crisis", "ordinary", "chat"
WEIGHTS = {DANGER: 1.0, "check_in": 0.3, ORDINARY: 2.0, CHAT: 2.0}
NOT_DANGER_WEIGHT = 2.0
"""Denied, past, topic and hard harmless texts count more: there are few of them."""
EXAMPLE_WEIGHT = 2.0
PLACED_TEXTS = 6_000
PLACED_WEIGHT = 0.2


@dataclass(frozen=True, slots=True)
class Row:
    """One text, what it is, how much it counts, and whether others are the ones in danger."""

    text: str
    label: str
    category: str
    share: float = 1.0
    is_others: bool = False

    @property
    def is_danger(self) -> bool:
        """Whether it is danger, to the writer or to others."""
        return self.label == DANGER

    @property
    def weight(self) -> float:
        """How much the text counts in the fit."""
        return self.share * WEIGHTS.get(self.label, NOT_DANGER_WEIGHT)


def own_rows(folder: Path = OWN_TEXTS) -> Iterator[Row]:
    """Yield the project's own labelled texts."""
    for path in sorted(folder.glob("*.jsonl")):
        if path.name not in SEALED:
            yield from _rows(path)


def ordinary_rows(folder: Path) -> Iterator[Row]:
    """Yield the messages of `folder` that are used to keep the points off ordinary life."""
    for path in sorted(folder.glob("*.jsonl")):
        if path.name.startswith(("ordinary", "stress")):
            yield from (replace(row, label=ORDINARY) for row in _rows(path))
        elif path.name.startswith(("phrases", "idioms")):
            yield from _rows(path)


def chat_rows() -> Iterator[Row]:
    """Yield what was written in the chats that teach what is ordinary."""
    return (Row(text, CHAT, "") for text in chat_texts(TAUGHT))


def checked_rows() -> Iterator[Row]:
    """Yield the sentences that `points.yaml` holds the points to."""
    told = yaml.safe_load((DEFINITIONS / "points.yaml").read_text("utf-8"))
    for names, label in ((("fires", "upholds"), DANGER), (("spares", "demotes"), "none")):
        yield from (Row(text, label, "") for name in names for text in told[name])


def asked(rows: Iterable[Row]) -> Iterator[Row]:
    """Yield the dangers of `rows` as questions: danger is danger if it asks."""
    yield from (replace(row, text=f"{row.text.rstrip('.!?')}?") for row in rows if row.is_danger)


def grid_rows() -> Iterator[Row]:
    """Yield the grids' products that the tests screen, as danger or as harmless."""
    for texts, wanted in (*_grids(), *_spanish_grids(), *_suicide_grids()):
        if wanted in ("fires", "crisis", "quiet"):
            label = "none" if wanted == "quiet" else "crisis"
            yield from (Row(text, label, "", GRID_WEIGHT) for text in texts)


def _grids() -> Iterator[tuple[list[str], str]]:
    for (grid,) in (each.values for each in test_grids.GRIDS):
        texts = (test_grids.products(saying, grid) for saying in grid["say"])
        yield list(chain.from_iterable(texts)), grid["tier"]


def _spanish_grids() -> Iterator[tuple[list[str], str]]:
    for (grid,) in (each.values for each in test_grids_es.GRIDS):
        texts = test_grids_es.sample(grid, test_grids_es.MOST)
        some_texts = test_grids_es.sample(grid, test_grids_es.MOST_ON_A_PHONE)
        phone = map(test_grids_es.on_a_phone, some_texts)
        yield [*texts, *phone], grid.get("at_least", "quiet")


def _suicide_grids() -> Iterator[tuple[list[str], str]]:
    for grid, forms in (each.values for each in test_suicide_grids.grids()):
        texts = [text for *_, text in test_suicide_grids.sentences(grid, forms)]
        yield texts[:: 1 + len(texts) // test_suicide_grids.MOST], grid["expect"]


def net_rows(folder: Path = OWN_TEXTS) -> Iterator[Row]:
    """Yield the texts that hold the net: strong words in danger, and in everyday use."""
    for path in sorted(folder.glob("net/*.yaml")):
        label = "crisis" if path.name.startswith("danger") else "none"
        for name, texts in yaml.safe_load(path.read_text("utf-8")).items():
            if label == "none" or name != "check_in":
                yield from (Row(text, label, "") for text in texts)


def example_rows() -> Iterator[Row]:
    """Yield the example of every rule that fires by itself."""
    for entry in rule_entries():
        if entry.tier in ("crisis", "emergency"):
            yield Row(entry.fires, "crisis", entry.category or "", EXAMPLE_WEIGHT)


def pair_rows() -> Iterator[Row]:
    """Yield both sides of the pairs that sound alike."""
    for spared, fired in test_near_pairs.PAIRS:
        yield Row(spared, "negated", "")
        yield Row(fired, "crisis", "")


def placed_rows() -> Iterator[Row]:
    """Yield plain sentences of danger in everyday surroundings, some of the products."""
    yield from random.Random(0).sample(list(all_placed_rows()), PLACED_TEXTS)


def all_placed_rows() -> Iterator[Row]:
    """Yield plain sentences of danger in everyday surroundings, as the tests screen them."""
    for language, side, context in (each.values for each in test_surroundings.PLACES):
        for sentence in test_surroundings.BOOK[language]["sentences"]:
            for join in test_surroundings.JOINS:
                text = test_surroundings.placed(sentence, context, side, join)
                yield Row(text, DANGER, "", PLACED_WEIGHT)


def some(rows: Sequence[T], share: float) -> list[T]:
    """Return that share of the rows, always the same ones."""
    return random.Random(0).sample(rows, int(len(rows) * share))


def _rows(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            label = "none" if row["label"] == "safe" else row["label"]
            is_others = label in OTHERS
            if label != "unsafe":
                label = "crisis" if is_others else label
                yield Row(row["text"], label, row.get("category") or "", is_others=is_others)
