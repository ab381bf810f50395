"""Recall and specificity of the crisis detector on labelled texts, with 95 % Wilson intervals.

Run as `python -m benchmarks.crisis_eval [--data FOLDER] [--verbose] [--write]`. A drop below the
committed figures beyond their interval ends with status 1.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.chat import UNSEEN, chat_texts
from bot.rules.crisis import Detector, load_detector

ROOT = Path(__file__).resolve().parent.parent
OWN_SETS = ROOT / "tests" / "rules" / "crisis"
FIGURES = ROOT / "docs" / "crisis-figures.json"
MUST_FIRE = {"crisis", "third_party", "third_person", "self_harm"}
UNDECIDED = {"unsafe", "other", "check_in"}
CHECK_IN_COUNTS = {"implicit", "soft", "passive", "eating"}


def wilson(successes: int, total: int, z: float = 1.96) -> tuple[float, float]:
    """Return the 95 % Wilson score interval of a proportion."""
    if total == 0:
        return 0.0, 1.0
    share = successes / total
    middle = share + z * z / (2 * total)
    spread = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def is_right(detector: Detector, row: dict[str, Any]) -> bool | None:
    """Return whether the finding is what the label asks for; None where labels do not decide."""
    label, style = row["label"], row.get("style") or row.get("category") or ""
    finding = detector.screen(row["text"])
    if label == "check_in":
        return finding.tier > 0
    if label in UNDECIDED:
        return None
    if label in MUST_FIRE:
        return finding.fires or (style in CHECK_IN_COUNTS and finding.tier > 0)
    return not finding.fires


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of a JSONL file."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def cells_of(row: dict[str, Any]) -> Iterator[str]:
    """Yield the cells a row counts in: language and label, then its category and style."""
    lang, label = row.get("lang", "en"), row["label"]
    yield f"{lang} {label}"
    category, style = row.get("category"), row.get("style")
    if category and len(f"{category}") < 20:
        yield f"{lang} {label} / {category}"
    if style:
        yield f"{lang} {label} ~ {style}"


def evaluate(
    detector: Detector, rows: Iterable[dict[str, Any]], wrong: list[dict[str, Any]]
) -> dict[str, tuple[int, int]]:
    """Return cell -> (right, total) of one set; rows that are not right are added to `wrong`."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row in rows:
        right = is_right(detector, row)
        if right is None:
            continue
        if not right:
            wrong.append(row)
        for cell in cells_of(row):
            counts[cell][0] += right
            counts[cell][1] += 1
    return {cell: (right, total) for cell, (right, total) in sorted(counts.items())}


def sets_to_read(data: Path | None) -> Iterator[tuple[str, Iterable[dict[str, Any]]]]:
    """Yield name and rows of the project's own sets, of those in `data`, and of unseen chats.

    Without `data`, a folder `data/crisis` of a neighbouring directory is taken; says so when
    there is none.
    """
    paths = sorted(OWN_SETS.glob("*.jsonl"))
    data = data or next(iter(sorted(ROOT.parent.glob("*/data/crisis"))), None)
    if data is None or not data.is_dir():
        print(f"no data at {data or 'hand'}: only the sets that come with the project are read")
    else:
        paths += sorted(data.glob("*.jsonl"))
    yield from ((path.stem, read_rows(path)) for path in paths)
    texts = chat_texts(UNSEEN)
    yield "chat_unseen", ({"text": text, "lang": "en", "label": "none"} for text in texts)


def print_set(name: str, cells: dict[str, tuple[int, int]]) -> None:
    """Print one set's cells with their intervals."""
    print(f"\n{name}")
    for cell, (right, total) in cells.items():
        low, high = wilson(right, total)
        share = right / total
        print(f"  {cell:42} {right:6}/{total:<6} {share:8.2%}  ({low:.2%} - {high:.2%})")


def drops(
    figures: dict[str, dict[str, tuple[int, int]]], before: dict[str, dict[str, list[int]]]
) -> list[str]:
    """Return each cell that now lies below the interval of the committed figures."""
    found = []
    for name, cells in figures.items():
        for cell, (right, total) in cells.items():
            known = before.get(name, {}).get(cell)
            if known is None or total == 0:
                continue
            low, _ = wilson(known[0], known[1])
            if right / total < low:
                found.append(f"{name}: {cell} fell from {known[0]}/{known[1]} to {right}/{total}")
    return found


def main(arguments: list[str] | None = None) -> int:
    """Run the evaluation; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="a folder of labelled JSONL files")
    parser.add_argument("--verbose", action="store_true", help="list what was missed or false")
    parser.add_argument("--write", action="store_true", help="commit these figures")
    options = parser.parse_args(arguments)
    detector = load_detector()
    figures = {}
    for name, rows in sets_to_read(options.data):
        wrong: list[dict[str, Any]] = []
        figures[name] = evaluate(detector, rows, wrong)
        print_set(name, figures[name])
        for row in wrong if options.verbose and sys.stdout.isatty() else ():
            print(f"  {row.get('lang')} {row['label']}  {row['text']}")
    if options.write:
        known = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
        FIGURES.write_text(json.dumps(known | figures, indent=1, sort_keys=True) + "\n")
        return 0
    if not FIGURES.exists():
        return 0
    fallen = drops(figures, json.loads(FIGURES.read_text()))
    for line in fallen:
        print(line, file=sys.stderr)
    return 1 if fallen else 0


if __name__ == "__main__":
    sys.exit(main())
