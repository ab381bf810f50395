"""Asking a clinician to act outside a turn: the request is opened, or given one more reason."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from bot.consults.model import ConsultStatus, due_at, more_urgent
from bot.core.decisions import Priority
from bot.store.missing import add_if_missing
from bot.store.tables import ConsultEventRow, ConsultReasonRow, ConsultRow, ConversationRow


def ask_clinician(
    connection: Connection,
    conversation_id: str,
    reason: str,
    priority: Priority,
    *,
    now: datetime,
    new_id: Callable[[], str],
) -> None:
    """Open the conversation's consult request, or add the reason to the one that is open.

    A priority never falls. The conversation's row is locked, as a turn locks it.
    """
    found = connection.execute(
        select(
            ConversationRow.clinic_id,
            ConversationRow.patient_id,
            ConversationRow.consult_id,
            ConversationRow.consult_priority,
        )
        .where(ConversationRow.id == conversation_id)
        .with_for_update()
    ).one()
    consult_id, action = found.consult_id, "raise"
    if consult_id is None:
        consult_id, action = new_id(), "open"
        connection.execute(
            insert(ConsultRow).values(
                id=consult_id,
                clinic_id=found.clinic_id,
                conversation_id=conversation_id,
                patient_id=found.patient_id,
                status=ConsultStatus.REQUESTED.value,
                priority=priority.value,
                due_at=due_at(priority, now),
                version=1,
                created_at=now,
            )
        )
    else:
        before = Priority(found.consult_priority or Priority.ROUTINE)
        priority = more_urgent(before, priority)
        _raise(connection, consult_id, priority, is_raised=priority is not before, now=now)
    reason_row = {"consult_id": consult_id, "code": reason, "created_at": now}
    if not add_if_missing(connection, ConsultReasonRow, reason_row):
        return
    connection.execute(
        update(ConversationRow)
        .where(ConversationRow.id == conversation_id)
        .values(consult_id=consult_id, consult_priority=priority.value)
    )
    event = {"id": new_id(), "consult_id": consult_id, "action": action, "created_at": now}
    to_status = ConsultStatus.REQUESTED.value if action == "open" else None
    connection.execute(insert(ConsultEventRow).values(**event, to_status=to_status))


def _raise(
    connection: Connection, consult_id: str, priority: Priority, *, is_raised: bool, now: datetime
) -> None:
    values: dict[str, Any] = {"version": ConsultRow.version + 1}
    if is_raised:
        values |= {"priority": priority.value, "due_at": due_at(priority, now)}
    connection.execute(update(ConsultRow).where(ConsultRow.id == consult_id).values(values))
