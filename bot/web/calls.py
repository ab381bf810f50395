"""What was pressed in a call to on-call staff: 1 takes the alert."""

from __future__ import annotations

import re

from flask import Blueprint, Response, current_app, g, request

from bot.channels.twiml import CONTENT_TYPE, EMPTY, spoken_document
from bot.core.errors import NotFound
from bot.services.alerts import take_by_call
from bot.services.parts import Parts
from bot.web.entrances import Entrance, entrance

calls = Blueprint("calls", __name__, url_prefix="/webhooks/twilio")

CALL_PATH = "/webhooks/twilio/call"
ALERT_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
TAKES_IT = "1"


@calls.post("/call")
@entrance(Entrance.TWILIO)
def receive_key() -> Response:
    """Take the alert if 1 was pressed, and say so; hang up on anything else."""
    alert_id = request.args.get("alert", "")
    pressed = dict(g.twilio_fields).get("Digits", "")
    if pressed != TAKES_IT or not ALERT_ID.fullmatch(alert_id):
        return Response(EMPTY, content_type=CONTENT_TYPE)
    parts: Parts = current_app.extensions["porchlight"]
    try:
        said, language = take_by_call(parts, alert_id)
    except NotFound:
        return Response(EMPTY, content_type=CONTENT_TYPE)
    return Response(spoken_document(said, language=language), content_type=CONTENT_TYPE)
