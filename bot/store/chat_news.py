"""What is new in many chats at once: one query asks where all of them stand, one more reads.

PostgreSQL gets the values it looks for as one array, which it goes through with the index on the
other side. Of a list of parameters, prepared as one statement, it would compare each with every
row: half a second for thousands of visitors, every second.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import (
    Connection,
    Integer,
    LargeBinary,
    String,
    func,
    literal,
    or_,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY

from bot.core.messages import Channel
from bot.store.engine import is_postgresql
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


def current_standings(
    connection: Connection, conversation_ids: Collection[str]
) -> dict[str, Standing]:
    """Return where these conversations stand; those that are not their patient's last are out."""
    found: dict[str, Standing] = {}
    for some in _in_parts(conversation_ids):
        rows = connection.execute(
            select(ConversationRow.id, ConversationRow.turn_number, ConversationRow.status).where(
                ConversationRow.id.in_(_among(connection, some, String)),
                ConversationRow.is_current,
            )
        )
        found.update({row[0]: Standing(*row) for row in rows})
    return found


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
                PatientRow.address_hash.in_(_among(connection, some, LargeBinary)),
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
            .where(
                tuple_(MessageRow.conversation_id, MessageRow.turn_number).in_(
                    _among(connection, some, String, Integer)
                )
            )
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
                ChatSessionRow.token_hash.in_(_among(connection, some, String)),
                or_(ChatSessionRow.ended_at.is_not(None), ChatSessionRow.expires_at <= now),
            )
        )
        closed.update(rows.scalars())
    return closed


def _in_parts(values: Iterable[_Each]) -> Iterator[Sequence[_Each]]:
    rest: Any = iter(values)
    while some := list(islice(rest, AT_ONCE)):
        yield some


def _among(connection: Connection, values: Sequence[Any], *types: type[Any]) -> Any:
    """Return what a column, or a tuple of columns of these types, is to be `in_`."""
    if not is_postgresql(connection.engine):
        return values
    columns = zip(*values, strict=True) if len(types) > 1 else [values]
    arrays = (
        func.unnest(literal(list(column), ARRAY(kind)))
        for column, kind in zip(columns, types, strict=True)
    )
    return select(*arrays)
