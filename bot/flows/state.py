"""Where a conversation stands, in a form that survives any pause: plain JSON.

The state is the answers in the order of the path. `position` is what folding them through the
flow gives, kept beside them so that a turn costs one step (see `fold`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import msgspec

from bot.core.answers import Answer, Value
from bot.core.decisions import Judge
from bot.core.errors import InvalidField
from bot.core.messages import Channel


class PendingKind(StrEnum):
    """What the engine itself has asked and waits for."""

    READING = "reading"
    RESTART = "restart"
    CHANGE = "change"


class PossibleReading(msgspec.Struct, frozen=True, omit_defaults=True):
    """One of the readings of an ambiguous reply; `unsure` when it means "not sure"."""

    value: Value = None
    parts: Mapping[str, Value] = msgspec.field(default_factory=dict)
    written: str = ""
    unsure: bool = False


class Pending(msgspec.Struct, frozen=True, omit_defaults=True):
    """A question of the engine's own. `readings` are offered as choices 1 and 2.

    `reason` is the AmbiguousReason's value, which decides how the choice is worded.
    """

    kind: PendingKind
    readings: tuple[PossibleReading, ...] = ()
    reason: str = ""


class FlowState(msgspec.Struct, frozen=True, omit_defaults=True):
    """One run of one flow between two turns.

    `position` is the id of the question that is open, "" when the flow has ended. `answers` are
    on the present path, in its order; `held` were given but are not on it any more. `reask` are
    questions on the path to be asked again first. `unclear_count` counts replies to the open
    question that gave no answer. `human_told` says that a person was asked for because of them.
    `turn_count` counts replies since the start. `outcome` is set when the flow has ended.
    """

    flow_hash: str
    position: str
    language: str
    channel: Channel
    answers: tuple[Answer, ...] = ()
    held: tuple[Answer, ...] = ()
    reask: tuple[str, ...] = ()
    pending: Pending | None = None
    unclear_count: int = 0
    human_told: bool = False
    paused: bool = False
    turn_count: int = 0
    outcome: str = ""

    @property
    def open_id(self) -> str:
        """The id of the question that the next reply answers; "" when there is none."""
        return self.reask[0] if self.reask else self.position


@dataclass(frozen=True, slots=True)
class Limits:
    """Brakes against endless walks and endless conversations.

    `steps` are nodes walked between two questions; `turns` are replies in one conversation.
    """

    steps: int = 100
    turns: int = 500


DEFAULT_LIMITS = Limits()


class TurnContext(msgspec.Struct, frozen=True):
    """What the engine must be told of a turn.

    `today` is the clinic's date. `words` fill the placeholders clinic_name and clinic_phone.
    """

    today: date
    turn_number: int
    channel: Channel
    words: Mapping[str, str]
    judge: Judge
    limits: Limits = DEFAULT_LIMITS


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(FlowState)


def encode_state(state: FlowState) -> bytes:
    """Return the state as JSON."""
    return _ENCODER.encode(state)


def decode_state(content: bytes) -> FlowState:
    """Return the state that `encode_state` wrote.

    Raises:
        InvalidField: it is not readable; nothing of its content is quoted.
    """
    try:
        return _DECODER.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        problem = "is not a readable state"
        raise InvalidField("flow_state", problem, "start the conversation over") from None
