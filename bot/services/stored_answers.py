"""Answers as the append-only log has them: the latest of each question is in force."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.core.answers import Answer, AnswerStatus, Value
from bot.store.tables import AnswerRow


class _Content(msgspec.Struct, frozen=True):
    value: Value
    parts: Mapping[str, Value]
    written: str


def answers_of(session: Session, conversation_id: str) -> tuple[Answer, ...]:
    """Return the latest answer of each question, in the order in which they were first given."""
    rows = session.scalars(
        select(AnswerRow)
        .where(AnswerRow.conversation_id == conversation_id)
        .order_by(AnswerRow.turn_number, AnswerRow.position)
    )
    latest: dict[str, Answer] = {}
    for row in rows:
        latest[row.link_id] = _answer(row)
    return tuple(latest.values())


def _answer(row: AnswerRow) -> Answer:
    content = msgspec.json.decode(row.value, type=_Content)
    return Answer(
        link_id=row.link_id,
        status=AnswerStatus(row.status),
        value=content.value,
        parts=content.parts,
        written=content.written,
        at_turn=row.turn_number,
    )
