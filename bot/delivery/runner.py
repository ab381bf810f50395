"""The worker: kept messages, unconfirmed texts, alerts, the outbox, timers; until told to stop.

It keeps nothing in memory that matters. Killed at any point, the next one goes on from the rows.
Pages and emergency texts have a lane of their own: a provider that hangs, or a thousand routine
texts, never hold them up. Alerts and pages by e-mail have another: while texts and calls hang,
alerts go on and staff hear of them by the second way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Event, Thread

from bot.core.errors import StoreUnavailable
from bot.delivery.alerts import page_due_alerts
from bot.delivery.announcing import announce_consults
from bot.delivery.outbox import deliver_letters, deliver_ordinary, deliver_urgent
from bot.delivery.parts import DeliveryParts
from bot.delivery.receipts import watch_emergency_texts, watch_pages
from bot.store.engine import store_errors
from bot.store.heartbeats import ROUTINE, URGENT, beat

IDLE_SECONDS = 1.0
DATABASE_AWAY_SECONDS = 5.0

Work = Callable[[DeliveryParts], int]


def _beat_urgent(parts: DeliveryParts) -> int:
    return _beat(parts, URGENT)


def _beat_routine(parts: DeliveryParts) -> int:
    return _beat(parts, ROUTINE)


def _beat(parts: DeliveryParts, lane: str) -> int:
    """Leave a sign of life: /readyz and /metrics tell when it is missing."""
    with store_errors(), parts.engine.begin() as connection:
        beat(connection, role=lane, name=parts.name, now=parts.now())
    return 0


def _replay(parts: DeliveryParts) -> int:
    return parts.replay()


def _keep_time(parts: DeliveryParts) -> int:
    return parts.keep_time()


def _reconcile(parts: DeliveryParts) -> int:
    return parts.reconcile()


URGENT_ROUND: tuple[Work, ...] = (
    _beat_urgent,
    watch_emergency_texts,
    watch_pages,
    page_due_alerts,
    deliver_urgent,
)
"""One round of the urgent lane: what is woken is paged, and what is paged leaves, in one go."""

LETTERS_ROUND: tuple[Work, ...] = (watch_pages, page_due_alerts, deliver_letters)
"""The same for e-mail; whichever lane is free first takes an alert on."""

ROUND: tuple[Work, ...] = (
    _beat_routine,
    _replay,
    _reconcile,
    _keep_time,
    announce_consults,
    deliver_ordinary,
)
"""One round of everything else, in order."""


def run(parts: DeliveryParts, stop: Event) -> None:
    """Work in every lane until `stop` is set. A database that is away is waited for.

    A fault in one lane ends all and is raised: whoever started the worker starts it again.
    """
    parts.report("worker.started")
    faults: list[BaseException] = []
    beside = [
        Thread(target=_run_beside, args=(parts, works, stop, faults))
        for works in (URGENT_ROUND, LETTERS_ROUND)
    ]
    for thread in beside:
        thread.start()
    try:
        _run_lane(parts, ROUND, stop)
    finally:
        stop.set()
        for thread in beside:
            thread.join()
    parts.report("worker.stopped")
    if faults:
        raise faults[0]


def _run_beside(
    parts: DeliveryParts, works: Sequence[Work], stop: Event, faults: list[BaseException]
) -> None:
    try:
        _run_lane(parts, works, stop)
    except BaseException as fault:
        faults.append(fault)
    finally:
        stop.set()


def _run_lane(parts: DeliveryParts, works: Sequence[Work], stop: Event) -> None:
    while not stop.is_set():
        try:
            busy = sum(work(parts) for work in works)
        except StoreUnavailable as error:
            parts.report("worker.database-away", error_code=str(error))
            stop.wait(DATABASE_AWAY_SECONDS)
            continue
        if not busy:
            stop.wait(IDLE_SECONDS)
