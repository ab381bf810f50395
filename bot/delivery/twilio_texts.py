"""Texts and calls through Twilio, and what it says it has taken."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from twilio.rest import Client

from bot.channels.twilio_listed import listed_message
from bot.core.errors import InvalidField, ProviderFailure
from bot.core.messages import InboundMessage
from bot.core.segments import to_gsm7
from bot.delivery.senders import Letter
from bot.delivery.twilio_api import TWILIO, asked, created_sid

SLACK = timedelta(minutes=2)
"""How far our clock and Twilio's may differ."""

PAGE_SIZE = 1000
MOST_INBOUND = 20_000

log = logging.getLogger(__name__)

TRIAL = "Sent from your Twilio trial account - "
"""What Twilio puts in front of every text of an account that is not paid for."""

LISTED = 50
"""How many of a number's newest texts are looked through."""


class TwilioTexts:
    """Sends texts. A server's 5xx and a lost answer are unknown: Twilio may have sent it."""

    def __init__(self, client: Client, *, status_url: str) -> None:
        """Post through `client`; deliveries are reported to `status_url`."""
        self._client = client
        self._status_url = status_url

    def send(self, letter: Letter) -> str:
        """Return Twilio's SID of the text. Raises ProviderFailure or OutcomeUnknown."""
        return created_sid(
            lambda: self._client.messages.create(
                to=letter.to,
                body=letter.body,
                status_callback=self._callback(letter),
                **_from(letter.sender),
            )
        )

    def find(self, letter: Letter, *, since: datetime) -> tuple[str, ...]:
        """Return the SIDs of texts to this number with these words from about `since` on.

        The list is not narrowed by date: a text that still waits at Twilio has no date of sending
        yet. Raises ProviderFailure if there is no answer, or if Twilio has been told to forget
        bodies, so that nobody can tell.
        """
        listed = asked(
            lambda: self._client.messages.list(to=letter.to, page_size=LISTED, limit=LISTED)
        )
        recent = [text for text in listed if _is_ours(text, letter, since - SLACK)]
        if any(not text.body for text in recent):
            raise ProviderFailure(TWILIO, "no-bodies", retryable=False)
        wanted = _bare(letter.body)
        same = [text for text in recent if _bare(text.body).removeprefix(TRIAL) == wanted]
        same.sort(key=lambda text: text.date_created)
        return tuple(text.sid for text in same)

    def inbound(self, number: str, since: datetime) -> list[InboundMessage]:
        """Return the texts that this number of ours received since then.

        One that cannot be read is logged and left out. Raises ProviderFailure.
        """
        listed = asked(
            lambda: self._client.messages.list(
                to=number, date_sent_after=since, page_size=PAGE_SIZE, limit=MOST_INBOUND
            )
        )
        messages = (_inbound(text) for text in listed if text.direction == "inbound")
        return [message for message in messages if message is not None]

    def _callback(self, letter: Letter) -> str:
        """Return where Twilio reports on it: with our own id, whatever becomes of its answer."""
        part = f"&part={letter.part}" if letter.part else ""
        return f"{self._status_url}?outbox={letter.key}{part}"


class TwilioCalls:
    """Makes calls that say what the letter's body, TwiML, tells them to."""

    def __init__(self, client: Client) -> None:
        """Call through `client`."""
        self._client = client

    def send(self, letter: Letter) -> str:
        """Return Twilio's SID of the call. Raises ProviderFailure or OutcomeUnknown."""
        return created_sid(
            lambda: self._client.calls.create(to=letter.to, from_=letter.sender, twiml=letter.body)
        )


def _inbound(text: Any) -> InboundMessage | None:
    try:
        return listed_message(
            sid=text.sid,
            sender=text.from_,
            to=text.to,
            body=text.body or "",
            num_media=text.num_media or "0",
            sent_at=text.date_sent or text.date_created,
        )
    except InvalidField as error:
        log.error("listed_text_unreadable", extra={"field": error.field})
        return None


def _from(sender: str) -> dict[str, str]:
    """Return what names the sender: a number, or the messaging service that chooses one."""
    name = "messaging_service_sid" if sender.startswith("MG") else "from_"
    return {name: sender}


def _is_ours(text: Any, letter: Letter, since: datetime) -> bool:
    """Whether this is a text that we sent from the same sender, and not long ago."""
    senders = (text.from_, text.messaging_service_sid)
    is_sent = str(text.direction).startswith("outbound") and letter.sender in senders
    return is_sent and text.date_created is not None and text.date_created >= since


def _bare(text: str) -> str:
    """Return the text as it is after Twilio's own tidying: plain marks, single spaces."""
    return " ".join(to_gsm7(text).split())
