"""Twilio's resources as JSON, version 2010-04-01: message, call, a page of a list, error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode

from bot.core.segments import count_segments

VERSION = "2010-04-01"

ERRORS: dict[int, tuple[int, str]] = {
    20003: (401, "Authenticate"),
    20404: (404, "The requested resource was not found"),
    20429: (429, "Too Many Requests"),
    20500: (500, "An internal server error has occurred"),
    21201: (400, "No 'To' number is specified"),
    21205: (400, "Url parameter is required."),
    21211: (400, "Invalid 'To' Phone Number"),
    21213: (400, "'From' phone number is required to call"),
    21602: (400, "Message body is required."),
    21603: (400, "A 'From' phone number is required."),
    21604: (400, "A 'To' phone number is required."),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit"),
}
"""Code: the status it comes with, and its name."""


@dataclass(slots=True)
class Message:
    """A text that was accepted, or that came in."""

    sid: str
    fields: Mapping[str, str]
    at: datetime
    direction: str = "outbound-api"
    status: str = "queued"
    error_code: int | None = None


@dataclass(slots=True)
class Call:
    """A call that was accepted."""

    sid: str
    fields: Mapping[str, str]
    at: datetime
    status: str = "queued"


def message_document(message: Message, account_sid: str) -> dict[str, Any]:
    """Return the message as Twilio shows it."""
    fields, uri = message.fields, _uri(account_sid, f"Messages/{message.sid}")
    moment = format_datetime(message.at)
    return {
        "account_sid": account_sid,
        "api_version": VERSION,
        "body": fields.get("Body", ""),
        "date_created": moment,
        "date_sent": None if message.status == "queued" else moment,
        "date_updated": moment,
        "direction": message.direction,
        "error_code": message.error_code,
        "error_message": None,
        "from": fields.get("From"),
        "messaging_service_sid": fields.get("MessagingServiceSid"),
        "num_media": "0",
        "num_segments": str(count_segments(fields.get("Body", "")).segments),
        "price": None,
        "price_unit": "USD",
        "sid": message.sid,
        "status": message.status,
        "subresource_uris": {"media": uri.replace(".json", "/Media.json")},
        "to": fields.get("To"),
        "uri": uri,
    }


def call_document(call: Call, account_sid: str) -> dict[str, Any]:
    """Return the call as Twilio shows it."""
    moment = format_datetime(call.at)
    nothing = dict.fromkeys(
        (
            *("answered_by", "caller_name", "duration", "end_time"),
            *("forwarded_from", "group_sid", "parent_call_sid", "phone_number_sid", "price"),
            *("start_time", "trunk_sid"),
        )
    )
    return nothing | {
        "account_sid": account_sid,
        "api_version": VERSION,
        "date_created": moment,
        "date_updated": moment,
        "direction": "outbound-api",
        "from": call.fields.get("From"),
        "from_formatted": call.fields.get("From"),
        "price_unit": "USD",
        "queue_time": "0",
        "sid": call.sid,
        "status": call.status,
        "subresource_uris": {},
        "to": call.fields.get("To"),
        "to_formatted": call.fields.get("To"),
        "uri": _uri(account_sid, f"Calls/{call.sid}"),
    }


def page_document(
    name: str,
    documents: Sequence[dict[str, Any]],
    account_sid: str,
    query: Mapping[str, str],
) -> dict[str, Any]:
    """Return one page of a list of all `documents`; `query` says which and how large."""
    size, page = int(query.get("PageSize", 50)), int(query.get("Page", 0))
    start = page * size
    shown = list(documents[start : start + size])
    is_last = start + size >= len(documents)
    base = _uri(account_sid, name.capitalize())
    asked = {key: value for key, value in query.items() if key != "Page"}

    def address(number: int) -> str:
        return f"{base}?{urlencode({**asked, 'PageSize': size, 'Page': number})}"

    return {
        name: shown,
        "end": start + max(len(shown) - 1, 0),
        "first_page_uri": address(0),
        "next_page_uri": None if is_last else address(page + 1),
        "page": page,
        "page_size": size,
        "previous_page_uri": address(page - 1) if page else None,
        "start": start,
        "uri": address(page),
    }


def error_document(code: int) -> tuple[int, dict[str, Any]]:
    """Return the status and the body that Twilio refuses a request with."""
    status, text = ERRORS.get(code, (400, "Refused"))
    more = f"https://www.twilio.com/docs/errors/{code}"
    return status, {"code": code, "message": text, "more_info": more, "status": status}


def _uri(account_sid: str, name: str) -> str:
    return f"/{VERSION}/Accounts/{account_sid}/{name}.json"
