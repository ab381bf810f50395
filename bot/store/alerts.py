"""Alerts in the database: due ones, their steps, who acknowledged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.orm import aliased

from bot.consults.alert import Alert
from bot.store.tables import AlertRow, AlertStepRow


@dataclass(frozen=True, slots=True)
class StoredAlert:
    """An alert with what the pure half does not need: whose it is, and the code to text back."""

    alert: Alert
    clinic_id: str
    conversation_id: str
    code: str
    consult_id: str | None = None


@dataclass(frozen=True, slots=True)
class AlertStep:
    """One thing that happened to an alert, ready to be stored."""

    id: str
    alert_id: str
    kind: str
    person: int | None = None
    channel: str | None = None
    outbox_id: str | None = None


def due_alerts(connection: Connection, *, now: datetime, limit: int) -> list[StoredAlert]:
    """Return open alerts whose moment has come, locked until the transaction ends."""
    rows = connection.execute(
        select(AlertRow.__table__)
        .where(AlertRow.acknowledged_at.is_(None), AlertRow.next_at <= now)
        .order_by(AlertRow.next_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    return [_stored(row) for row in rows]


def find_alert(connection: Connection, alert_id: str) -> StoredAlert | None:
    """Return one alert, locked until the transaction ends."""
    row = connection.execute(
        select(AlertRow.__table__).where(AlertRow.id == alert_id).with_for_update()
    ).one_or_none()
    return None if row is None else _stored(row)


def find_open_alert(connection: Connection, conversation_id: str) -> StoredAlert | None:
    """Return the open alert of a conversation, locked until the transaction ends."""
    row = connection.execute(
        select(AlertRow.__table__)
        .where(AlertRow.conversation_id == conversation_id, AlertRow.acknowledged_at.is_(None))
        .with_for_update()
    ).one_or_none()
    return None if row is None else _stored(row)


def find_open_by_code(connection: Connection, clinic_id: str, code: str) -> StoredAlert | None:
    """Return the newest open alert of a clinic that this code acknowledges."""
    row = connection.execute(
        select(AlertRow.__table__)
        .where(
            AlertRow.clinic_id == clinic_id,
            AlertRow.code == code,
            AlertRow.acknowledged_at.is_(None),
        )
        .order_by(AlertRow.created_at.desc())
        .limit(1)
        .with_for_update()
    ).first()
    return None if row is None else _stored(row)


def save_alert(connection: Connection, alert: Alert) -> None:
    """Store where the alert stands; an acknowledged one never opens again."""
    connection.execute(
        update(AlertRow)
        .where(AlertRow.id == alert.id, AlertRow.acknowledged_at.is_(None))
        .values(
            step=alert.step,
            next_at=alert.next_at,
            acknowledged_at=alert.acknowledged_at,
            acknowledged_by=alert.acknowledged_by,
        )
    )


def hurry_alert(
    connection: Connection, alert_id: str, step: AlertStep, *, row: int, now: datetime
) -> bool:
    """Let an open alert go at once to the row of its table after `row`, where a page has failed.

    False, and nothing is changed, if nobody waits for it any more or it is there already.
    """
    moved = connection.execute(
        update(AlertRow)
        .where(
            AlertRow.id == alert_id, AlertRow.acknowledged_at.is_(None), AlertRow.at_least <= row
        )
        .values(at_least=row + 1, next_at=now)
    )
    if moved.rowcount:
        add_step(connection, step, now=now)
    return bool(moved.rowcount)


def add_step(connection: Connection, step: AlertStep, *, now: datetime) -> None:
    """Add one step to the alert's history."""
    connection.execute(
        insert(AlertStepRow).values(
            id=step.id,
            alert_id=step.alert_id,
            kind=step.kind,
            person=step.person,
            channel=step.channel,
            outbox_id=step.outbox_id,
            created_at=now,
        )
    )


def is_open_alert(connection: Connection, alert_id: str) -> bool:
    """Whether nobody has taken this alert; one that is not there counts as open."""
    taken = select(AlertRow.id).where(
        AlertRow.id == alert_id, AlertRow.acknowledged_at.is_not(None)
    )
    return connection.execute(taken).first() is None


def is_overtaken(connection: Connection, alert_id: str, outbox_id: str) -> bool:
    """Whether the same person was paged again by the same way after this page of an alert."""
    this, later = aliased(AlertStepRow), aliased(AlertStepRow)
    found = connection.execute(
        select(later.id)
        .join(this, (this.person == later.person) & (this.channel == later.channel))
        .where(
            this.alert_id == alert_id,
            later.alert_id == alert_id,
            this.outbox_id == outbox_id,
            later.created_at > this.created_at,
        )
        .limit(1)
    )
    return found.first() is not None


def _stored(row: Any) -> StoredAlert:
    alert = Alert(
        id=row.id,
        reason=row.reason,
        opened_at=row.created_at,
        step=row.step,
        next_at=row.next_at,
        acknowledged_at=row.acknowledged_at,
        acknowledged_by=row.acknowledged_by,
        at_least=row.at_least,
    )
    return StoredAlert(alert, row.clinic_id, row.conversation_id, row.code, row.consult_id)
