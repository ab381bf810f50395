"""What was done about the danger seen in a conversation, step by step, as it happened.

Found, answered, delivered, paged, taken: each line is a row of its own in the database, so that
nothing here is concluded from anything else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.conversation.model import ReplyKind
from bot.store.tables import (
    AlertRow,
    AlertStepRow,
    ClinicianRow,
    MessageRow,
    OutboxRow,
    SafetyEventRow,
)

ONCALL = "oncall:"
BY_CLINICIAN = "clinician:"


@dataclass(frozen=True, slots=True)
class AlertLine:
    """One step. `kind` is found, answered, opened, paged, acknowledged or another step's code.

    `person` is a place on the clinic's on-call list, from 0; `channel` the way of a text or page,
    `state` how far it came; `by` is how it was acknowledged where no place or name is known;
    `detail` is a tier or an alert's reason, as a code.
    """

    at: datetime
    kind: str
    person: int | None = None
    channel: str | None = None
    state: str | None = None
    clinician_name: str | None = None
    by: str | None = None
    detail: str | None = None


def alert_lines(session: Session, conversation_id: str) -> tuple[AlertLine, ...]:
    """Return every step of a conversation's alerts, oldest first; empty if nothing was seen."""
    lines = [
        *_found(session, conversation_id),
        *_answered(session, conversation_id),
        *_alerted(session, conversation_id),
    ]
    return tuple(sorted(lines, key=lambda line: line.at))


def _found(session: Session, conversation_id: str) -> Iterator[AlertLine]:
    rows = session.execute(
        select(SafetyEventRow.created_at, SafetyEventRow.tier)
        .where(SafetyEventRow.conversation_id == conversation_id)
        .order_by(SafetyEventRow.turn_number, SafetyEventRow.id)
    )
    return (AlertLine(at, "found", detail=tier) for at, tier in rows)


def _answered(session: Session, conversation_id: str) -> Iterator[AlertLine]:
    rows = session.execute(
        select(MessageRow.created_at, MessageRow.channel, MessageRow.delivery)
        .where(
            MessageRow.conversation_id == conversation_id,
            MessageRow.kind == ReplyKind.CRISIS.value,
        )
        .order_by(MessageRow.turn_number, MessageRow.position)
    )
    return (AlertLine(at, "answered", channel=way, state=state) for at, way, state in rows)


def _alerted(session: Session, conversation_id: str) -> Iterator[AlertLine]:
    alerts = session.scalars(
        select(AlertRow)
        .where(AlertRow.conversation_id == conversation_id)
        .order_by(AlertRow.created_at)
    ).all()
    for alert in alerts:
        yield AlertLine(alert.created_at, "opened", detail=alert.reason)
        yield from _steps(session, alert)
        if alert.acknowledged_at is not None:
            yield _taken(session, alert, alert.acknowledged_at)


def _steps(session: Session, alert: AlertRow) -> Iterator[AlertLine]:
    rows = session.execute(
        select(AlertStepRow, OutboxRow.state)
        .outerjoin(OutboxRow, OutboxRow.id == AlertStepRow.outbox_id)
        .where(AlertStepRow.alert_id == alert.id, AlertStepRow.kind != "acknowledged")
        .order_by(AlertStepRow.created_at, AlertStepRow.id)
    )
    for step, state in rows:
        yield AlertLine(step.created_at, step.kind, step.person, step.channel, state)


def _taken(session: Session, alert: AlertRow, at: datetime) -> AlertLine:
    by = alert.acknowledged_by or ""
    if by.startswith(ONCALL):
        return AlertLine(at, "acknowledged", person=int(by.removeprefix(ONCALL)))
    name = None
    if by.startswith(BY_CLINICIAN):
        name = session.scalar(
            select(ClinicianRow.name).where(ClinicianRow.id == by.removeprefix(BY_CLINICIAN))
        )
    return AlertLine(at, "acknowledged", clinician_name=name, by=None if name else by)
