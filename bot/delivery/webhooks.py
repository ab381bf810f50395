"""Posts events to clinics' own addresses: signed, without redirects, to public addresses alone.

The name is resolved once, every address it has must be a public one, and the connection goes to
the address that was looked at: a name that points into our own network later gains nothing.
The receiver tells repeats by the event's id, so whatever goes wrong may be tried again.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence
from datetime import datetime
from http import HTTPStatus
from urllib.parse import urlsplit

import certifi
import urllib3
from urllib3.exceptions import HTTPError

from bot.core.errors import ProviderFailure
from bot.core.webhook_signing import signature, webhook_secret
from bot.delivery.senders import Letter

WEBHOOK = "webhook"
TIMEOUT_SECONDS = 5.0
TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
"""IPv6 addresses that stand for IPv4 ones, private ones among them (RFC 6052)."""


class Webhooks:
    """Posts a letter's body to the address it is for; `sender` of the letter is the clinic."""

    def __init__(
        self, keys: Sequence[bytes], *, now: Callable[[], datetime], is_demo: bool
    ) -> None:
        """Sign under every key, the newest first. The demo may post to this machine, by http."""
        self._keys = keys
        self._now = now
        self._is_demo = is_demo

    def send(self, letter: Letter) -> str:
        """Return the event's id once it was taken with a 2xx. Raises ProviderFailure."""
        pool = self._pool(letter.to)
        parts = urlsplit(letter.to)
        path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
        try:
            response = pool.request(
                "POST",
                path,
                body=letter.body.encode(),
                headers=self._headers(letter, parts.netloc),
                redirect=False,
                retries=False,
                preload_content=False,
            )
            response.close()
        except HTTPError as error:
            raise ProviderFailure(WEBHOOK, type(error).__name__, retryable=True) from None
        finally:
            pool.close()
        return _taken(response.status, letter)

    def _headers(self, letter: Letter, host: str) -> dict[str, str]:
        secrets = [webhook_secret(key, letter.sender) for key in self._keys]
        seconds = int(self._now().timestamp())
        return {
            "Host": host,
            "Content-Type": "application/json",
            "User-Agent": "Porchlight",
            "Porchlight-Event": letter.key,
            "Porchlight-Signature": signature(
                letter.body.encode(), seconds=seconds, secrets=secrets
            ),
        }

    def _pool(self, url: str) -> urllib3.HTTPConnectionPool:
        """Return connections to one address that this name has. Raises ProviderFailure."""
        parts = urlsplit(url)
        host, is_plain = parts.hostname or "", parts.scheme != "https"
        if is_plain and not self._is_demo:
            raise ProviderFailure(WEBHOOK, "not-https", retryable=False)
        port = parts.port or (80 if is_plain else 443)
        address = self._address(host, port)
        timeout = urllib3.Timeout(total=TIMEOUT_SECONDS)
        if is_plain:
            return urllib3.HTTPConnectionPool(address, port, timeout=timeout)
        return urllib3.HTTPSConnectionPool(
            address,
            port,
            timeout=timeout,
            cert_reqs="CERT_REQUIRED",
            ca_certs=certifi.where(),
            server_hostname=host,
            assert_hostname=host,
        )

    def _address(self, host: str, port: int) -> str:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError:
            raise ProviderFailure(WEBHOOK, "no-such-host", retryable=True) from None
        addresses = [str(entry[4][0]) for entry in found]
        if not self._is_demo and not all(is_public(address) for address in addresses):
            raise ProviderFailure(WEBHOOK, "private-address", retryable=False)
        return addresses[0]


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the open network, in whatever way it is written."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address) and ip in TRANSLATED:
        return False
    return ip.is_global and not ip.is_multicast


def _taken(status: int, letter: Letter) -> str:
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return letter.key
    is_final = status < HTTPStatus.BAD_REQUEST or status == HTTPStatus.GONE
    raise ProviderFailure(WEBHOOK, f"http {status}", retryable=not is_final)
