"""What the turn's queries give back, in the conversation's words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from bot.conversation.model import Conversation, ConversationStatus
from bot.core.decisions import Priority
from bot.core.errors import DefinitionError, InvalidField
from bot.core.messages import Channel
from bot.store.columns import bytes_text
from bot.store.crypto import KeyRing, UnreadableField
from bot.store.state import PrivateState, decode_conversation_state


@dataclass(frozen=True, slots=True)
class AtAddress:
    """A patient's current conversation, found by the keyed hash of the address."""

    clinic_id: str
    channel: Channel
    address_hash: bytes


@dataclass(frozen=True, slots=True)
class InConversation:
    """One conversation by its id, if it is still the patient's current one."""

    conversation_id: str


@dataclass(frozen=True, slots=True)
class CurrentOf:
    """The present conversation of the patient whose conversation this is, or once was."""

    conversation_id: str


Where = AtAddress | InConversation | CurrentOf


@dataclass(frozen=True, slots=True)
class Loaded:
    """A conversation under its lock. `is_readable` is false if its state could not be read."""

    conversation: Conversation
    is_readable: bool


@dataclass(frozen=True, slots=True)
class StoredText:
    """One text of a reply as it was sent the first time; `is_queued` if the outbox sends it."""

    id: str
    text: str
    kind: str
    is_queued: bool


@dataclass(frozen=True, slots=True)
class StoredReply:
    """What was answered when this message came first, and to whom."""

    conversation_id: str
    turn_number: int
    inbound_text: str
    address_hash: bytes
    texts: tuple[StoredText, ...]


class TurnReader:
    """Turns rows of the turn's queries, of either database, into values."""

    def __init__(self, keyring: KeyRing) -> None:
        """Take the cipher that the rows were sealed with."""
        self._keyring = keyring

    def conversation(self, row: tuple[Any, ...]) -> Loaded:
        """Return the conversation of a row of LOAD_BY_ADDRESS or LOAD_BY_CONVERSATION."""
        private, is_readable = self._private(row[9])
        conversation = Conversation(
            id=row[2],
            clinic_id=row[3],
            patient_id=row[0],
            channel=Channel(row[4]),
            status=ConversationStatus(row[5]),
            language=row[6],
            flow_hash=row[7],
            started_at=_moment(row[15]),
            turn_number=row[8],
            flow_state=private.flow_state,
            recent_texts=private.recent_texts,
            last_inbound_at=None if row[14] is None else _moment(row[14]),
            opted_out=row[1] is not None,
            risk_open=bool(row[10]),
            crisis_answers=row[11],
            consult_id=row[12],
            consult_priority=None if row[13] is None else Priority(row[13]),
            hold_state=private.hold_state,
        )
        return Loaded(conversation, is_readable)

    def _private(self, blob: bytes | None) -> tuple[PrivateState, bool]:
        if blob is None:
            return PrivateState(), True
        try:
            plain = self._keyring.unseal("conversations.state", bytes(blob))
            return decode_conversation_state(plain), True
        except (UnreadableField, DefinitionError, InvalidField, msgspec.MsgspecError, ValueError):
            return PrivateState(), False

    def reply(self, rows: list[tuple[Any, ...]]) -> StoredReply | None:
        """Return the reply that rows of STORED_REPLY hold; None for no rows."""
        if not rows:
            return None
        first = rows[0]
        texts = (
            StoredText(row[4], self._text(row[5]), row[6], bool(row[7]))
            for row in rows
            if row[4] is not None
        )
        return StoredReply(first[0], first[1], self._text(first[2]), bytes(first[3]), tuple(texts))

    def _text(self, blob: bytes) -> str:
        return bytes_text(self._keyring.unseal("messages.body", bytes(blob)))


def _moment(value: Any) -> datetime:
    """Return a stored moment, aware and in UTC. SQLite gives text without a zone."""
    if isinstance(value, str):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    moment: datetime = value
    return moment.astimezone(UTC)
