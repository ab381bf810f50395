"""The private part of a conversation: the flow's state and the recent texts, in one blob."""

from __future__ import annotations

import msgspec

from bot.conversation.model import Conversation
from bot.flows.state import FlowState, decode_state, encode_state

_Blob = tuple[tuple[str, ...], bytes | None]
_ENCODE = msgspec.msgpack.Encoder().encode
_DECODE = msgspec.msgpack.Decoder(_Blob).decode


def encode_conversation_state(conversation: Conversation) -> bytes:
    """Return the recent texts and the flow's state, to be encrypted."""
    state = conversation.flow_state
    return _ENCODE((conversation.recent_texts, None if state is None else encode_state(state)))


def decode_conversation_state(blob: bytes) -> tuple[tuple[str, ...], FlowState | None]:
    """Return (recent texts, flow state).

    Raises msgspec.MsgspecError, DefinitionError or InvalidField when it cannot be read.
    """
    recent_texts, state = _DECODE(blob)
    return recent_texts, None if state is None else decode_state(state)
