"""Stored conversations as the rules see them, to try other rules on."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.core.decisions import Decision
from bot.rules.backtest import Case
from bot.services.parts import Parts
from bot.services.stored_answers import answers_of
from bot.services.transactions import reading
from bot.store.tables import ConversationRow, DecisionRow

PAGE = 200


def stored_answer_sets(parts: Parts) -> Iterator[Case]:
    """Yield every conversation with its answers and its last decision, in the order of their ids.

    Conversations are read a page at a time, each page in a transaction of its own. Raises
    StoreUnavailable.
    """
    after = ""
    while page := _page(parts, after):
        yield from page
        after = page[-1].conversation_id


def _page(parts: Parts, after: str) -> list[Case]:
    wanted = select(ConversationRow.id, ConversationRow.clinic_id).order_by(ConversationRow.id)
    with reading(parts.engine) as session:
        rows = session.execute(wanted.where(ConversationRow.id > after).limit(PAGE)).all()
        return [_case(parts, session, row.id, row.clinic_id) for row in rows]


def _case(parts: Parts, session: Session, conversation_id: str, clinic_id: str) -> Case:
    clinic = parts.clinics.of(clinic_id)
    decision = session.scalar(
        select(DecisionRow.decision)
        .where(DecisionRow.conversation_id == conversation_id)
        .order_by(DecisionRow.turn_number.desc(), DecisionRow.position.desc())
        .limit(1)
    )
    decided = None if decision is None else msgspec.json.decode(decision, type=Decision)
    return Case(
        conversation_id=conversation_id,
        ruleset_hash=None if decided is None else decided.ruleset_hash,
        decision=decided,
        answers=answers_of(session, conversation_id),
        licensed_states=None if clinic is None else frozenset(clinic.licensed_states),
    )
