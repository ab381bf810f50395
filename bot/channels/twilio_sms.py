"""Twilio's form fields to our messages. Strict about what it must know, deaf to the rest.

A request that cannot be read is refused by the name of the field; it never turns into an empty
message. Fields that Twilio may add one day are accepted and ignored.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl

from bot.core.errors import InvalidField
from bot.core.messages import Channel, InboundMessage, OptOutType

MAXIMUM_FIELDS = 400
MESSAGE_SID = re.compile(r"(?:SM|MM)[0-9a-f]{32}", re.ASCII)
ACCOUNT_SID = re.compile(r"AC[0-9a-f]{32}", re.ASCII)
SERVICE_SID = re.compile(r"MG[0-9a-f]{32}", re.ASCII)
ADDRESS = re.compile(r"\+[1-9][0-9]{4,14}|[0-9]{3,8}", re.ASCII)
"""An E.164 number, or the short code that some carriers' services write from."""
STATUS_WORD = re.compile(r"[a-z_-]{1,40}", re.ASCII)
ERROR_CODE = re.compile(r"[0-9]{1,6}", re.ASCII)
MEDIA_COUNT = re.compile(r"[0-9]{1,2}", re.ASCII)
SURROGATE = re.compile("[\ud800-\udfff]")

Fields = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class InboundText:
    """One inbound message and the Twilio names it came under."""

    message: InboundMessage
    account_sid: str
    messaging_service_sid: str | None


@dataclass(frozen=True, slots=True)
class DeliveryStatus:
    """What became of one of our texts. `error_code` is Twilio's number, None without one."""

    account_sid: str
    message_sid: str
    status: str
    error_code: str | None


def parse_form(body: bytes) -> Fields:
    """Return the decoded form fields in the order they came.

    A form is plain ASCII. Werkzeug drops the whole form when it meets one raw byte outside it;
    here such a body is refused. Percent-encoded bytes that are no UTF-8 are kept as lone
    surrogates, so that the signature can still be computed over what was sent.

    Raises:
        InvalidField: a raw byte outside ASCII, or more than `MAXIMUM_FIELDS` fields.
    """
    try:
        text = body.decode("ascii")
    except UnicodeDecodeError:
        raise InvalidField("body", "is no form", "send it percent-encoded") from None
    try:
        pairs = parse_qsl(
            text,
            keep_blank_values=True,
            encoding="utf-8",
            errors="surrogateescape",
            max_num_fields=MAXIMUM_FIELDS,
        )
    except ValueError:
        raise InvalidField("body", "has too many fields", "send fewer") from None
    return tuple(pairs)


def read_inbound(fields: Fields, *, received_at: datetime) -> InboundText:
    """Return the message of an inbound webhook.

    Several `Body` fields are one message with `further_texts`; any other field given twice is
    refused, since it is unknown which one was meant.

    Raises:
        InvalidField: a needed field is missing, doubled or of the wrong shape.
    """
    bodies = [readable(value) for name, value in fields if name == "Body"]
    if not bodies:
        raise InvalidField("Body", "is missing", "send it, empty if need be")
    message = InboundMessage(
        channel=Channel.SMS,
        provider_id=_needed(fields, "MessageSid", MESSAGE_SID),
        clinic_address=_needed(fields, "To", ADDRESS),
        patient_address=_needed(fields, "From", ADDRESS),
        text=bodies[0],
        received_at=received_at,
        media_count=int(_optional(fields, "NumMedia", MEDIA_COUNT) or 0),
        has_location=_is_given(fields, "Latitude") or _is_given(fields, "Longitude"),
        opt_out_type=_opt_out_type(_only(fields, "OptOutType")),
        further_texts=tuple(bodies[1:]),
    )
    return InboundText(
        message,
        _needed(fields, "AccountSid", ACCOUNT_SID),
        _optional(fields, "MessagingServiceSid", SERVICE_SID),
    )


def read_status(fields: Fields) -> DeliveryStatus:
    """Return what a status callback says. An unknown status word is passed on as it came.

    Raises:
        InvalidField: a needed field is missing, doubled or of the wrong shape.
    """
    return DeliveryStatus(
        _needed(fields, "AccountSid", ACCOUNT_SID),
        _needed(fields, "MessageSid", MESSAGE_SID),
        _needed(fields, "MessageStatus", STATUS_WORD),
        _optional(fields, "ErrorCode", ERROR_CODE),
    )


def readable(text: str) -> str:
    """Return `text` without NUL and with what was no UTF-8 shown as U+FFFD."""
    return SURROGATE.sub("\ufffd", text).replace("\0", "")


def _only(fields: Sequence[tuple[str, str]], name: str) -> str | None:
    values = [value for field, value in fields if field == name]
    if len(values) > 1:
        raise InvalidField(name, "is given more than once", "send it once")
    return values[0] if values else None


def _is_given(fields: Fields, name: str) -> bool:
    return bool(_only(fields, name))


def _optional(fields: Fields, name: str, shape: re.Pattern[str]) -> str | None:
    value = _only(fields, name)
    if not value:
        return None
    if not shape.fullmatch(value):
        raise InvalidField(name, "has the wrong shape", "send it as Twilio documents it")
    return value


def _needed(fields: Fields, name: str, shape: re.Pattern[str]) -> str:
    value = _optional(fields, name, shape)
    if value is None:
        raise InvalidField(name, "is missing", "send it")
    return value


def _opt_out_type(value: str | None) -> OptOutType | None:
    return OptOutType.__members__.get(value or "")
