"""The link in a page to on-call staff: whoever presses the button has taken the alert.

It needs no login, since a person called at night has a phone in the hand and no password. It says
nothing about a patient, and opening it changes nothing: previews and scanners open links too.
"""

from __future__ import annotations

from flask import Blueprint, current_app, render_template

from bot.services.alerts import open_by_link, take_by_link
from bot.services.parts import Parts
from bot.web.entrances import Entrance, entrance
from bot.web.wording import clinic_words

alerts = Blueprint("alerts", __name__, url_prefix="/alerts")


@alerts.get("/<alert_id>/<token>")
@entrance(Entrance.LINK_DOOR)
def show_alert(alert_id: str, token: str) -> str:
    """Show whether the alert is open, and the button that takes it."""
    is_open = open_by_link(_parts(), alert_id, token)
    return _page(is_open=is_open)


@alerts.post("/<alert_id>/<token>")
@entrance(Entrance.LINK_DOOR)
def take_alert(alert_id: str, token: str) -> str:
    """Take the alert, unless somebody was first."""
    return _page(is_open=False, taken=take_by_link(_parts(), alert_id, token))


def _page(*, is_open: bool, taken: bool = False) -> str:
    words = clinic_words()["alert"]
    return render_template("alert.html", is_open=is_open, taken=taken, words=words)


def _parts() -> Parts:
    parts: Parts = current_app.extensions["porchlight"]
    return parts
