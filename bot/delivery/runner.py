"""The worker: treats kept messages, pages due alerts and empties the outbox, until told to stop.

It keeps nothing in memory that matters. Killed at any point, the next one goes on from the rows.
"""

from __future__ import annotations

from threading import Event

from bot.core.errors import StoreUnavailable
from bot.delivery.alerts import page_due_alerts
from bot.delivery.outbox import deliver_due
from bot.delivery.parts import DeliveryParts

IDLE_SECONDS = 1.0
DATABASE_AWAY_SECONDS = 5.0


def run(parts: DeliveryParts, stop: Event) -> None:
    """Work until `stop` is set. A database that is away is waited for."""
    parts.report("worker.started")
    while not stop.is_set():
        try:
            busy = parts.replay() + page_due_alerts(parts) + deliver_due(parts)
        except StoreUnavailable as error:
            parts.report("worker.database-away", error_code=str(error))
            stop.wait(DATABASE_AWAY_SECONDS)
            continue
        if not busy:
            stop.wait(IDLE_SECONDS)
    parts.report("worker.stopped")
