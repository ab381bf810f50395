"""What is new in many chats at once: one query asks where all of them stand, one more reads."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, or_, select, tuple_

from bot.core.messages import Channel
from bot.store.tables import ChatSessionRow, ConversationRow, MessageRow, PatientRow

CHANNELS = [channel.value for channel in Channel]
"""Visitors of a chat, and texting patients on their private page; a hash is of one of them."""

AT_ONCE = 500
"""Values in one query: SQLite takes no endless lists."""

_Each = TypeVar("_Each")


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a patient's conversation stands now."""

    conversation_id: str
    turn_number: int
    status: str


@dataclass(frozen=True, slots=True)
class NewText:
    """One text of a turn, in and out alike."""

    id: str
    conversation_id: str
    place: tuple[int, int]
    direction: str
    kind: str
    text: str
    provider_key: str | None
    at: datetime


def standings(
    connection: Connection, clinic_id: str, address_hashes: Collection[bytes]
) -> dict[bytes, Standing]:
    """Return where each address of a clinic stands; those without a conversation are left out."""
    found: dict[bytes, Standing] = {}
    for some in _in_parts(address_hashes):
        rows = connection.execute(
            select(
                PatientRow.address_hash,
                ConversationRow.id,
                ConversationRow.turn_number,
                ConversationRow.status,
            )
            .join(ConversationRow, ConversationRow.patient_id == PatientRow.id)
            .where(
                PatientRow.clinic_id == clinic_id,
                PatientRow.channel.in_(CHANNELS),
                PatientRow.address_hash.in_(some),
                ConversationRow.is_current,
            )
        )
        found.update({bytes(row[0]): Standing(*row[1:]) for row in rows})
    return found


def texts_of_turns(
    connection: Connection, turns: Collection[tuple[str, int]]
) -> dict[str, list[NewText]]:
    """Return conversation id -> the texts of the given (conversation, turn), in order."""
    found: dict[str, list[NewText]] = {}
    for some in _in_parts(turns):
        rows = connection.execute(
            select(
                MessageRow.id,
                MessageRow.conversation_id,
                MessageRow.turn_number,
                MessageRow.position,
                MessageRow.direction,
                MessageRow.kind,
                MessageRow.body,
                MessageRow.provider_key,
                MessageRow.created_at,
            )
            .where(tuple_(MessageRow.conversation_id, MessageRow.turn_number).in_(some))
            .order_by(MessageRow.conversation_id, MessageRow.turn_number, MessageRow.position)
        )
        for row in rows:
            text = NewText(row[0], row[1], (row[2], row[3]), *row[4:])
            found.setdefault(text.conversation_id, []).append(text)
    return found


def place_in(
    connection: Connection, conversation_id: str, message_id: str
) -> tuple[int, int] | None:
    """Return the (turn number, position) of a text; None if it is not of this conversation."""
    row = connection.execute(
        select(MessageRow.turn_number, MessageRow.position).where(
            MessageRow.id == message_id, MessageRow.conversation_id == conversation_id
        )
    ).one_or_none()
    return None if row is None else (row[0], row[1])


def closed_sessions(
    connection: Connection, token_hashes: Collection[str], *, now: datetime
) -> set[str]:
    """Return which of these sessions are over."""
    closed: set[str] = set()
    for some in _in_parts(token_hashes):
        rows = connection.execute(
            select(ChatSessionRow.token_hash).where(
                ChatSessionRow.token_hash.in_(some),
                or_(ChatSessionRow.ended_at.is_not(None), ChatSessionRow.expires_at <= now),
            )
        )
        closed.update(rows.scalars())
    return closed


def _in_parts(values: Iterable[_Each]) -> Iterator[Sequence[_Each]]:
    rest: Any = iter(values)
    while some := list(islice(rest, AT_ONCE)):
        yield some
