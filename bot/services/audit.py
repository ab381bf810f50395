"""The record of who read or changed what of a patient's. Written in the same transaction."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy.orm import Session

from bot.services.parts import Parts
from bot.store.tables import AuditRow


class AuditAction(StrEnum):
    """What was done."""

    SIGN_IN = "sign-in"
    LIST = "list"
    READ = "read"
    ACCEPT = "accept"
    RETURN = "return"
    START = "start"
    PAUSE = "pause"
    COMPLETE = "complete"
    CANCEL = "cancel"
    RELEASE = "release"
    TAKE_OVER = "take-over"
    SPEAK = "speak"


def audit(
    parts: Parts,
    session: Session,
    clinician_id: str | None,
    action: AuditAction,
    subject_type: str,
    subject_id: str,
) -> None:
    """Add one entry; it lasts if and only if what it records does."""
    session.add(
        AuditRow(
            id=parts.new_id(),
            clinician_id=clinician_id,
            action=action.value,
            subject_type=subject_type,
            subject_id=subject_id,
            created_at=parts.now(),
        )
    )
