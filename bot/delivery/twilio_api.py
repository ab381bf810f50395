"""Twilio's REST API: one client with time limits, and an honest account of how a call ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import requests
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from bot.core.errors import ProviderFailure
from bot.core.text_errors import Remedy, remedy_of
from bot.delivery.senders import OutcomeUnknown

TWILIO_API = "https://api.twilio.com"
TWILIO = "twilio"
TOO_MANY_REQUESTS = 429
SERVER_ERRORS = range(500, 600)
MAY_PASS = frozenset({Remedy.AGAIN, Remedy.AGAIN_LATER})

Found = TypeVar("Found")


class _Redirected(TwilioHttpClient):  # type: ignore[misc]
    """Sends to another host than Twilio's; tests and demos point it at a fake."""

    def __init__(self, api_url: str, timeout_seconds: float) -> None:
        super().__init__(timeout=timeout_seconds, max_retries=0)
        self.api_url = api_url.rstrip("/")

    def request(self, method: str, url: str, *arguments: Any, **named: Any) -> Any:
        """Send the request to `api_url` instead of Twilio's own."""
        return super().request(
            method, url.replace(TWILIO_API, self.api_url, 1), *arguments, **named
        )


def make_client(
    account_sid: str,
    auth_token: str,
    *,
    api_url: str = TWILIO_API,
    timeout_seconds: float = 10.0,
) -> Client:
    """Return a client that gives up after `timeout_seconds` and never tries again by itself."""
    return Client(account_sid, auth_token, http_client=_Redirected(api_url, timeout_seconds))


def created_sid(create: Callable[[], Any]) -> str:
    """Return the SID of what `create` makes at Twilio.

    Raises ProviderFailure when it was refused, OutcomeUnknown after a server's 5xx and a lost
    answer: Twilio may have taken it.
    """
    try:
        return str(create().sid)
    except TwilioRestException as error:
        raise _refusal(error) from None
    except requests.RequestException as error:
        if _never_left(error):
            raise ProviderFailure(TWILIO, "connect", retryable=True) from None
        raise OutcomeUnknown(TWILIO, type(error).__name__) from None


def asked(ask: Callable[[], Found]) -> Found:
    """Return what a question gives that changes nothing. Raises ProviderFailure."""
    try:
        return ask()
    except TwilioRestException as error:
        code = str(error.code or error.status)
        raise ProviderFailure(TWILIO, code, retryable=True) from None
    except requests.RequestException as error:
        raise ProviderFailure(TWILIO, type(error).__name__, retryable=True) from None


def _never_left(error: requests.RequestException) -> bool:
    """Whether no connection was made, so that nothing can have been taken."""
    cause = error.args[0] if error.args else None
    reason = getattr(cause, "reason", cause)
    return isinstance(reason, NewConnectionError | ConnectTimeoutError)


def _refusal(error: TwilioRestException) -> ProviderFailure:
    if error.status in SERVER_ERRORS:
        return OutcomeUnknown(TWILIO, f"http {error.status}")
    code = str(error.code or error.status)
    is_busy = error.status == TOO_MANY_REQUESTS
    return ProviderFailure(TWILIO, code, retryable=is_busy or remedy_of(code) in MAY_PASS)
