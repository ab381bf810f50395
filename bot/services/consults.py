"""Consult requests as clinicians work on them: the list, and every change of one.

What must stay true: a clinician sees and changes only requests of their own clinics, and a request
of another clinic looks like none at all; a change is made against the version that was looked at,
so that of two clinicians one wins and the other is told; every reading and every change is
recorded in the same transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, select
from sqlalchemy.orm import Session

from bot.consults.alert import acknowledge
from bot.consults.model import (
    FINISHED,
    NOTHING_SAID,
    ConsultAction,
    ConsultRequest,
    ConsultStatus,
    Said,
    apply_action,
)
from bot.core.decisions import Priority
from bot.core.errors import IllegalTransition, NotFound
from bot.services.audit import AuditAction, audit
from bot.services.clinicians import Clinician
from bot.services.parts import Parts
from bot.services.transactions import writing
from bot.store.alerts import AlertStep, add_step, find_open_alert, save_alert
from bot.store.tables import (
    ClinicianRow,
    ConsultEventRow,
    ConsultReasonRow,
    ConsultRow,
    ConversationRow,
    PatientRow,
)

LIST_LIMIT = 200
OPEN = frozenset(ConsultStatus) - FINISHED


@dataclass(frozen=True, slots=True)
class ConsultSummary:
    """One line of the list. `patient_name` is None until it is known; `address` reaches them."""

    id: str
    clinic_id: str
    conversation_id: str
    status: ConsultStatus
    priority: Priority
    disposition: str | None
    due_at: datetime
    is_late: bool
    opened_at: datetime
    clinician_id: str | None
    clinician_name: str | None
    patient_name: str | None
    address: str
    reasons: tuple[str, ...]
    version: int


def list_consults(
    parts: Parts,
    clinician: Clinician,
    *,
    statuses: Collection[ConsultStatus] = OPEN,
    priority: Priority | None = None,
    only_mine: bool = False,
) -> tuple[ConsultSummary, ...]:
    """Return at most LIST_LIMIT requests, the most urgent and earliest due first. Audited."""
    wanted = _summaries().where(
        ConsultRow.clinic_id.in_(clinician.clinic_ids),
        ConsultRow.status.in_([status.value for status in statuses]),
    )
    if priority is not None:
        wanted = wanted.where(ConsultRow.priority == priority.value)
    if only_mine:
        wanted = wanted.where(ConsultRow.clinician_id == clinician.id)
    with writing(parts.engine) as session:
        rows = session.execute(wanted.limit(LIST_LIMIT)).all()
        reasons = _reasons(session, [row.ConsultRow.id for row in rows])
        for clinic_id in sorted({row.ConsultRow.clinic_id for row in rows}):
            audit(parts, session, clinician.id, AuditAction.LIST, "clinic", clinic_id)
        return tuple(_summary(row, reasons, parts.now()) for row in rows)


def act(
    parts: Parts,
    clinician: Clinician,
    consult_id: str,
    action: ConsultAction,
    *,
    version: int,
    said: Said = NOTHING_SAID,
) -> ConsultStatus:
    """Change a request that was looked at in `version`; return its new status.

    Raises NotFound if it is not theirs, IllegalTransition if its status or somebody else's
    change in the meantime does not allow it, StoreUnavailable.
    """
    with writing(parts.engine) as session:
        row, conversation = _lock(session, clinician, consult_id)
        if row.version != version:
            raise IllegalTransition(f"consult request {consult_id}: changed by somebody else")
        before = row.status
        risk_open = conversation.risk_open
        after = apply_action(
            _request(row), action, said, clinician_id=clinician.id, risk_open=risk_open
        )
        row.status, row.version = after.status.value, after.version
        row.clinician_id = after.clinician_id
        session.add(_event(parts, row, (action, before), by=clinician, said=said))
        audit(parts, session, clinician.id, AuditAction(action.value), "consult", row.id)
        _acknowledge(parts, session, row, clinician)
        if after.status in FINISHED:
            row.finished_at = parts.now()
            _close(conversation, row, action)
    return after.status


def find_own(session: Session, clinician: Clinician, consult_id: str) -> ConsultRow:
    """Return a request of one of the clinician's clinics. Raises NotFound."""
    row = session.scalar(
        select(ConsultRow).where(
            ConsultRow.id == consult_id, ConsultRow.clinic_id.in_(clinician.clinic_ids)
        )
    )
    if row is None:
        raise NotFound("consult request")
    return row


