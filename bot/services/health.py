"""A rest after the database failed, so that not every message waits for it in vain.

What must stay true: while the database hangs, a web process spends most of its time not waiting
for it. It treats one request at a time, and the next one may be a crisis. So a lock that was not
to be had counts as a failure too, and each failure in a row is followed by a longer rest.
"""

from __future__ import annotations

from collections.abc import Callable

from bot.core.clock import monotonic_seconds
from bot.core.errors import StoreUnavailable
from bot.store.engine import LockedTooLong

REST_SECONDS = 1.0
LONGEST_REST_SECONDS = 4.0


class StoreHealth:
    """Whether the database is worth a try in this process."""

    def __init__(self, seconds: Callable[[], float] = monotonic_seconds) -> None:
        """Take a clock that only moves forward."""
        self._seconds = seconds
        self._rest_seconds = 0.0
        self._rests_until = 0.0
        self._is_locked = False

    def note_failure(self, *, locked: bool = False) -> None:
        """Rest: REST_SECONDS, twice as long after each further failure, LONGEST at most.

        `locked` says that the database is there, and only what was asked for could not be had.
        """
        self._is_locked = locked
        longer = max(REST_SECONDS, 2 * self._rest_seconds)
        self._rest_seconds = min(longer, LONGEST_REST_SECONDS)
        self._rests_until = self._seconds() + self._rest_seconds

    def note(self, error: StoreUnavailable) -> None:
        """Rest after `error`; a lock that was not to be had need not concern anybody else."""
        self.note_failure(locked=isinstance(error, LockedTooLong))

    def note_success(self) -> None:
        """Forget the failures before: the next rest is a short one again."""
        self._rest_seconds = 0.0

    @property
    def is_resting(self) -> bool:
        """Whether it failed so lately that no text asks it again yet."""
        return self._seconds() < self._rests_until

    @property
    def is_down(self) -> bool:
        """Whether it rests, and not for a lock alone, which need not concern anybody else."""
        return self.is_resting and not self._is_locked
