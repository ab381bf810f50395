"""The scripted conversation: definitions, the engine that walks them, reading replies."""

from bot.flows.changing import change
from bot.flows.engine import current_choices, current_question, repeat, resume, start
from bot.flows.fold import Folded, fold
from bot.flows.load import flow_from_source, load_flow
from bot.flows.model import Flow
from bot.flows.state import (
    DEFAULT_LIMITS,
    FlowState,
    Limits,
    TurnContext,
    decode_state,
    encode_state,
)
from bot.flows.turn import Step

__all__ = [
    "DEFAULT_LIMITS",
    "Flow",
    "FlowState",
    "Folded",
    "Limits",
    "Step",
    "TurnContext",
    "change",
    "current_choices",
    "current_question",
    "decode_state",
    "encode_state",
    "flow_from_source",
    "fold",
    "load_flow",
    "repeat",
    "resume",
    "start",
]
