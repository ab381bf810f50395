"""News that other machines tell through Redis. While it is away, looking goes on without it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from bot.core.clock import monotonic_seconds
from bot.services.telling import CHANNEL, redis_client

REST_SECONDS = 5.0
MOST_AT_ONCE = 10_000

log = logging.getLogger(__name__)


class FromRedis:
    """Hears what other machines publish."""

    def __init__(self, url: str, seconds: Callable[[], float] = monotonic_seconds) -> None:
        """Take the broker's address; connects when it is first asked."""
        self._url = url
        self._seconds = seconds
        self._rests_until = 0.0
        self._heard: Any = None

    def told(self) -> set[str]:
        """Return conversation ids that have news; waits for nothing, never raises."""
        if self._seconds() < self._rests_until:
            return set()
        found: set[str] = set()
        try:
            heard = self._listening()
            while len(found) < MOST_AT_ONCE:
                message = heard.get_message(ignore_subscribe_messages=True, timeout=0)
                if message is None:
                    break
                found.add(message["data"].decode("ascii", "replace"))
        except Exception as error:
            self._heard = None
            self._rests_until = self._seconds() + REST_SECONDS
            log.warning("broker_away", extra={"error": type(error).__name__})
        return found

    def _listening(self) -> Any:
        if self._heard is None:
            self._heard = redis_client(self._url).pubsub()
            self._heard.subscribe(CHANNEL)
        return self._heard
