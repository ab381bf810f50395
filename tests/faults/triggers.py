"""How the harness tells a running process to die, or to find its database away, at a named place.

Two folders' worth of files: `armed/POINT` kills whoever comes to that point next, once; `outage`
lets every turn find the database away while it is there, and `late` lets two of three texts that
are kept on disk find that their time ran out. Removing a file is atomic, so of several
processes exactly one dies, and the log of kills is written before the signal is sent.
"""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from pathlib import Path

import psycopg

from bot.core.errors import StoreUnavailable
from bot.core.fail_points import FailPoint

MID_RESPONSE = "mid-response"
POST_SENT = "post-sent"
"""Two places that lie in libraries; the harness's own entry reaches them."""

WEB_POINTS = (
    FailPoint.SIGNATURE_CHECKED,
    FailPoint.TEXT_SCANNED,
    FailPoint.TURN_DECIDED,
    FailPoint.TURN_WRITTEN,
    FailPoint.TURN_COMMITTED,
    FailPoint.REPLY_READY,
    MID_RESPONSE,
    FailPoint.RECEIPT_KEPT,
)
SPOOL_POINTS = (FailPoint.SPOOL_SYNCED, FailPoint.SPOOL_KEPT, FailPoint.SPOOL_REPLAYED)
TIMER_POINTS = (FailPoint.TIMER_WRITTEN, FailPoint.TIMER_COMMITTED)
WORKER_POINTS = (
    FailPoint.ALERT_STEPPED,
    FailPoint.ALERT_COMMITTED,
    FailPoint.OUTBOX_LEASED,
    FailPoint.SENDING_MARKED,
    POST_SENT,
    FailPoint.ANSWER_READ,
    FailPoint.OUTCOME_WRITTEN,
    FailPoint.OUTCOME_COMMITTED,
)
TRIES_OF_A_CRISIS = 3
"""A crisis is kept at the second try, or by the route itself at the third."""

POINTS = (*WEB_POINTS, *SPOOL_POINTS, *TIMER_POINTS, *WORKER_POINTS)


class Triggers:
    """Both ends of it: the harness arms and waits, the program's process meets and dies."""

    def __init__(self, folder: Path) -> None:
        self._armed = folder / "armed"
        self._outage = folder / "outage"
        self._late = folder / "late"
        self._kept_in_vain = 0
        self._kills = folder / "kills"
        self._armed.mkdir(parents=True, exist_ok=True)

    def arm(self, point: str) -> None:
        (self._armed / point).touch()

    def is_armed(self, point: str) -> bool:
        return (self._armed / point).exists()

    def disarm(self, point: str) -> bool:
        """Take it back; false if somebody has died of it."""
        try:
            (self._armed / point).unlink()
        except FileNotFoundError:
            return False
        return True

    def await_death(self, point: str, *, seconds: float) -> bool:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if not self.is_armed(point):
                return True
            time.sleep(0.01)
        return not self.disarm(point)

    def begin_outage(self, *, is_disk_late: bool = False) -> None:
        if is_disk_late:
            self._late.touch()
        self._outage.touch()

    def end_outage(self) -> None:
        self._outage.unlink(missing_ok=True)
        self._late.unlink(missing_ok=True)

    def deaths(self) -> Counter[str]:
        """How often somebody died at each point."""
        return Counter(self._kills.read_text().split()) if self._kills.exists() else Counter()

    def meet(self, point: str) -> None:
        """What a process of the program does at a point."""
        if point == FailPoint.TURN_DECIDED and self._outage.exists():
            raise psycopg.OperationalError("the harness says so")
        if point == FailPoint.SPOOL_SYNCED and self._late.exists():
            self._kept_in_vain = (self._kept_in_vain + 1) % TRIES_OF_A_CRISIS
            if self._kept_in_vain:
                raise StoreUnavailable("the harness says that time ran out")
        try:
            (self._armed / point).unlink()
        except FileNotFoundError:
            return
        log = os.open(self._kills, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(log, f"{point}\n".encode())
        os.kill(os.getpid(), signal.SIGKILL)
