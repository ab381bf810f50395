"""Writes the rules out as Markdown tables, for the documentation and for whoever signs them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.core.decisions import Disposition
from bot.rules.resources import Resources
from bot.rules.ruleset import Rule, Ruleset
from bot.rules.scores import Bands
from bot.rules.triage_file import OnUnknown

LETTERS = {
    Disposition.ELIGIBLE: "E",
    Disposition.REVIEW: "R",
    Disposition.NOT_NOW: "N",
    Disposition.EMERGENCY: "X",
}


def rules_table(ruleset: Ruleset) -> str:
    """Return one row per rule: condition, disposition per route, priority, unknown, flag."""
    head = ("rule", "when", *ruleset.routes, "priority", "if unknown", "flag", "facts")
    return _table(head, (_rule_row(rule, ruleset.routes) for rule in ruleset.rules))


def facts_table(ruleset: Ruleset) -> str:
    """Return one row per fact that rules rest on."""
    rows = ((f.id, f.says, f.citation, f.confidence.value) for f in ruleset.facts)
    return _table(("fact", "what it says", "citation", "confidence"), rows)


def scores_table(ruleset: Ruleset) -> str:
    """Return one row per instrument and group of patients, with its bands."""
    rows: list[Sequence[str]] = []
    for name, entry in ruleset.scorers.sums.items():
        rows.append((name, "everybody else" if entry.where else "everybody", _bands(entry.bands)))
        for other in entry.where:
            rows.append((name, f"{other.symbol} is {other.equals}", _bands(other.bands)))
    return _table(("instrument", "patients", "bands (points)"), rows)


def resources_table(resources: Resources) -> str:
    """Return one row per resource."""
    rows = (
        (
            entry.region,
            entry.name["en"],
            "; ".join(action.label["en"] for action in entry.actions),
            ", ".join(entry.serves),
            entry.verified_on.isoformat(),
            entry.source,
            entry.confidence.value,
        )
        for entry in resources.entries.values()
    )
    head = ("region", "resource", "how", "serves", "verified on", "source", "confidence")
    return _table(head, rows)


def _rule_row(rule: Rule, routes: Iterable[str]) -> Sequence[str]:
    letters = (LETTERS[rule.routes[route]] if route in rule.routes else "-" for route in routes)
    return (
        rule.id,
        f"`{' '.join(rule.entry.when.split())}`",
        *letters,
        rule.entry.priority.value,
        _unknown(rule),
        rule.entry.flag,
        ", ".join(rule.entry.facts),
    )


def _unknown(rule: Rule) -> str:
    entry = rule.entry
    if entry.covered_by:
        said = f"see {entry.covered_by}"
    elif entry.unknown is OnUnknown.SAME:
        said = "the same"
    else:
        said = "R"
    if entry.declined_priority is not entry.priority.ROUTINE:
        said += f", {entry.declined_priority.value} if declined"
    if entry.not_needed_when:
        said += f"; not needed when `{entry.not_needed_when}`"
    return said


def _bands(bands: Bands) -> str:
    starts = [0, *(band.up_to + 1 for band in bands)]
    return ", ".join(
        f"{start}-{band.up_to} {band.band}" for start, band in zip(starts, bands, strict=False)
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [_line(head), _line(["---"] * len(head)), *map(_line, rows)]
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
