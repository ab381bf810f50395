"""The outbox as operators see it: ids, kinds, states and codes; nobody's words or numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from bot.core.decisions import Priority
from bot.core.errors import IllegalTransition, NotFound
from bot.services.parts import Parts
from bot.services.transactions import reading, writing
from bot.store.outbox import PRIORITY_OF_RANK, OutboxState
from bot.store.sent_keys import find_sent
from bot.store.tables import MessageRow, OutboxRow

UNSENT = tuple(state for state in OutboxState if state is not OutboxState.SENT)
AGAIN = frozenset({OutboxState.FAILED, OutboxState.DROPPED})
"""Only what is known not to have been taken may be sent again by hand."""


@dataclass(frozen=True, slots=True)
class OutboxLine:
    """One row. `error` is the last code, `delivery` how far a page came after it was sent."""

    id: str
    clinic_id: str
    conversation_id: str | None
    kind: str
    priority: Priority
    state: OutboxState
    error: str | None
    attempts: int
    parts_sent: int
    looks: int
    delivery: str | None
    created_at: datetime
    due_at: datetime
    done_at: datetime | None


def outbox_lines(
    parts: Parts, *, states: tuple[OutboxState, ...] = UNSENT, limit: int = 50
) -> tuple[OutboxLine, ...]:
    """Return the newest rows in these states, newest first. Raises StoreUnavailable."""
    with reading(parts.engine) as session:
        rows = session.execute(
            select(*_SHOWN)
            .where(OutboxRow.state.in_([state.value for state in states]))
            .order_by(OutboxRow.id.desc())
            .limit(limit)
        )
        return tuple(_line(row) for row in rows)


def outbox_line(parts: Parts, outbox_id: str) -> OutboxLine:
    """Return one row. Raises NotFound, StoreUnavailable."""
    with reading(parts.engine) as session:
        row = session.execute(select(*_SHOWN).where(OutboxRow.id == outbox_id)).one_or_none()
    if row is None:
        raise NotFound("outbox row")
    return _line(row)


def send_again(parts: Parts, outbox_id: str) -> None:
    """Let the worker send a row again that has failed or was dropped.

    Raises NotFound, IllegalTransition for a row in another state (one of unknown outcome may have
    been taken) or one that is no routine text, StoreUnavailable.
    """
    with writing(parts.engine) as session:
        row = session.get(OutboxRow, outbox_id, with_for_update=True)
        if row is None:
            raise NotFound("outbox row")
        state = OutboxState(row.state)
        if state not in AGAIN or PRIORITY_OF_RANK[row.priority] is Priority.STAT:
            raise IllegalTransition(f"outbox row {outbox_id}: {state.value} is not sent again")
        row.state, row.due_at = OutboxState.PENDING.value, parts.now()
        row.done_at = row.last_error = row.slot_at = None
        row.attempts = row.looks = 0
        sent = find_sent(session.connection(), outbox_id)
        message = sent and session.get(MessageRow, sent.payload.get("message_id", ""))
        if message:
            message.delivery, message.provider_key = "queued", None


_SHOWN = tuple(
    column
    for column in OutboxRow.__table__.columns
    if column.name not in {"payload", "recipient", "provider_key", "leased_by", "leased_until"}
)


def _line(row: object) -> OutboxLine:
    shown = row._mapping  # type: ignore[attr-defined]
    return OutboxLine(
        id=shown["id"],
        clinic_id=shown["clinic_id"],
        conversation_id=shown["conversation_id"],
        kind=shown["kind"],
        priority=PRIORITY_OF_RANK.get(shown["priority"], Priority.ROUTINE),
        state=OutboxState(shown["state"]),
        error=shown["last_error"],
        attempts=shown["attempts"],
        parts_sent=shown["parts_sent"],
        looks=shown["looks"],
        delivery=shown["delivery"],
        created_at=shown["created_at"],
        due_at=shown["due_at"],
        done_at=shown["done_at"],
    )
