"""The private part of a conversation: the flows' states and the recent texts, in one blob."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from bot.conversation.model import Conversation
from bot.flows.state import FlowState, decode_state, encode_state

_Blob = tuple[tuple[str, ...], bytes | None, bytes | None]
_ENCODE = msgspec.msgpack.Encoder().encode
_DECODE = msgspec.msgpack.Decoder(_Blob).decode


@dataclass(frozen=True, slots=True)
class PrivateState:
    """What of a conversation is encrypted: its flow's state, the held screen's, recent texts."""

    recent_texts: tuple[str, ...] = ()
    flow_state: FlowState | None = None
    hold_state: FlowState | None = None


def encode_conversation_state(conversation: Conversation) -> bytes:
    """Return the recent texts and the flows' states, to be encrypted."""
    flow, hold = conversation.flow_state, conversation.hold_state
    return _ENCODE((conversation.recent_texts, _encoded(flow), _encoded(hold)))


def decode_conversation_state(blob: bytes) -> PrivateState:
    """Return what was encoded.

    Raises msgspec.MsgspecError, DefinitionError or InvalidField when it cannot be read.
    """
    recent_texts, flow, hold = _DECODE(blob)
    return PrivateState(recent_texts, _decoded(flow), _decoded(hold))


def _encoded(state: FlowState | None) -> bytes | None:
    return None if state is None else encode_state(state)


def _decoded(content: bytes | None) -> FlowState | None:
    return None if content is None else decode_state(content)
