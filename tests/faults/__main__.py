"""`script/faults`: breaks the program on purpose and checks that every promise held."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

from tests.faults import report
from tests.faults.at_once import at_once
from tests.faults.breaks import power_cut, web_repeats
from tests.faults.broker_gone import rabbitmq_gone, redis_gone
from tests.faults.for_minutes import MOODS, provider_out_for_minutes
from tests.faults.hardships import kept_first, outage, provider_out, unanswered
from tests.faults.late_disk import late_disk
from tests.faults.place import DATABASES
from tests.faults.running import Plan, Result
from tests.faults.scenarios import killed, redelivered, together
from tests.faults.triggers import POINTS

SCENARIOS: dict[str, Callable[[Plan], Result]] = {
    "killed": killed,
    "redelivered": redelivered,
    "outage": outage,
    "provider-out": provider_out,
    "unanswered": unanswered,
    "together": together,
    "web-repeats": web_repeats,
    "late-disk": late_disk,
    "power-cut": power_cut,
    "broker-gone": redis_gone,
    "rabbitmq-gone": rabbitmq_gone,
    "at-once": at_once,
}
PARTS: dict[str, Callable[[Plan], Result]] = {
    "flagged": partial(outage, kinds=["flagged"]),
    "kept-first": kept_first,
    "frozen": partial(outage, kinds=["frozen"]),
    "deaf": partial(provider_out, moods=["deaf"]),
    "out-for-minutes": provider_out_for_minutes,
}
"""Scenarios that show one thing of another; run when they are named."""

SHORT: dict[str, dict[str, int]] = {
    "killed": {"turns": 60},
    "redelivered": {"turns": 24},
    "outage": {"turns": 24},
    "provider-out": {"turns": 40},
    "unanswered": {"turns": 40},
    "together": {"turns": 100},
    "web-repeats": {"turns": 20},
    "late-disk": {"turns": 16},
    "power-cut": {"turns": 24},
    "broker-gone": {"turns": 24},
    "rabbitmq-gone": {"turns": 24},
    "at-once": {"samples": 16},
}
"""What CI runs: a few of everything, waited for as long as a busy machine may need."""

SHORT_WAITS = {"patience": 120.0, "settles_within": 300.0, "is_timed": False}


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/faults", description=__doc__)
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help=", ".join(SCENARIOS))
    parser.add_argument("--turns", type=int, default=200, help="of each scenario (200)")
    parser.add_argument("--samples", type=int, default=100, help="of each case of at-once (100)")
    parser.add_argument("--kills", type=int, default=1, help="at each point (1)")
    parser.add_argument("--points", nargs="*", default=list(POINTS), metavar="POINT")
    parser.add_argument("--database", choices=DATABASES, action="append")
    parser.add_argument("--routine", action="store_true", help="nobody is in danger")
    parser.add_argument("--then-outage", action="store_true", help="after each kill")
    parser.add_argument("--unreported", action="store_true", help="no callbacks come")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=10.0, help="of out-for-minutes (10)")
    parser.add_argument("--moods", nargs="*", choices=MOODS, default=[], help="of the same")
    parser.add_argument("--patience", type=float, default=10.0, help="seconds for each point")
    parser.add_argument("--settles", type=float, default=60.0, help="seconds to settle within")
    parser.add_argument("--short", action="store_true", help="a few of everything, as CI does")
    parser.add_argument("--json", type=Path, help="write all figures to this file")
    wanted = parser.parse_args(given)
    strange = set(wanted.scenarios) - set(SCENARIOS | PARTS) | set(wanted.points) - set(POINTS)
    if strange:
        parser.error(f"unknown: {', '.join(sorted(strange))}")
    return wanted


def main(given: Sequence[str] | None = None) -> int:
    """Return 0 if every promise held, 1 if not."""
    given = sys.argv[1:] if given is None else given
    wanted = arguments(given)
    if wanted.short and not wanted.database:
        return beside_each_other(given, wanted.json)
    results = []
    for name in wanted.scenarios or SCENARIOS:
        for database in wanted.database or DATABASES:
            plan = Plan(database, wanted.turns, wanted.kills, tuple(wanted.points), wanted.seed)
            plan.samples = wanted.samples
            plan.routine, plan.then_outage = wanted.routine, wanted.then_outage
            plan.unreported = wanted.unreported
            plan.minutes, plan.moods = wanted.minutes, tuple(wanted.moods)
            plan.patience, plan.settles_within = wanted.patience, wanted.settles
            if wanted.short:
                plan = replace(plan, **SHORT.get(name, {}), **SHORT_WAITS)
            began = time.monotonic()
            results.append((SCENARIOS | PARTS)[name](plan))
            took = time.monotonic() - began
            broken = sum(bool(claim.against) for claim in results[-1].claims)
            told = f"faults: {name} on {database}: {took:.0f} s, {broken} claims do not hold"
            print(told, file=sys.stderr, flush=True)
    told = (report.table(results), report.deaths(results), report.timings(results))
    print(*filter(None, told), sep="\n\n", flush=True)
    if wanted.json:
        report.write(results, wanted.json)
    if report.is_kept(results):
        return 0
    print(f"\nNot kept:\n{report.cases_against(results)}", file=sys.stderr)
    return 1


def beside_each_other(given: Sequence[str], json: Path | None) -> int:
    """Run both databases' scenarios at the same time: most of it is waiting.

    Figures that are to be written go into a file for each.
    """
    with ExitStack() as stack:
        runs = []
        for database in DATABASES:
            log = stack.enter_context(tempfile.TemporaryFile())
            command = [sys.executable, "-m", "tests.faults", *given, "--database", database]
            if json is not None:
                command += ["--json", str(json.with_stem(f"{json.stem}-{database}"))]
            runs.append((log, subprocess.Popen(command, stdout=log, stderr=log)))
        for log, run in runs:
            run.wait()
            log.seek(0)
            print(log.read().decode("utf-8", "replace"), flush=True)
        return max(run.returncode != 0 for _, run in runs)


if __name__ == "__main__":
    sys.exit(main())
