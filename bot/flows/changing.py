"""Asking an earlier question again because the patient wants to change its answer."""

from __future__ import annotations

from bot.flows.commands import can_be_asked_again
from bot.flows.engine import over_limit
from bot.flows.model import AskStep, Flow
from bot.flows.state import FlowState, TurnContext
from bot.flows.turn import Step, Turn


def change(flow: Flow, state: FlowState, target: str, *, context: TurnContext) -> Step:
    """Ask the question `target` again, or every answered question of the group of that name.

    The answer stays in force until it is given anew, and the question that was open is asked
    afterwards. What cannot be changed (never asked, not on the path any more, nobody's id) is
    said, and the open question asked. After the end of the flow nothing changes.

    Raises:
        InvalidField: `state` belongs to another version of the flow.
    """
    turn = Turn(flow, state, context)
    turn.turn_count += 1
    if turn.turn_count > context.limits.turns:
        over_limit(turn)
    elif turn.open_step() is None:
        turn.say("ended")
    else:
        _change(turn, target)
    return turn.step()


def _change(turn: Turn, target: str) -> None:
    turn.pending, turn.paused = None, False
    again = tuple(link_id for link_id in _answered(turn) if _is_meant(turn, link_id, target))
    if again:
        turn.unclear_count, turn.human_told = 0, False
        turn.reask = (*again, *(link_id for link_id in turn.reask if link_id not in again))
        turn.say("change_again")
    else:
        turn.say("nothing_to_change")
    turn.ask()


def _answered(turn: Turn) -> list[str]:
    return [a.link_id for a in turn.answers if can_be_asked_again(turn, a.link_id)]


def _is_meant(turn: Turn, link_id: str, target: str) -> bool:
    step = turn.flow.steps[turn.flow.index[link_id]]
    return link_id == target or (isinstance(step, AskStep) and step.group == target)
