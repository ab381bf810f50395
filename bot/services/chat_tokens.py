"""The token of a chat session: `clinic.secret`, checked without a look at anything.

That of a session which a secure link has opened is `clinic.conversation.secret`: it is for the
texting patient whose conversation that is, and names it so that danger is recorded there even
while the database is away. The tag is over it as well.

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

TOKEN = re.compile(
    r"([a-z][a-z0-9-]{0,62})\.(?:([0-9a-f]{32})\.)?([A-Za-z0-9_-]{43})([A-Za-z0-9_-]{22})",
    re.ASCII,
)
TAG_BYTES = 16
ADDRESS_DIGITS = 32


@dataclass(frozen=True, slots=True)
class ChatKey:
    """What a genuine token says: its clinic, its stored hash, and its visitor's address.

    `conversation_id` is that of the conversation which a secure link continued, else None.
    """

    clinic_id: str
    token_hash: str
    address: str
    conversation_id: str | None = None


def new_chat_token(parts: Parts, clinic_id: str, conversation_id: str | None = None) -> str:
    """Return a fresh token for a chat with this clinic, or for one of its conversations."""
    random = parts.new_token()
    whose = clinic_id if conversation_id is None else f"{clinic_id}.{conversation_id}"
    return f"{whose}.{random}{_tag(parts, clinic_id, conversation_id, random)}"


def read_chat_token(parts: Parts, token: str) -> ChatKey | None:
    """Return what the token says; None if it is not one of ours."""
    found = TOKEN.fullmatch(token)
    if found is None:
        return None
    clinic_id, conversation_id, random, tag = found.groups()
    if not hmac.compare_digest(tag, _tag(parts, clinic_id, conversation_id, random)):
        return None
    address = parts.address_hash.of(clinic_id, "chat address", random).hex()[:ADDRESS_DIGITS]
    return ChatKey(clinic_id, token_hash(token), address, conversation_id)


def address_hash_of(parts: Parts, key: ChatKey) -> bytes:
    """Return the keyed hash under which the token's patient is found."""
    return parts.address_hash.of(key.clinic_id, Channel.WEB.value, key.address)


def clinic_named(token: str) -> str:
    """Return the clinic id that a token claims, genuine or not; "" for none."""
    found = TOKEN.fullmatch(token)
    return found[1] if found else ""


def _tag(parts: Parts, clinic_id: str, conversation_id: str | None, random: str) -> str:
    kind = "chat token" if conversation_id is None else f"link token {conversation_id}"
    digest = parts.address_hash.of(clinic_id, kind, random)[:TAG_BYTES]
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
