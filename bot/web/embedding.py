"""What a clinic's website takes from here: the widget's file, and a page that shows it."""

from __future__ import annotations

from threading import Lock
from typing import Any

from flask import Blueprint, Response, abort, current_app, render_template, request

from bot.services.parts import Parts
from bot.web.entrances import Entrance, entrance
from bot.web.widget_file import WidgetFile, build_widget
from bot.web.wording import demo_words

embedding = Blueprint("embedding", __name__)

FRESH_FOR = "public, max-age=300"
KEPT = "widget_file"
DEMO_CLINIC = "demo"
DEFAULT_LANGUAGE = "en"

_building = Lock()


@embedding.get("/widget.js")
@entrance(Entrance.PUBLIC)
def widget() -> Response:
    """Return the widget for any site; 304 for a browser that has this very file."""
    file = _widget_file()
    packs = request.accept_encodings.quality("gzip") > 0
    response = Response(file.packed if packs else file.source, mimetype="text/javascript")
    if packs:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cache-Control"] = FRESH_FOR
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["Access-Control-Allow-Origin"] = "*"
    # One tag for each form: a cache must not take the packed bytes for the plain ones.
    response.set_etag(f"{file.etag}-gzip" if packs else file.etag)
    response.make_conditional(request)
    return response


@embedding.get("/demo")
@entrance(Entrance.PUBLIC)
def demo() -> str:
    """Return an ordinary page of a clinic that embeds the widget; 404 outside demo mode."""
    if not current_app.config["DEMO"]:
        abort(404)
    words = demo_words()
    asked = request.args.get("lang", "")
    language = asked if asked in words else DEFAULT_LANGUAGE
    clinic = _parts().clinics.of(DEMO_CLINIC)
    return render_template(
        "demo.html", words=words[language], page_language=language, clinic=clinic, all_words=words
    )


def _widget_file() -> WidgetFile:
    kept: dict[str, Any] = current_app.extensions
    with _building:
        if KEPT not in kept:
            kept[KEPT] = build_widget(_parts().resources)
    file: WidgetFile = kept[KEPT]
    return file


def _parts() -> Parts:
    parts: Parts = current_app.extensions["porchlight"]
    return parts
