"""`rules backtest --ruleset FILE`: what other triage rules would have decided. Stores nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from flask import current_app
from flask.cli import with_appcontext

from bot.core.errors import DefinitionError
from bot.flows.load import load_flow
from bot.rules.backtest import Change, Outcome, Report
from bot.rules.backtest import backtest as decide_again
from bot.rules.patient_words import refuse_long_patient_texts
from bot.rules.resources import load_resources
from bot.rules.ruleset import DEFINITIONS, SCORES, Ruleset, load_ruleset
from bot.services.history import stored_answer_sets

DEFAULT_FLOW = "ketamine-screening"
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("backtest")
@click.option("--ruleset", "triage", type=FILE, required=True, help="Triage rules (YAML) to try.")
@click.option("--scores", type=FILE, default=DEFINITIONS / SCORES, help="Scoring rules to try.")
@click.option("--flow", "flow_id", default=DEFAULT_FLOW, help="Flow whose answers they read.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@with_appcontext
def backtest(triage: Path, scores: Path, flow_id: str, as_json: bool) -> None:
    """Decide every stored conversation again under other rules and list what changes."""
    ruleset = _ruleset(triage, scores, flow_id)
    parts = current_app.extensions["porchlight"]
    report = decide_again(stored_answer_sets(parts), ruleset)
    click.echo(json.dumps(report_object(report)) if as_json else report_text(report))


def _ruleset(triage: Path, scores: Path, flow_id: str) -> Ruleset:
    """Return the rules to try; a faulty file ends the command and names the fault."""
    try:
        flow = load_flow(flow_id)
        ruleset = load_ruleset(flow.symbols, flow.instruments, triage=triage, scores=scores)
        refuse_long_patient_texts(ruleset, load_resources())
    except DefinitionError as error:
        raise click.UsageError(str(error)) from None
    return ruleset


def report_object(report: Report) -> dict[str, Any]:
    """Return the report as JSON carries it; ids of conversations and rules, no answers."""
    return {
        "ruleset": report.ruleset_hash,
        "decided": report.decided,
        "undecided": report.undecided,
        "moves": [
            {"before": _outcome(before), "after": _outcome(after), "count": count}
            for (before, after), count in report.moves.items()
        ],
        "changes": [_change(change) for change in report.changes],
    }


def report_text(report: Report) -> str:
    """Return the report for a terminal."""
    lines = [
        f"rules {report.ruleset_hash[:12]}: {report.decided} decisions, "
        f"{len(report.changes)} change, {report.undecided} conversations without a decision"
    ]
    for (before, after), count in report.moves.items():
        lines.append(f"{count:6d}  {_words(before)} -> {_words(after)}")
    lines.extend(_change_line(change) for change in report.changes)
    return "\n".join(lines)


def _change(change: Change) -> dict[str, Any]:
    return {
        "conversation": change.conversation_id,
        "ruleset": change.ruleset_hash,
        "before": _outcome(change.before),
        "after": _outcome(change.after),
        "added": list(change.added),
        "removed": list(change.removed),
    }


def _outcome(outcome: Outcome) -> dict[str, str]:
    return {"disposition": outcome.disposition.label, "priority": outcome.priority.value}


def _words(outcome: Outcome) -> str:
    return f"{outcome.disposition.label} ({outcome.priority.value})"


def _change_line(change: Change) -> str:
    reasons = [f"+{rule}" for rule in change.added] + [f"-{rule}" for rule in change.removed]
    outcome = _words(change.before)
    if change.is_new_outcome:
        outcome += f" -> {_words(change.after)}"
    return f"{change.conversation_id}  {outcome}  {' '.join(reasons)}".rstrip()
