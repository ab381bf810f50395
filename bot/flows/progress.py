"""Where a conversation stands, in a form that gives nothing away: question 12 of about 40."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from bot.core.answers import Answer
from bot.core.decisions import Decision
from bot.flows.model import Flow, LinkStep
from bot.flows.state import FlowState, TurnContext
from bot.flows.turn import Turn


def progress(flow: Flow, state: FlowState) -> tuple[int, int] | None:
    """Return the number of the open question and about how many there are; None if none is.

    Raises:
        InvalidField: `state` belongs to another version of the flow.
    """
    turn = _standing(flow, state)
    return None if turn.open_step() is None else turn.progress()


def waits_for_link(flow: Flow, state: FlowState) -> bool:
    """Whether what is open is the offer to go on over a secure link.

    Raises:
        InvalidField: `state` belongs to another version of the flow.
    """
    return isinstance(_standing(flow, state).open_step(), LinkStep)


def _standing(flow: Flow, state: FlowState) -> Turn:
    context = TurnContext(date.min, state.turn_count, state.channel, {}, _no_judge)
    return Turn(flow, state, context)


def _no_judge(answers: Iterable[Answer]) -> Decision:
    raise RuntimeError("standing still walks nowhere, so nothing is judged")
