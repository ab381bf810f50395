"""One shape for what arrives and what leaves, whatever the channel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Channel(StrEnum):
    """Where a message came from; also the mode in which texts are written (short or full)."""

    SMS = "sms"
    WEB = "web"


class OptOutType(StrEnum):
    """The carrier keyword that Twilio itself has already acted on (its Advanced Opt-Out)."""

    STOP = "STOP"
    START = "START"
    HELP = "HELP"


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """One message as the provider delivered it.

    `provider_id` is unique per channel (Twilio's MessageSid, the widget's client_id).
    `media_count` pictures or files came with it; they are never fetched here.
    `further_texts` holds extra bodies of a request that carried several; they are screened too.
    `change` names an earlier question (or a group of them) that the patient wants to answer again
    instead of saying something. `language` is what a web page speaks: a conversation that begins
    with this message begins in it. `recovered` says that the webhook never saw it: it was found
    later in the provider's list.
    """

    channel: Channel
    provider_id: str
    clinic_address: str
    patient_address: str
    text: str
    received_at: datetime
    media_count: int = 0
    has_location: bool = False
    opt_out_type: OptOutType | None = None
    further_texts: tuple[str, ...] = ()
    change: str | None = None
    language: str | None = None
    recovered: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice offered with a question: what is sent back, and what is shown."""

    value: str
    label: str
