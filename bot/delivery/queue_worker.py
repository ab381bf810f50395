"""Works through kicks from the broker: each names a row, and the row is delivered at once.

It does nothing that the worker would not do a second later, by the same functions and the same
leases. So nothing is lost with it, or with the broker, and nothing is done twice.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.core.errors import StoreUnavailable
from bot.delivery.alerts import page_due_alerts
from bot.delivery.broker import QUEUE, TASKS
from bot.delivery.outbox import deliver_letters, deliver_row, deliver_urgent
from bot.delivery.parts import DeliveryParts

ROUNDS = 3
"""How many batches of pages one kick delivers at most; the worker does the rest."""


def deliver(parts: DeliveryParts, outbox_id: str) -> None:
    """Deliver this row if it is due and nobody else works on it."""
    _unless_database_is_away(parts, lambda: deliver_row(parts, outbox_id))


def page(parts: DeliveryParts, _cause_id: str) -> None:
    """Page staff about every alert that is due; the id only says what made one due."""

    def work() -> None:
        page_due_alerts(parts)
        deliver_letters(parts)
        for _ in range(ROUNDS):
            if not deliver_urgent(parts):
                break

    _unless_database_is_away(parts, work)


def run_queue(celery: Any, make_delivery: Callable[[], DeliveryParts], *, processes: int) -> None:
    """Read kicks in so many processes until SIGTERM. Each process makes parts of its own.

    A broker that is away is waited for.
    """
    from celery.signals import setup_logging, worker_process_init

    made: list[DeliveryParts] = []

    def begin(**_named: object) -> None:
        parts = make_delivery()
        # Connections of the process this one was forked from are not ours to use or to close.
        parts.engine.dispose(close=False)
        made[:] = [parts]
        parts.report("queue.started")

    def leave_logging_alone(**_named: object) -> None:
        """Celery sets logging up unless somebody else says that it has."""

    worker_process_init.connect(begin, weak=False)
    setup_logging.connect(leave_logging_alone, weak=False)
    for kind, work in (("outbox", deliver), ("alert", page)):
        celery.task(_taking_ids(work, made), name=TASKS[kind])
    celery.worker_main([*COMMAND, "--concurrency", str(processes)])


COMMAND = (
    *("--quiet", "worker", "--pool", "prefork", "--queues", QUEUE, "--loglevel", "WARNING"),
    *("--without-gossip", "--without-mingle", "--without-heartbeat"),
)


def _taking_ids(
    work: Callable[[DeliveryParts, str], None], made: list[DeliveryParts]
) -> Callable[[str], None]:
    def task(row_id: str) -> None:
        work(made[0], row_id)

    return task


def _unless_database_is_away(parts: DeliveryParts, work: Callable[[], object]) -> None:
    try:
        work()
    except StoreUnavailable as error:
        parts.report("queue.database-away", error_code=str(error))
