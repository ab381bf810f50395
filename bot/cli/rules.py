"""Commands that ask the crisis rules: `rules screen TEXT`, `rules eval FILE`."""

from __future__ import annotations

import json
import sys
from typing import IO, Any

import click
from flask.cli import AppGroup

from bot.core.findings import Finding
from bot.rules.crisis import Detector, load_detector

rules = AppGroup("rules", help="Ask the crisis rules.")


@rules.command("screen", with_appcontext=False)
@click.argument("text")
def screen(text: str) -> None:
    """Print what the crisis rules see in TEXT, as one JSON object."""
    click.echo(json.dumps(_finding_object(load_detector().screen(text))))


@rules.command("eval", with_appcontext=False)
@click.argument("file", type=click.File("r", encoding="utf-8", errors="surrogateescape"))
def evaluate(file: IO[str]) -> None:
    """Write one finding a line for the JSONL rows `{text, ...}` of FILE (`-` reads stdin)."""
    detector = load_detector()
    write = sys.stdout.write
    for number, line in enumerate(file, start=1):
        write(json.dumps(_finding_object(_screen_row(detector, line, number))) + "\n")


def _screen_row(detector: Detector, line: str, number: int) -> Finding:
    """Return the finding of one row; ends the command with status 2 when it is malformed."""
    try:
        row = json.loads(line)
    except ValueError:
        raise click.UsageError(f"line {number}: not JSON") from None
    text = row.get("text") if isinstance(row, dict) else None
    if not isinstance(text, str):
        raise click.UsageError(f"line {number}: not an object with a text")
    return detector.screen(text)


def _finding_object(finding: Finding) -> dict[str, Any]:
    return {
        "tier": finding.tier.label,
        "category": finding.category.value if finding.category else None,
        "subject": finding.subject.value if finding.subject else None,
        "rules": [
            {"id": hit.id, "start": hit.start, "end": hit.end, "guards": list(hit.guards)}
            for hit in finding.rules
        ],
    }
