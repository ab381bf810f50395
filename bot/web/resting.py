"""Pages and probes step aside while the database is down, so that the next text is heard.

A worker treats one request at a time. A page that waits two seconds for a database that answers
nobody keeps whoever texts next waiting as long. Texts need no such rule: `receive` has its own.
"""

from __future__ import annotations

from http import HTTPStatus

from flask import Flask, abort, request

from bot.core.errors import StoreUnavailable
from bot.services.health import StoreHealth

STEP_ASIDE = frozenset({"clinic", "alerts"})
PROBE = "health.ready"


def rest_with_the_store(app: Flask, health: StoreHealth) -> None:
    """Answer 503 to pages at once while the database rests; to be called before other checks."""

    @app.before_request
    def step_aside() -> None:
        waits = request.blueprint in STEP_ASIDE or request.endpoint == PROBE
        if waits and health.is_down:
            abort(HTTPStatus.SERVICE_UNAVAILABLE)


def note_store_failure(health: StoreHealth, error: Exception) -> None:
    """Let the database rest if it is what failed in a page."""
    if isinstance(error, StoreUnavailable):
        health.note(error)
