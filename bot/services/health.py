"""A short rest after the database failed, so that not every message waits for it in vain."""

from __future__ import annotations

from collections.abc import Callable

from bot.core.clock import monotonic_seconds

REST_SECONDS = 1.0


class StoreHealth:
    """Whether the database is worth a try in this process."""

    def __init__(self, seconds: Callable[[], float] = monotonic_seconds) -> None:
        """Take a clock that only moves forward."""
        self._seconds = seconds
        self._rests_until = 0.0

    def note_failure(self) -> None:
        """Rest for REST_SECONDS from now."""
        self._rests_until = self._seconds() + REST_SECONDS

    @property
    def is_resting(self) -> bool:
        """Whether it failed within the last REST_SECONDS."""
        return self._seconds() < self._rests_until
