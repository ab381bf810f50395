"""Sends kicks from a thread of its own: no turn waits for a broker, and none fails with it."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from threading import Thread

from bot.core.clock import monotonic_seconds

MOST_WAITING = 1000
"""Kicks beyond this are dropped: the worker finds those rows by itself."""

REST_SECONDS = 5.0
"""How long a broker that failed is left alone."""

TOLD_EVERY_SECONDS = 60.0

log = logging.getLogger(__name__)

Kicks = SimpleQueue[tuple[str, str]]


class Kicker:
    """Hands kinds and ids of rows to `send`, one after the other, in the background.

    Each process has its own thread, begun with the first kick: threads do not survive a fork.
    """

    def __init__(
        self,
        send: Callable[[str, str], None],
        seconds: Callable[[], float] = monotonic_seconds,
    ) -> None:
        """Take what puts one kick on the broker, and a clock that only moves forward."""
        self._send = send
        self._seconds = seconds
        self._pid = 0
        self._waiting: Kicks = SimpleQueue()
        self._rests_until = 0.0
        self._told_at: float | None = None
        self._dropped = 0

    def __call__(self, kind: str, ids: Sequence[str]) -> None:
        """Note that these rows are due; returns at once whatever the broker does."""
        if self._pid != os.getpid():
            self._begin()
        for row_id in ids:
            if self._waiting.qsize() < MOST_WAITING:
                self._waiting.put((kind, row_id))

    def _begin(self) -> None:
        self._pid = os.getpid()
        self._waiting = SimpleQueue()
        Thread(target=self._work, args=(self._waiting,), daemon=True, name="kicker").start()

    def _work(self, waiting: Kicks) -> None:
        while True:
            self._kick(*waiting.get())

    def _kick(self, kind: str, row_id: str) -> None:
        if self._seconds() < self._rests_until:
            self._dropped += 1
            return
        try:
            self._send(kind, row_id)
        except Exception as error:
            # A broker's library may raise anything; the row is safe, and the worker will find it.
            self._dropped += 1
            self._rests_until = self._seconds() + REST_SECONDS
            self._tell(error)

    def _tell(self, error: Exception) -> None:
        """Log it, at most once a minute, with how many kicks were dropped meanwhile."""
        now = self._seconds()
        if self._told_at is None or now - self._told_at >= TOLD_EVERY_SECONDS:
            extra = {"error": type(error).__name__, "count": self._dropped}
            log.warning("broker_away", extra=extra)
            self._told_at, self._dropped = now, 0
