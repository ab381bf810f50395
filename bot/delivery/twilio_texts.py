"""Texts through Twilio's REST API, with time limits and an honest account of how it ended."""

from __future__ import annotations

from typing import Any

import requests
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from bot.core.errors import ProviderFailure
from bot.delivery.senders import Letter, OutcomeUnknown

TWILIO_API = "https://api.twilio.com"
TOO_MANY_REQUESTS = 429
SERVER_ERRORS = range(500, 600)

RETRYABLE_CODES = frozenset({20429, 30001, 30003, 30022})
"""Twilio's error codes after which the same text may be sent again: too many requests, queue
full, unreachable handset, carrier rate limit (Twilio's error and warning dictionary)."""


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


class TwilioTexts:
    """Sends texts. A server's 5xx and a lost answer are unknown: Twilio may have sent it."""

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        *,
        api_url: str = TWILIO_API,
        status_url: str,
        timeout_seconds: float = 10.0,
    ) -> None:
        """Post as `account_sid`; deliveries are reported to `status_url`."""
        self._client = Client(
            account_sid, auth_token, http_client=_Redirected(api_url, timeout_seconds)
        )
        self._status_url = status_url

    def send(self, letter: Letter) -> str:
        """Return Twilio's SID of the text. Raises ProviderFailure or OutcomeUnknown."""
        try:
            message = self._client.messages.create(
                to=letter.to,
                body=letter.body,
                status_callback=self._status_url,
                **_from(letter.sender),
            )
        except TwilioRestException as error:
            raise _refusal(error) from None
        except requests.RequestException as error:
            if _never_left(error):
                raise ProviderFailure("twilio", "connect", retryable=True) from None
            raise OutcomeUnknown("twilio", type(error).__name__) from None
        return str(message.sid)


def _from(sender: str) -> dict[str, str]:
    """Return what names the sender: a number, or the messaging service that chooses one."""
    name = "messaging_service_sid" if sender.startswith("MG") else "from_"
    return {name: sender}


def _never_left(error: requests.RequestException) -> bool:
    """Whether no connection was made, so that nothing can have been taken."""
    cause = error.args[0] if error.args else None
    reason = getattr(cause, "reason", cause)
    return isinstance(reason, NewConnectionError | ConnectTimeoutError)


def _refusal(error: TwilioRestException) -> ProviderFailure:
    if error.status in SERVER_ERRORS:
        return OutcomeUnknown("twilio", f"http {error.status}")
    retryable = error.status == TOO_MANY_REQUESTS or error.code in RETRYABLE_CODES
    return ProviderFailure("twilio", str(error.code or error.status), retryable=retryable)
