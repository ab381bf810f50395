"""What a chat page reads: the conversation without a lock, its texts in order, who speaks.

A patient's texts are in the order of (conversation, turn number, position), whoever reads them.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime

import msgspec
from sqlalchemy import ColumnElement, Connection, select, text, tuple_

from bot.core.findings import Category, Finding, Subject, Tier
from bot.core.messages import Choice
from bot.store.crypto import KeyRing
from bot.store.loading import AtAddress, CurrentOf, Loaded, TurnReader
from bot.store.statements import BY_ADDRESS, BY_PATIENT_OF
from bot.store.tables import (
    AnswerRow,
    AuditRow,
    ClinicianRow,
    ConversationRow,
    MessageRow,
    SafetyEventRow,
)

_TIERS = {tier.label: tier for tier in Tier}
_AT_ADDRESS = text(BY_ADDRESS.format(":clinic_id", ":channel", ":address_hash"))
_OF_PATIENT = text(BY_PATIENT_OF.format(":conversation_id"))
_ORDER = (
    ConversationRow.created_at,
    ConversationRow.id,
    MessageRow.turn_number,
    MessageRow.position,
)


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a text stands among all texts of a patient."""

    started_at: datetime
    conversation_id: str
    turn_number: int
    position: int


@dataclass(frozen=True, slots=True)
class TalkRow:
    """One text with what a page needs to show it; `choices` are those it offered."""

    place: Place
    id: str
    direction: str
    kind: str
    text: str
    choices: tuple[Choice, ...]
    provider_key: str | None
    at: datetime


def current_conversation(
    connection: Connection, keyring: KeyRing, where: AtAddress | CurrentOf
) -> Loaded | None:
    """Return a patient's conversation as it is now, without a lock; None if there is none."""
    statement = _AT_ADDRESS if isinstance(where, AtAddress) else _OF_PATIENT
    row = connection.execute(statement, asdict(where)).fetchone()
    return None if row is None else TurnReader(keyring).conversation(tuple(row))


def beginning_of(connection: Connection, conversation_id: str) -> Place | None:
    """Return the place before the first text of a conversation; None if there is none."""
    wanted = select(ConversationRow.created_at).where(ConversationRow.id == conversation_id)
    started_at = connection.execute(wanted).scalar()
    return None if started_at is None else Place(started_at, conversation_id, 0, 0)


def place_of(connection: Connection, patient_id: str, message_id: str) -> Place | None:
    """Return where a text of this patient stands; None if it is not theirs."""
    row = connection.execute(
        select(*_ORDER)
        .join(ConversationRow, ConversationRow.id == MessageRow.conversation_id)
        .where(MessageRow.id == message_id, ConversationRow.patient_id == patient_id)
    ).one_or_none()
    return None if row is None else Place(*row)


def talk_from(
    connection: Connection, patient_id: str, place: Place | None, *, limit: int
) -> list[TalkRow]:
    """Return a patient's texts from `place` on (None: all), at most the last `limit`."""
    wanted: list[ColumnElement[bool]] = [ConversationRow.patient_id == patient_id]
    if place is not None:
        here = (place.started_at, place.conversation_id, place.turn_number, place.position)
        wanted.append(tuple_(*_ORDER) >= here)
    return _rows(connection, wanted, limit=limit)


def talk_of_turns(
    connection: Connection, conversation_id: str, turns: Collection[int]
) -> list[TalkRow]:
    """Return the texts of a few turns of one conversation."""
    wanted = [ConversationRow.id == conversation_id, MessageRow.turn_number.in_(turns)]
    return _rows(connection, wanted, limit=1000)


def answered_at(
    connection: Connection, conversation_id: str, since_turn: int
) -> dict[int, list[str]]:
    """Return turn number -> the questions answered in it, from `since_turn` on."""
    rows = connection.execute(
        select(AnswerRow.turn_number, AnswerRow.link_id)
        .where(AnswerRow.conversation_id == conversation_id, AnswerRow.turn_number >= since_turn)
        .order_by(AnswerRow.turn_number, AnswerRow.position)
    )
    found: dict[int, list[str]] = {}
    for turn_number, link_id in rows:
        found.setdefault(turn_number, []).append(link_id)
    return found


def last_danger(
    connection: Connection, conversation_id: str, *, turn_number: int | None = None
) -> Finding | None:
    """Return the latest finding that was answered with resources (in one turn, if given)."""
    wanted = (
        select(SafetyEventRow.tier, SafetyEventRow.category, SafetyEventRow.subject)
        .where(
            SafetyEventRow.conversation_id == conversation_id,
            SafetyEventRow.tier.in_([tier.label for tier in Tier if tier >= Tier.CRISIS]),
        )
        .order_by(SafetyEventRow.turn_number.desc(), SafetyEventRow.id.desc())
        .limit(1)
    )
    if turn_number is not None:
        wanted = wanted.where(SafetyEventRow.turn_number == turn_number)
    row = connection.execute(wanted).one_or_none()
    if row is None:
        return None
    category = Category(row.category) if row.category else None
    subject = Subject(row.subject) if row.subject else None
    return Finding(_TIERS[row.tier], category, subject)


def owner_name(connection: Connection, conversation_id: str, *, action: str) -> str | None:
    """Return the name of the clinician who last did `action` with the conversation."""
    name: str | None = connection.execute(
        select(ClinicianRow.name)
        .join(AuditRow, AuditRow.clinician_id == ClinicianRow.id)
        .where(
            AuditRow.subject_type == "conversation",
            AuditRow.subject_id == conversation_id,
            AuditRow.action == action,
        )
        .order_by(AuditRow.created_at.desc(), AuditRow.id.desc())
        .limit(1)
    ).scalar()
    return name


def names_of(connection: Connection, clinician_ids: Collection[str]) -> dict[str, str]:
    """Return clinician id -> name."""
    if not clinician_ids:
        return {}
    wanted = select(ClinicianRow.id, ClinicianRow.name)
    rows = connection.execute(wanted.where(ClinicianRow.id.in_(clinician_ids)))
    return {row.id: row.name for row in rows}


def _rows(
    connection: Connection, wanted: list[ColumnElement[bool]], *, limit: int
) -> list[TalkRow]:
    rows = connection.execute(
        select(
            *_ORDER,
            MessageRow.id,
            MessageRow.direction,
            MessageRow.kind,
            MessageRow.body,
            MessageRow.choices,
            MessageRow.provider_key,
            MessageRow.created_at,
        )
        .join(ConversationRow, ConversationRow.id == MessageRow.conversation_id)
        .where(*wanted)
        .order_by(*(column.desc() for column in _ORDER))
        .limit(limit)
    ).all()
    return [
        TalkRow(Place(*row[:4]), *row[4:8], _choices(row[8]), *row[9:]) for row in reversed(rows)
    ]


def _choices(stored: bytes | None) -> tuple[Choice, ...]:
    if stored is None:
        return ()
    return msgspec.json.decode(stored, type=tuple[Choice, ...])
