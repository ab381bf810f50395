"""A page to staff that did not arrive moves its alert on at once, instead of waiting."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, or_, select, update

from bot.store.alerts import AlertStep, hurry_alert
from bot.store.receipts import ARRIVED, UNCONFIRMED
from bot.store.tables import OutboxRow

PAGE_TEXT = "page-text"
"""The outbox's kind for a page by text; its payload names the alert and its row of the table."""

FAILED_STEP = "page-failed"


def page_failed(
    connection: Connection, payload: dict[str, Any], *, now: datetime, new_id: Callable[[], str]
) -> bool:
    """Let the alert of a page go on to its next row; false if it has done so or is over."""
    alert_id = payload["alert_id"]
    step = AlertStep(new_id(), alert_id, FAILED_STEP)
    return hurry_alert(connection, alert_id, step, row=int(payload.get("row", 0)), now=now)


def unconfirmed_pages(
    connection: Connection, *, since: datetime, until: datetime, limit: int
) -> list[str]:
    """Return the ids of pages by text made in this time whose arrival nobody confirmed.

    They are marked, so that each is returned once.
    """
    rows = connection.scalars(
        select(OutboxRow.id)
        .where(
            OutboxRow.kind == PAGE_TEXT,
            OutboxRow.created_at >= since,
            OutboxRow.created_at <= until,
            or_(
                OutboxRow.delivery.is_(None),
                OutboxRow.delivery.not_in((UNCONFIRMED, "undelivered", "failed", *ARRIVED)),
            ),
        )
        .order_by(OutboxRow.created_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    if rows:
        marked = update(OutboxRow).where(OutboxRow.id.in_(rows)).values(delivery=UNCONFIRMED)
        connection.execute(marked)
    return list(rows)
