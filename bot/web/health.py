"""Is the process there, and can it do its work?"""

from __future__ import annotations

import logging

from flask import Blueprint, current_app, jsonify
from werkzeug.wrappers import Response

from bot.core.errors import StoreUnavailable
from bot.services.parts import Parts
from bot.store.migrate import current, head
from bot.web.entrances import Entrance, entrance
from bot.web.resting import note_store_failure

log = logging.getLogger(__name__)

health = Blueprint("health", __name__)


@health.get("/healthz")
@entrance(Entrance.PUBLIC)
def alive() -> Response:
    """Answer: the process is there."""
    return jsonify(status="ok")


@health.get("/readyz")
@entrance(Entrance.PUBLIC)
def ready() -> tuple[Response, int]:
    """Answer 200 when the database is there with the tables this code expects, else 503."""
    checks = {"database": "ok", "migrations": "ok"}
    parts: Parts = current_app.extensions["porchlight"]
    try:
        if current(parts.engine) != head():
            checks["migrations"] = "not at the revision this program expects"
    except StoreUnavailable as error:
        log.exception("not_ready")
        note_store_failure(parts.health, error)
        checks = {"database": "does not answer", "migrations": "not known"}
    is_ready = all(found == "ok" for found in checks.values())
    return jsonify(status="ok" if is_ready else "not ready", **checks), 200 if is_ready else 503