def _lock(
    session: Session, clinician: Clinician, consult_id: str
) -> tuple[ConsultRow, ConversationRow]:
    """Return a request and its conversation, locked in the order in which turns lock them."""
    conversation_id = find_own(session, clinician, consult_id).conversation_id
    conversation = session.get_one(ConversationRow, conversation_id, with_for_update=True)
    row = session.get_one(ConsultRow, consult_id, with_for_update=True, populate_existing=True)
    return row, conversation


def find_summary(parts: Parts, session: Session, row: ConsultRow) -> ConsultSummary:
    """Return one request as the list shows it."""
    found = session.execute(_summaries().where(ConsultRow.id == row.id)).one()
    return _summary(found, _reasons(session, [row.id]), parts.now())


def _summaries() -> Any:
    urgency = case(
        (ConsultRow.priority == Priority.STAT.value, 0),
        (ConsultRow.priority == Priority.URGENT.value, 1),
        else_=2,
    )
    return (
        select(ConsultRow, PatientRow.name, PatientRow.address, ClinicianRow.name.label("who"))
        .join(PatientRow, PatientRow.id == ConsultRow.patient_id)
        .outerjoin(ClinicianRow, ClinicianRow.id == ConsultRow.clinician_id)
        .order_by(urgency, ConsultRow.due_at, ConsultRow.id)
    )


def _reasons(session: Session, consult_ids: Iterable[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    rows = session.execute(
        select(ConsultReasonRow.consult_id, ConsultReasonRow.code)
        .where(ConsultReasonRow.consult_id.in_(consult_ids))
        .order_by(ConsultReasonRow.created_at, ConsultReasonRow.code)
    )
    for consult_id, code in rows:
        found[consult_id] = (*found.get(consult_id, ()), code)
    return found


def _summary(found: Any, reasons: dict[str, tuple[str, ...]], now: datetime) -> ConsultSummary:
    row, name, address, who = found
    waits = row.status == ConsultStatus.REQUESTED.value
    return ConsultSummary(
        id=row.id,
        clinic_id=row.clinic_id,
        conversation_id=row.conversation_id,
        status=ConsultStatus(row.status),
        priority=Priority(row.priority),
        disposition=row.disposition,
        due_at=row.due_at,
        is_late=waits and row.due_at <= now,
        opened_at=row.created_at,
        clinician_id=row.clinician_id,
        clinician_name=who,
        patient_name=name,
        address=address,
        reasons=reasons.get(row.id, ()),
        version=row.version,
    )


def _request(row: ConsultRow) -> ConsultRequest:
    return ConsultRequest(
        id=row.id,
        status=ConsultStatus(row.status),
        priority=Priority(row.priority),
        due_at=row.due_at,
        version=row.version,
        clinician_id=row.clinician_id,
    )


def _event(
    parts: Parts,
    row: ConsultRow,
    change: tuple[ConsultAction, str],
    *,
    by: Clinician,
    said: Said,
) -> ConsultEventRow:
    action, before = change
    outcome = said.outcome if action is ConsultAction.COMPLETE else None
    return ConsultEventRow(
        id=parts.new_id(),
        consult_id=row.id,
        action=action.value,
        from_status=before,
        to_status=row.status,
        clinician_id=by.id,
        note=said.note.strip() or None,
        outcome=outcome and outcome.value,
        created_at=parts.now(),
    )


def _acknowledge(parts: Parts, session: Session, row: ConsultRow, clinician: Clinician) -> None:
    """Whoever acts on the request has heard the alert."""
    stored = find_open_alert(session.connection(), row.conversation_id)
    if stored is not None:
        by = f"clinician:{clinician.id}"
        save_alert(session.connection(), acknowledge(stored.alert, by=by, now=parts.now()))
        step = AlertStep(parts.new_id(), stored.alert.id, "acknowledged")
        add_step(session.connection(), step, now=parts.now())


def _close(conversation: ConversationRow, row: ConsultRow, action: ConsultAction) -> None:
    """Let what happens later in the conversation open a new request.

    Completing says that the matter is settled, risk included. Cancelling settles nothing: a risk
    that was seen stays open.
    """
    if conversation.consult_id == row.id:
        conversation.consult_id = None
        conversation.consult_priority = None
        if action is ConsultAction.COMPLETE:
            conversation.risk_open = False
