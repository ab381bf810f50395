"""A last limit on the time a webhook may take: whatever hangs, the patient is answered."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from bot.core.errors import StoreUnavailable

WEBHOOK_SECONDS = 2.5
"""A crisis is answered within three seconds, one that waits behind another text included."""

REPEAT_SECONDS = 0.4
"""Whatever is tried after the first alarm (keeping the text on disk) has this long each time."""


class TookTooLong(StoreUnavailable):
    """The time limit passed; what was running was broken off and may not be tried again."""


@contextmanager
def limited_to(seconds: float) -> Iterator[None]:
    """Raise TookTooLong in what runs inside once `seconds` have passed, and again after that.

    Works by an alarm signal, so only in the main thread, which is where a sync worker treats its
    requests; elsewhere it limits nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def break_off(_number: int, _frame: object) -> None:
        raise TookTooLong(f"more than {seconds:g} seconds")

    before = signal.signal(signal.SIGALRM, break_off)
    signal.setitimer(signal.ITIMER_REAL, seconds, REPEAT_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
