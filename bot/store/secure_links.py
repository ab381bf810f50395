"""Secure links: found by their token's hash, opened once, closed by a few wrong tries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from bot.store.tables import ConversationRow, PatientRow, SecureLinkRow


@dataclass(frozen=True, slots=True)
class StoredLink:
    """A link, the conversation it continues, and the address hash of the patient it was sent to.

    `used_at` is when it was opened, or closed because another link of the conversation was.
    """

    token_hash: str
    conversation_id: str
    clinic_id: str
    language: str
    is_current: bool
    expires_at: datetime
    used_at: datetime | None
    address_hash: bytes


def find_link(connection: Connection, token_hash: str, *, lock: bool = False) -> StoredLink | None:
    """Return the link with this hash, None when there is none.

    With `lock` its conversation is locked: tries made at once are counted one after the other.
    """
    wanted = (
        select(
            SecureLinkRow.conversation_id,
            ConversationRow.clinic_id,
            ConversationRow.language,
            ConversationRow.is_current,
            SecureLinkRow.expires_at,
            SecureLinkRow.used_at,
            PatientRow.address_hash,
        )
        .join(ConversationRow, ConversationRow.id == SecureLinkRow.conversation_id)
        .join(PatientRow, PatientRow.id == ConversationRow.patient_id)
        .where(SecureLinkRow.token_hash == token_hash)
    )
    if lock:
        wanted = wanted.with_for_update(of=(ConversationRow, SecureLinkRow))
    row = connection.execute(wanted).one_or_none()
    return None if row is None else StoredLink(token_hash, *row[:6], bytes(row[6]))


def tries_spent(connection: Connection, conversation_id: str, *, now: datetime) -> int:
    """Return how many wrong tries the living links of a conversation have seen together."""
    wanted = select(func.coalesce(func.sum(SecureLinkRow.failed_tries), 0))
    mine = SecureLinkRow.conversation_id == conversation_id
    return int(connection.execute(wanted.where(mine, SecureLinkRow.expires_at > now)).scalar_one())


def count_try(connection: Connection, token_hash: str) -> None:
    """Count one wrong try."""
    connection.execute(
        update(SecureLinkRow)
        .where(SecureLinkRow.token_hash == token_hash)
        .values(failed_tries=SecureLinkRow.failed_tries + 1)
    )


def use_up(connection: Connection, conversation_id: str, *, now: datetime) -> None:
    """Close every link of a conversation, and forget wrong tries: the right one was made."""
    mine = SecureLinkRow.conversation_id == conversation_id
    links = update(SecureLinkRow).where(mine)
    connection.execute(links.values(failed_tries=0))
    connection.execute(links.where(SecureLinkRow.used_at.is_(None)).values(used_at=now))
