"""The outcome as a table for people and as JSON for programs."""

from __future__ import annotations

import json
import os
import platform
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from bot.core.clock import utc_now
from tests.faults.checker import Claim
from tests.faults.running import Result

SHOWN_CASES = 5
HEAD = "| promise | claim | scenario | cases | against | bound, 95 % |\n" + 6 * "|---" + "|"

TIMES = (
    "| database | case | answers | waited | p50 ms | p99.9 ms | longest ms |\n" + 7 * "|---" + "|"
)


def bound(cases: int) -> float | None:
    """The largest rate of failure that `cases` without one leave possible (95 %): 3 / n."""
    return 3 / cases if cases else None


def is_kept(results: Sequence[Result]) -> bool:
    return not any(claim.against for result in results for claim in result.claims)


def table(results: Sequence[Result]) -> str:
    """One line per claim and scenario, promise by promise."""
    rows = [(claim.promise, _line(result, claim)) for result in results for claim in result.claims]
    return "\n".join([HEAD, *(line for _, line in sorted(rows, key=lambda row: row[0]))])


def _line(result: Result, claim: Claim) -> str:
    least = bound(claim.cases)
    shown = "-" if claim.against or least is None else f"< {least:.2%}"
    cells = (
        claim.promise,
        claim.says,
        f"{result.scenario}, {result.database}",
        str(claim.cases),
        str(len(claim.against)),
        shown,
    )
    return f"| {' | '.join(cells)} |"


def deaths(results: Sequence[Result]) -> str:
    """How often a process was killed at each point; empty if nobody was."""
    total: Counter[str] = sum((result.deaths for result in results), Counter())
    if not total:
        return ""
    lines = [f"| {point} | {times} |" for point, times in sorted(total.items())]
    return "\n".join(["| killed at | times |", "|---|---|", *lines, f"| all | {total.total()} |"])


def timings(results: Sequence[Result]) -> str:
    """How long answers took, in milliseconds, case by case; empty if nobody measured."""
    lines = [
        f"| {result.database} | {' | '.join(str(each) for each in timing.figures().values())} |"
        for result in results
        for timing in result.timings
    ]
    return "\n".join([TIMES, *lines]) if lines else ""


def cases_against(results: Sequence[Result]) -> str:
    """The first cases of every claim that did not hold."""
    lines = []
    for result in results:
        for claim in result.claims:
            for case in claim.against[:SHOWN_CASES]:
                lines.append(f"{result.scenario}, {result.database}: {claim.says}: {case}")
    return "\n".join(lines)


def write(results: Sequence[Result], path: Path) -> None:
    """Write everything as JSON."""
    document = {
        "at": utc_now().isoformat(timespec="seconds"),
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}",
        "results": [_plain(result) for result in results],
    }
    path.write_text(json.dumps(document, indent=1) + "\n")


def _plain(result: Result) -> dict[str, Any]:
    plain = asdict(replace(result, deaths=None, timings=[]))
    figures = [each.figures() for each in result.timings]
    return plain | {"deaths": dict(result.deaths), "timings": figures}
