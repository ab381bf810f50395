"""Twilio's REST API: one client with time limits, and an honest account of how a call ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import requests
from twilio.base.exceptions import (
    TwilioException,
    TwilioRestException,
    TwilioServiceException,
)
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

_REFUSALS = (TwilioRestException, TwilioServiceException)

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
    except _REFUSALS as error:
        raise _refusal(error) from None
    except requests.RequestException as error:
        if _never_left(error):
            raise ProviderFailure(TWILIO, "connect", retryable=True) from None
        raise OutcomeUnknown(TWILIO, type(error).__name__) from None


def asked(ask: Callable[[], Found]) -> Found:
    """Return what a question gives that changes nothing. Raises ProviderFailure.

    A page of a list that was refused is raised by Twilio's library as its plainest exception, with
    the answer beside it; one that is no JSON as whatever reading it raises.
    """
    try:
        return ask()
    except TwilioException as error:
        raise ProviderFailure(TWILIO, _code_of(error), retryable=True) from None
    except (ValueError, KeyError) as error:
        raise ProviderFailure(TWILIO, type(error).__name__, retryable=True) from None
    except requests.RequestException as error:
        raise ProviderFailure(TWILIO, type(error).__name__, retryable=True) from None


def _never_left(error: requests.RequestException) -> bool:
    """Whether no connection was made, so that nothing can have been taken."""
    cause = error.args[0] if error.args else None
    reason = getattr(cause, "reason", cause)
    return isinstance(reason, NewConnectionError | ConnectTimeoutError)


def _code_of(error: TwilioException) -> str:
    """Return Twilio's code, else the status of the answer, else the name of the exception."""
    answer = next((each for each in error.args if hasattr(each, "status_code")), None)
    found = (
        getattr(error, "code", None),
        getattr(error, "status", None),
        getattr(answer, "status_code", None),
    )
    return str(next(filter(None, found), type(error).__name__))


def _refusal(error: TwilioRestException | TwilioServiceException) -> ProviderFailure:
    if error.status in SERVER_ERRORS:
        return OutcomeUnknown(TWILIO, f"http {error.status}")
    code = str(error.code or error.status)
    is_busy = error.status == TOO_MANY_REQUESTS
    return ProviderFailure(TWILIO, code, retryable=is_busy or remedy_of(code) in MAY_PASS)
