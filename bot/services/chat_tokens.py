"""The token of a chat session: `clinic.secret`, checked without a look at anything.

The secret is 256 random bits and a keyed tag over them. The tag shows that the token is one of
ours, so that danger is answered and recorded for the right patient while the database is away,
and a flood of invented tokens costs no query. Whether a session is still open, its row says.

Patient and tokens cannot be told from each other: the address is a keyed hash of the secret, and
of the token itself only the SHA-256 is stored.
"""

from __future__ import annotations

import base64
import hmac
import re
from dataclasses import dataclass

from bot.core.messages import Channel
from bot.services.parts import Parts
from bot.store.crypto import token_hash

TOKEN = re.compile(r"([a-z][a-z0-9-]{0,62})\.([A-Za-z0-9_-]{43})([A-Za-z0-9_-]{22})", re.ASCII)
TAG_BYTES = 16
ADDRESS_DIGITS = 32


@dataclass(frozen=True, slots=True)
class ChatKey:
    """What a genuine token says: its clinic, its stored hash, and the patient's address."""

    clinic_id: str
    token_hash: str
    address: str


def new_chat_token(parts: Parts, clinic_id: str) -> str:
    """Return a fresh token for a chat with this clinic."""
    random = parts.new_token()
    return f"{clinic_id}.{random}{_tag(parts, clinic_id, random)}"


def read_chat_token(parts: Parts, token: str) -> ChatKey | None:
    """Return what the token says; None if it is not one of ours."""
    found = TOKEN.fullmatch(token)
    if found is None:
        return None
    clinic_id, random, tag = found.groups()
    if not hmac.compare_digest(tag, _tag(parts, clinic_id, random)):
        return None
    address = parts.address_hash.of(clinic_id, "chat address", random).hex()[:ADDRESS_DIGITS]
    return ChatKey(clinic_id, token_hash(token), address)


def address_hash_of(parts: Parts, key: ChatKey) -> bytes:
    """Return the keyed hash under which the token's patient is found."""
    return parts.address_hash.of(key.clinic_id, Channel.WEB.value, key.address)


def clinic_named(token: str) -> str:
    """Return the clinic id that a token claims, genuine or not; "" for none."""
    found = TOKEN.fullmatch(token)
    return found[1] if found else ""


def _tag(parts: Parts, clinic_id: str, random: str) -> str:
    digest = parts.address_hash.of(clinic_id, "chat token", random)[:TAG_BYTES]
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
