"""Secure links: found by their token's hash, opened a few times, closed for good."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from bot.store.rows import CLINICIAN
from bot.store.tables import ConversationRow, MessageRow, SecureLinkRow


@dataclass(frozen=True, slots=True)
class StoredLink:
    """A link and the conversation it continues. `used_at` is when it was first opened."""

    token_hash: str
    conversation_id: str
    clinic_id: str
    language: str
    is_current: bool
    expires_at: datetime
    used_at: datetime | None
    failed_tries: int


@dataclass(frozen=True, slots=True)
class TalkText:
    """One text; `direction` is `inbound` or `outbound`, `kind` says why it was sent."""

    direction: str
    text: str
    kind: str = ""


def find_link(connection: Connection, token_hash: str) -> StoredLink | None:
    """Return the link with this hash, None when there is none."""
    row = connection.execute(
        select(
            SecureLinkRow.conversation_id,
            ConversationRow.clinic_id,
            ConversationRow.language,
            ConversationRow.is_current,
            SecureLinkRow.expires_at,
            SecureLinkRow.used_at,
            SecureLinkRow.failed_tries,
        )
        .join(ConversationRow, ConversationRow.id == SecureLinkRow.conversation_id)
        .where(SecureLinkRow.token_hash == token_hash)
    ).one_or_none()
    return None if row is None else StoredLink(token_hash, *row)


def spend_try(connection: Connection, token_hash: str, *, limit: int) -> bool:
    """Count one try to open a link; false (and nothing is counted) when `limit` are spent."""
    spent = connection.execute(
        update(SecureLinkRow)
        .where(SecureLinkRow.token_hash == token_hash, SecureLinkRow.failed_tries < limit)
        .values(failed_tries=SecureLinkRow.failed_tries + 1)
    )
    return bool(spent.rowcount)


def mark_used(connection: Connection, token_hash: str, *, now: datetime) -> None:
    """Note that a link was opened rightly: when first, and that no try is spent any more."""
    connection.execute(
        update(SecureLinkRow)
        .where(SecureLinkRow.token_hash == token_hash)
        .values(used_at=func.coalesce(SecureLinkRow.used_at, now), failed_tries=0)
    )


def talk_of(connection: Connection, conversation_id: str, *, limit: int) -> list[TalkText]:
    """Return the last `limit` texts of a conversation, oldest first."""
    rows = connection.execute(
        select(MessageRow.direction, MessageRow.body, MessageRow.kind)
        .where(MessageRow.conversation_id == conversation_id, MessageRow.direction != CLINICIAN)
        .order_by(MessageRow.turn_number.desc(), MessageRow.position.desc())
        .limit(limit)
    ).all()
    return [TalkText(*row) for row in reversed(rows)]
