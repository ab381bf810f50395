"""What follows what: cycles are refused, and how much lies ahead is counted.

Answers decide the path and each question is asked once, so a way back to an earlier step could
only run in circles. Without one, every walk ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.core.errors import DefinitionError
from bot.flows.layout import Place
from bot.flows.model import AskStep, BranchStep, EndStep, FlowStep, SummaryStep, TriageStep

_CONDITIONAL_WEIGHT = 0.5
"""A question with a condition counts half in the estimate of what lies ahead."""


def successors(step: FlowStep) -> tuple[int, ...]:
    """Return the indexes of the steps that may come after `step`, each once."""
    if isinstance(step, EndStep):
        return ()
    if isinstance(step, BranchStep):
        found = [*(target for _, target in step.cases), step.otherwise, step.unknown]
    elif isinstance(step, TriageStep):
        found = [*step.cases.values(), step.following]
    else:
        found = [step.following]
    if step.when:
        found.append(step.passed)
    return tuple(dict.fromkeys(found))


def refuse_cycles(steps: tuple[FlowStep, ...], places: Sequence[Place]) -> tuple[FlowStep, ...]:
    """Return `steps` when no step leads back to itself.

    Raises:
        DefinitionError: with the path of a node on the cycle.
    """
    order = backward_order(steps)
    rank = {step: number for number, step in enumerate(order)}
    for number in order:
        if any(rank[target] >= rank[number] for target in successors(steps[number])):
            raise DefinitionError(places[number].path, "leads back to itself")
    return steps


def backward_order(steps: Sequence[FlowStep]) -> list[int]:
    """Return all indexes so that, without cycles, a step comes after all that may follow it."""
    order: list[int] = []
    state = [0] * len(steps)
    for begin in range(len(steps)):
        stack = [begin]
        while stack:
            current = stack[-1]
            if state[current] == 0:
                state[current] = 1
                stack.extend(t for t in successors(steps[current]) if state[t] == 0)
                continue
            stack.pop()
            if state[current] == 1:
                state[current] = 2
                order.append(current)
    return order


def with_ahead(steps: tuple[FlowStep, ...]) -> tuple[FlowStep, ...]:
    """Return the steps with `ahead`: the questions on the longest way to an end, itself included.

    An estimate for showing progress: conditional questions count half.
    """
    ahead = [0.0] * len(steps)
    for number in backward_order(steps):
        step = steps[number]
        rest = max((ahead[target] for target in successors(step)), default=0.0)
        ahead[number] = rest + _weight(step)
    return tuple(
        replace(step, ahead=max(1, round(ahead[number])))
        if isinstance(step, AskStep | SummaryStep)
        else step
        for number, step in enumerate(steps)
    )


def _weight(step: FlowStep) -> float:
    if not isinstance(step, AskStep | SummaryStep):
        return 0.0
    return _CONDITIONAL_WEIGHT if step.when else 1.0
