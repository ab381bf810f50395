"""The document of the interface: as JSON for programs, as a page for people. Served from here."""

from __future__ import annotations

import msgspec
from flask import Blueprint, Response, render_template

from bot.web.api_document import api_document
from bot.web.assets import FRESH_FOR
from bot.web.entrances import Entrance, entrance

api = Blueprint("api", __name__, url_prefix="/api")


@api.get("/openapi.json")
@entrance(Entrance.PUBLIC)
def document() -> Response:
    """Return the OpenAPI document."""
    content = msgspec.json.encode(api_document())
    response = Response(content, content_type="application/json")
    response.headers["Cache-Control"] = FRESH_FOR
    return response


@api.get("/docs")
@entrance(Entrance.PUBLIC)
def docs() -> str:
    """Return the document as a page: every request, what it takes and what it answers."""
    return render_template("api_docs.html", api=api_document())
