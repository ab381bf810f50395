"""`script/faults --mutants`: is the checker any good? It has to see every way to break it.

Each mutation is made in a copy of the tree, and the scenario that should see it is run there.
First the same scenarios run in an unharmed copy, where they must see nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from tests.faults.mutations import MUTATIONS, Mutation
from tests.live.servers import ROOT

COPIED = ("bot", "tests", "migrations", "clinics", "config.py", "wsgi.py")
PATIENCE_SECONDS = 600
SETTLES = ("--settles", "12", "--patience", "6")
NOTHING = "nothing is broken"


def strangers() -> list[str]:
    """Return the mutations whose text is not in the program exactly once."""
    return [
        f"{mutation.name}: {file}: {text!r}"
        for mutation in MUTATIONS
        for file, text, _ in mutation.changes
        if (ROOT / file).read_text().count(text) != 1
    ]


def apply(mutation: Mutation, tree: Path) -> None:
    """Make the mutation in a copy."""
    for file, text, instead in mutation.changes:
        path = tree / file
        path.write_text(path.read_text().replace(text, instead))


def seen_by(mutation: Mutation) -> list[str] | None:
    """Return the claims that did not hold; None if the scenario could not be run to its end."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as name:
        tree, figures = Path(name) / "tree", Path(name) / "figures.json"
        copy(tree)
        apply(mutation, tree)
        command = [sys.executable, "-m", "tests.faults", *SETTLES, *mutation.scenario]
        env = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
        log = Path(name) / "log"
        with log.open("wb") as output, suppress(subprocess.TimeoutExpired):
            subprocess.run(
                [*command, "--json", str(figures)], cwd=tree, env=env,
                stdout=output, stderr=output, timeout=PATIENCE_SECONDS, check=False,
            )  # fmt: skip
        if not figures.exists():
            print(log.read_text("utf-8", "replace")[-2000:], file=sys.stderr)
            return None
        results = json.loads(figures.read_text())["results"]
        return [each["says"] for r in results for each in r["claims"] if each["against"]]


def copy(tree: Path) -> None:
    ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
    tree.mkdir()
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tree / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, tree / name)


def main(given: Sequence[str] | None = None) -> int:
    """Return 0 if every mutation was seen and the unharmed program kept every promise."""
    parser = argparse.ArgumentParser(prog="script/faults --mutants", description=__doc__)
    parser.add_argument("names", nargs="*", help="parts of names; none: all")
    parser.add_argument("--no-baseline", action="store_true", help="leave out the unharmed runs")
    wanted = parser.parse_args(given)
    chosen = [m for m in MUTATIONS if not wanted.names or any(n in m.name for n in wanted.names)]
    if found := strangers():
        sys.exit("mutants: written for another program:\n" + "\n".join(found))
    failed = 0
    if not wanted.no_baseline:
        for scenario in dict.fromkeys(mutation.scenario for mutation in chosen):
            failed += not _told(Mutation(NOTHING, (), scenario), is_seen=False)
    for mutation in chosen:
        failed += not _told(mutation, is_seen=True)
    print(f"mutants: {len(chosen)} tried, {failed} not as they should be")
    return 1 if failed else 0


def _told(mutation: Mutation, *, is_seen: bool) -> bool:
    """Run one and say how it went; whether it went as it should."""
    began = time.monotonic()
    claims = seen_by(mutation)
    words = "could not run" if claims is None else "; ".join(dict.fromkeys(claims)) or "not seen"
    print(f"| {mutation.name} | {' '.join(mutation.scenario)} | {words} |", end=" ")
    print(f"{time.monotonic() - began:.0f} s", flush=True)
    return claims is not None and bool(claims) == is_seen


if __name__ == "__main__":
    sys.exit(main())
