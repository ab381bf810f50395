"""A message as Twilio's list gives it, to our own; as strict as the webhook is."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.channels.twilio_sms import read_inbound
from bot.core.messages import InboundMessage

ANY_ACCOUNT = "AC" + "0" * 32
"""The list is our own account's; only the shape is looked at."""


def listed_message(
    *, sid: str, sender: str, to: str, body: str, num_media: str, sent_at: datetime
) -> InboundMessage:
    """Return a listed inbound message, received when it was sent. Raises InvalidField."""
    fields = (
        ("MessageSid", sid),
        ("From", sender),
        ("To", to),
        ("Body", body),
        ("NumMedia", num_media),
        ("AccountSid", ANY_ACCOUNT),
    )
    return replace(read_inbound(fields, received_at=sent_at).message, recovered=True)
