"""Was this request signed by Twilio? Computed over the configured public address.

Twilio signs the address it was told to call, followed by every form field, sorted, name and value
run together: base64(HMAC-SHA1(auth token, that text)). What must stay true here:

* The address comes from the settings and the route's own path. `Host` and `X-Forwarded-*` are the
  caller's words and are never read.
* A missing or empty signature is refused; it is no error.
* Every accepted token is tried in constant time; two are accepted while one is being rotated.
* Twilio writes the port of an address on some occasions and leaves it out on others, so both
  spellings of the configured address count. Any other port does not.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from bot.core.errors import SettingsError

Fields = Sequence[tuple[str, str]]
DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, repr=False)
class SignatureCheck:
    """Knows the public address in its two spellings and the accepted tokens."""

    bases: tuple[str, ...]
    tokens: tuple[bytes, ...]

    def accepts(self, path: str, query: str, fields: Fields, given: str | None) -> bool:
        """Return whether `given` signs this request.

        `path` is the route's own path, `query` the raw query string without its question mark,
        `fields` the decoded form in any order.
        """
        if not given:
            return False
        target = f"{path}?{query}" if query else path
        candidate = given.encode("utf-8", "surrogateescape")
        values = _joined(fields)
        return any(
            hmac.compare_digest(candidate, _signature(token, _encoded(base + target + values)))
            for base in self.bases
            for token in self.tokens
        )


def make_signature_check(public_url: str, tokens: Sequence[str]) -> SignatureCheck:
    """Build the check.

    Raises:
        SettingsError: no token, or an empty one, which anybody could sign with.
    """
    if not tokens or not all(tokens):
        raise SettingsError(["TWILIO_AUTH_TOKEN"], "is empty")
    return SignatureCheck(spellings(public_url), tuple(token.encode() for token in tokens))


def spellings(public_url: str) -> tuple[str, ...]:
    """Return the address as configured, and with its port left out or written."""
    configured = public_url.rstrip("/")
    parts = urlsplit(configured)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    netloc = host if parts.port else f"{host}:{DEFAULT_PORTS[parts.scheme]}"
    return configured, parts._replace(netloc=netloc).geturl()


def signed_text(address: str, fields: Fields) -> bytes:
    """Return what is signed: a field named twice counts once per distinct value."""
    return _encoded(address + _joined(fields))


def sign(address: str, fields: Fields, token: str) -> str:
    """Return the signature Twilio would send for a request to `address`."""
    return _signature(token.encode(), signed_text(address, fields)).decode()


def _joined(fields: Fields) -> str:
    return "".join([name + value for name, value in sorted(set(fields))])


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _signature(token: bytes, text: bytes) -> bytes:
    return base64.b64encode(hmac.digest(token, text, "sha1"))
