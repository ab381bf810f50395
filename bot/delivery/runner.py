"""The worker: kept messages, unconfirmed texts, due alerts, the outbox; until told to stop.

It keeps nothing in memory that matters. Killed at any point, the next one goes on from the rows.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Event

from bot.core.errors import StoreUnavailable
from bot.delivery.alerts import page_due_alerts
from bot.delivery.outbox import deliver_due
from bot.delivery.parts import DeliveryParts
from bot.delivery.receipts import watch_emergency_texts

IDLE_SECONDS = 1.0
DATABASE_AWAY_SECONDS = 5.0


def _replay(parts: DeliveryParts) -> int:
    return parts.replay()


ROUND: tuple[Callable[[DeliveryParts], int], ...] = (
    _replay,
    watch_emergency_texts,
    page_due_alerts,
    deliver_due,
)
"""One round of work, in order: what is woken is paged, and what is paged leaves, in one go."""


def run(parts: DeliveryParts, stop: Event) -> None:
    """Work until `stop` is set. A database that is away is waited for."""
    parts.report("worker.started")
    while not stop.is_set():
        try:
            busy = sum(work(parts) for work in ROUND)
        except StoreUnavailable as error:
            parts.report("worker.database-away", error_code=str(error))
            stop.wait(DATABASE_AWAY_SECONDS)
            continue
        if not busy:
            stop.wait(IDLE_SECONDS)
    parts.report("worker.stopped")
