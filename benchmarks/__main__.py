"""Every benchmark that offers `run()`, one after the other: `python -m benchmarks [NAME ...]`."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Iterable, Iterator

import benchmarks


def measured(names: list[str]) -> Iterator[tuple[str, Iterable[tuple[str, str]]]]:
    """Yield the name and the rows of each benchmark, or of those named."""
    for found in pkgutil.iter_modules(benchmarks.__path__):
        if found.name == "__main__" or (names and found.name not in names):
            continue
        run = getattr(importlib.import_module(f"benchmarks.{found.name}"), "run", None)
        if run is not None:
            yield found.name, run()


if __name__ == "__main__":
    for name, rows in measured(sys.argv[1:]):
        for row, figure in rows:
            print(f"{name:12} {row:40} {figure}", flush=True)
