"""Is the process there, can it do its work, and what does it count?"""

from __future__ import annotations

from flask import Blueprint, Response, current_app, jsonify

from bot.services.parts import Parts
from bot.services.readiness import readiness
from bot.web.entrances import Entrance, entrance
from bot.web.metrics import CONTENT_TYPE, Exposition

health = Blueprint("health", __name__)

EXPOSITION = "exposition"


@health.get("/healthz")
@entrance(Entrance.PUBLIC)
def alive() -> Response:
    """Answer: the process is there."""
    return jsonify(status="ok")


@health.get("/readyz")
@entrance(Entrance.PUBLIC)
def ready() -> tuple[Response, int]:
    """Answer 200 when this process can do its work, else 503 with the part that is missing.

    What lags behind it (the worker, pages, kept messages) is named in `degraded`, with 200.
    """
    parts: Parts = current_app.extensions["porchlight"]
    found = readiness(parts)
    status = "degraded" if found.degraded else "ok"
    answer = jsonify(
        status=status if found.is_ready else "not ready",
        degraded=found.degraded,
        **found.needed,
        **found.behind,
    )
    return answer, 200 if found.is_ready else 503


@health.get("/metrics")
@entrance(Entrance.METRICS)
def measured() -> Response:
    """Answer with all counts in the text form that Prometheus reads."""
    exposition: Exposition = current_app.extensions[EXPOSITION]
    return Response(exposition.text(), content_type=CONTENT_TYPE)
