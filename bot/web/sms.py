"""Twilio's three webhooks: an inbound text, what became of an outbound one, and the fallback.

What must stay true: crisis resources go out whatever else fails, Twilio is never told 429, and a
text that could be neither stored nor answered is a 503, so that Twilio asks the fallback. The
fallback takes the same turn; if even that fails it says where help is.
"""

from __future__ import annotations

import logging
from http import HTTPStatus

from flask import Blueprint, Response, abort, current_app, g

from bot.channels.twilio_sms import InboundText, read_inbound, read_status
from bot.channels.twiml import CONTENT_TYPE, reply_document
from bot.core.clinic import Clinic
from bot.core.clock import utc_now
from bot.core.errors import InvalidField
from bot.rules.last_resort import static_emergency_text
from bot.services.inbound import Reply, receive, receive_without_clinic
from bot.services.parts import Parts
from bot.services.status import DeliveryReport, note_delivery
from bot.web.deadline import WEBHOOK_SECONDS, limited_to
from bot.web.entrances import Entrance, entrance

log = logging.getLogger(__name__)

sms = Blueprint("sms", __name__, url_prefix="/webhooks/twilio")

STATUS_PATH = "/webhooks/twilio/status"
