"""Signed-in browsers. A session is a row, so that it can be ended from here at any moment.

Only the token's hash is stored. A session ends after `idle_seconds` without use, after
`limit_seconds` in any case, when it is ended, and when its account is closed.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import update

from bot.core.errors import NotFound
from bot.services.clinicians import Clinician, find_clinician
from bot.services.parts import Parts
from bot.services.transactions import reading, writing
from bot.store.crypto import token_hash
from bot.store.tables import ClinicianSessionRow

TOUCH_EVERY = timedelta(seconds=30)
"""Use is noted at most this often: not every page view is a write."""


def open_session(parts: Parts, clinician: Clinician, *, limit_seconds: int) -> str:
    """Return the token of a new session; it is shown this once."""
    token, now = parts.new_token(), parts.now()
    with writing(parts.engine) as session:
        session.add(
            ClinicianSessionRow(
                token_hash=token_hash(token),
                clinician_id=clinician.id,
                last_seen_at=now,
                expires_at=now + timedelta(seconds=limit_seconds),
                created_at=now,
            )
        )
    return token


def signed_in(
    parts: Parts, token: str, *, idle_seconds: int, is_use: bool = True
) -> Clinician | None:
    """Return who a token belongs to, None once the session is over.

    A request that nobody made by hand (polling) passes `is_use=False`: it must not keep an
    unattended screen open. Raises StoreUnavailable.
    """
    now = parts.now()
    with reading(parts.engine) as session:
        row = session.get(ClinicianSessionRow, token_hash(token))
        if row is None or row.ended_at is not None or row.expires_at <= now:
            return None
        if now - row.last_seen_at >= timedelta(seconds=idle_seconds):
            return None
        clinician_id, seen_at = row.clinician_id, row.last_seen_at
    if is_use and now - seen_at >= TOUCH_EVERY:
        _touch(parts, token)
    try:
        return find_clinician(parts, clinician_id)
    except NotFound:
        return None


def end_session(parts: Parts, token: str) -> None:
    """End a session; nothing happens if it is over already."""
    with writing(parts.engine) as session:
        session.execute(
            update(ClinicianSessionRow)
            .where(ClinicianSessionRow.token_hash == token_hash(token))
            .values(ended_at=parts.now())
        )


def _touch(parts: Parts, token: str) -> None:
    with writing(parts.engine) as session:
        session.execute(
            update(ClinicianSessionRow)
            .where(
                ClinicianSessionRow.token_hash == token_hash(token),
                ClinicianSessionRow.ended_at.is_(None),
            )
            .values(last_seen_at=parts.now())
        )
