"""Checks of where a flow leads: what is never reached, what leads nowhere, what comes too late."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bot.core.conditions import Condition
from bot.flows.graph import backward_order, successors
from bot.flows.lint_problem import LintOptions, Problem
from bot.flows.model import AskStep, BranchStep, EndStep, Flow, FlowStep, SummaryStep, TriageStep


def unreachable(flow: Flow, options: LintOptions) -> Iterator[Problem]:
    """Report nodes that no walk from the start can reach."""
    reached = _reached_from(flow, 0)
    for number, step in enumerate(flow.steps):
        if number not in reached:
            yield Problem("unreachable", step.id, "no way leads here from the start")


def dead_ends(flow: Flow, options: LintOptions) -> Iterator[Problem]:
    """Report nodes from which no end can be reached."""
    leads_out = [False] * len(flow.steps)
    for number in backward_order(flow.steps):
        step = flow.steps[number]
        onward = [target for target in successors(step) if 0 <= target < len(flow.steps)]
        leads_out[number] = isinstance(step, EndStep) or any(leads_out[t] for t in onward)
    for step, leads in zip(flow.steps, leads_out, strict=True):
        if not leads:
            yield Problem("dead-end", step.id, "no end can be reached from here")


def asked_later(flow: Flow, options: LintOptions) -> Iterator[Problem]:
    """Report conditions on questions that are asked later only, so that they are never known."""
    owners = _owners(flow)
    before = _ancestors(flow)
    for number, step in enumerate(flow.steps):
        for condition in _conditions(step):
            for symbol in sorted(condition.symbols):
                if not owners.get(symbol, frozenset()) & before[number]:
                    message = f"{symbol} is never known here: it is not asked before"
                    yield Problem("asked-later", f"{step.id}.when", message)


def missing_languages(flow: Flow, options: LintOptions) -> Iterator[Problem]:
    """Report languages that every flow must have and this one lacks."""
    for language in options.languages:
        if language not in flow.languages:
            yield Problem("missing-language", "languages", f"{language} is missing")


def risk_without_path(flow: Flow, options: LintOptions) -> Iterator[Problem]:
    """Report risk questions whose positive answer nothing in the flow takes notice of.

    A later triage takes notice of everything; so does a condition on the question itself.
    """
    for number, step in enumerate(flow.steps):
        if not isinstance(step, AskStep) or step.question.risk is None:
            continue
        later = (flow.steps[n] for n in _reached_from(flow, number) - {number})
        if not any(_heeds(other, step.id, flow) for other in later):
            message = "a positive answer changes nothing: no triage or condition follows"
            yield Problem("risk-without-path", step.id, message)


def _heeds(step: FlowStep, link_id: str, flow: Flow) -> bool:
    if isinstance(step, TriageStep):
        return True
    return any(
        _gives(link_id, symbol, flow)
        for condition in _conditions(step)
        for symbol in condition.symbols
    )


def _conditions(step: FlowStep) -> Iterable[Condition]:
    if isinstance(step, BranchStep):
        return (*step.when, *(condition for condition, _ in step.cases))
    return step.when


def _reached_from(flow: Flow, start: int) -> set[int]:
    seen: set[int] = set()
    waiting = [start]
    while waiting:
        number = waiting.pop()
        if number not in seen and 0 <= number < len(flow.steps):
            seen.add(number)
            waiting.extend(successors(flow.steps[number]))
    return seen


def _ancestors(flow: Flow) -> list[set[int]]:
    """Return for each step the steps that may come before it."""
    before: list[set[int]] = [set() for _ in flow.steps]
    for number in reversed(backward_order(flow.steps)):
        for target in successors(flow.steps[number]):
            before[target] |= before[number] | {number}
    return before


def _gives(link_id: str, symbol: str, flow: Flow) -> bool:
    """Whether the answer to this question gives this symbol, as its value or as a part."""
    if symbol in flow.index:
        return symbol == link_id
    return symbol.startswith(f"{link_id}_")


def _owners(flow: Flow) -> dict[str, frozenset[int]]:
    """Return for each symbol the steps whose answers give it; a total comes from every item."""
    owners: dict[str, set[int]] = {}
    for number, step in enumerate(flow.steps):
        if isinstance(step, AskStep | SummaryStep):
            for symbol in flow.symbols:
                if _gives(step.id, symbol, flow):
                    owners.setdefault(symbol, set()).add(number)
    for symbol, instrument in flow.totals.items():
        items = (flow.index[i.link_id] for i in instrument.items if i.link_id in flow.index)
        owners.setdefault(symbol, set()).update(items)
    return {symbol: frozenset(numbers) for symbol, numbers in owners.items()}
