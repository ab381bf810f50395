"""Chat sessions: found by their token's hash, kept alive by use, ended for good."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from bot.store.tables import ChatSessionRow

FORGOTTEN_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class StoredSession:
    """One browser's chat. `address_hash` finds its patient, once a turn has made one."""

    token_hash: str
    clinic_id: str
    address_hash: bytes
    expires_at: datetime
    ended_at: datetime | None

    def is_open(self, now: datetime) -> bool:
        """Whether the token still opens anything."""
        return self.ended_at is None and now < self.expires_at


def add_session(connection: Connection, session: StoredSession, *, now: datetime) -> None:
    """Store a new session."""
    connection.execute(
        insert(ChatSessionRow).values(
            token_hash=session.token_hash,
            clinic_id=session.clinic_id,
            address_hash=session.address_hash,
            expires_at=session.expires_at,
            ended_at=session.ended_at,
            created_at=now,
        )
    )


def find_session(connection: Connection, token_hash: str) -> StoredSession | None:
    """Return the session with this hash, None when there is none."""
    row = connection.execute(
        select(
            ChatSessionRow.clinic_id,
            ChatSessionRow.address_hash,
            ChatSessionRow.expires_at,
            ChatSessionRow.ended_at,
        ).where(ChatSessionRow.token_hash == token_hash)
    ).one_or_none()
    return None if row is None else StoredSession(token_hash, *row)


def keep_alive(connection: Connection, token_hash: str, *, expires_at: datetime) -> None:
    """Put off the end of a session that was not ended."""
    connection.execute(
        update(ChatSessionRow)
        .where(ChatSessionRow.token_hash == token_hash, ChatSessionRow.ended_at.is_(None))
        .values(expires_at=expires_at)
    )


def mark_ended(connection: Connection, token_hash: str, *, now: datetime) -> None:
    """End a session; the moment of the first time stays."""
    connection.execute(
        update(ChatSessionRow)
        .where(ChatSessionRow.token_hash == token_hash, ChatSessionRow.ended_at.is_(None))
        .values(ended_at=now)
    )


def forget_over_before(connection: Connection, moment: datetime) -> None:
    """Remove sessions that were over before `moment`, a few; what was said in them stays."""
    old = select(ChatSessionRow.token_hash).where(ChatSessionRow.expires_at < moment)
    few = old.limit(FORGOTTEN_AT_ONCE).with_for_update(skip_locked=True)
    connection.execute(delete(ChatSessionRow).where(ChatSessionRow.token_hash.in_(few)))
