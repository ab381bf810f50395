"""The style sheet and the picture of the house: served from here, never from a third party."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Response, send_from_directory

from bot.web.entrances import Entrance, entrance

assets = Blueprint("assets", __name__)

FOLDER = Path(__file__).parent / "static"
FRESH_FOR = "public, max-age=300"


@assets.get("/assets/<name>")
@entrance(Entrance.PUBLIC)
def asset(name: str) -> Response:
    """Return one static file; 404 for anything that is not in the folder."""
    response = send_from_directory(FOLDER, name)
    response.headers["Cache-Control"] = FRESH_FOR
    return response
