"""The page behind the link in a page to on-call staff: take the alert, without a login.

It is opened at three in the morning on a phone. It says nothing about a patient; looking closer
needs a login. A GET changes nothing, since mail scanners follow links.
"""

from __future__ import annotations

from flask import Blueprint, Response, abort, current_app, make_response, render_template

from bot.core.errors import NotFound
from bot.services.alerts import open_by_link, take_by_link
from bot.services.parts import Parts
from bot.web.entrances import Entrance, entrance
from bot.web.wording import clinic_words

alerts = Blueprint("alerts", __name__, url_prefix="/alerts")


@alerts.get("/<alert_id>/<token>")
@entrance(Entrance.PUBLIC)
def show(alert_id: str, token: str) -> Response:
    """Show whether the alert still waits for somebody. 404 for a link that is not ours."""
    try:
        is_open = open_by_link(_parts(), alert_id, token)
    except NotFound:
        abort(404)
    return _page("open" if is_open else "gone")


@alerts.post("/<alert_id>/<token>")
@entrance(Entrance.PUBLIC)
def take(alert_id: str, token: str) -> Response:
    """Take the alert; the first one to do so has it."""
    try:
        taken = take_by_link(_parts(), alert_id, token)
    except NotFound:
        abort(404)
    return _page("taken" if taken else "gone")


def _page(state: str) -> Response:
    return make_response(render_template("alert.html", state=state, words=clinic_words()["alert"]))


def _parts() -> Parts:
    parts: Parts = current_app.extensions["porchlight"]
    return parts
