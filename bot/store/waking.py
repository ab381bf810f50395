"""An emergency text that did not arrive: somebody must call, so an alert is opened or woken."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, select, update

from bot.consults.alert import Alert, AlertReason, open_alert
from bot.store.alert_rows import alert_values
from bot.store.alerts import AlertStep, add_step, find_open_alert
from bot.store.missing import add_if_missing
from bot.store.receipts import UNCONFIRMED
from bot.store.tables import AlertRow, ConversationRow, MessageRow

UNSETTLED = ("responded", "accepted", "scheduled", "queued", "unknown", "sending", "sent")
"""How far a text may have come while nobody knows whether it arrived."""


def wake_or_open(
    connection: Connection,
    conversation_id: str,
    *,
    step: str,
    now: datetime,
    new_id: Callable[[], str],
    reason: AlertReason = AlertReason.UNDELIVERED,
) -> None:
    """Make the conversation's alert act now; open one for `reason` if none is open.

    `step` is the code of what happened.
    """
    stored = find_open_alert(connection, conversation_id)
    if stored is None:
        alert = open_alert(new_id(), reason, now)
        _store(connection, conversation_id, alert)
        stored = find_open_alert(connection, conversation_id)
    if stored is None:
        return
    alert_id = stored.alert.id
    connection.execute(
        update(AlertRow)
        .where(AlertRow.id == alert_id, AlertRow.acknowledged_at.is_(None))
        .values(next_at=now)
    )
    add_step(connection, AlertStep(new_id(), alert_id, step), now=now)


def unconfirmed_texts(
    connection: Connection, *, since: datetime, until: datetime, limit: int
) -> dict[str, str]:
    """Return message id -> conversation id of emergency texts that nobody confirmed in time.

    They are marked, so that each is returned once.
    """
    rows = connection.execute(
        select(MessageRow.id, MessageRow.conversation_id)
        .where(
            MessageRow.kind == "crisis",
            MessageRow.channel == "sms",
            MessageRow.created_at >= since,
            MessageRow.created_at <= until,
            MessageRow.delivery.in_(UNSETTLED),
        )
        .order_by(MessageRow.created_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    found = {row.id: row.conversation_id for row in rows}
    if found:
        connection.execute(
            update(MessageRow).where(MessageRow.id.in_(found)).values(delivery=UNCONFIRMED)
        )
    return found


def _store(connection: Connection, conversation_id: str, alert: Alert) -> None:
    conversation = connection.execute(
        select(ConversationRow.clinic_id, ConversationRow.consult_id).where(
            ConversationRow.id == conversation_id
        )
    ).one()
    values = alert_values(
        alert,
        clinic_id=conversation.clinic_id,
        conversation_id=conversation_id,
        consult_id=conversation.consult_id,
    )
    add_if_missing(connection, AlertRow, values)
