"""Clinicians' accounts: adding one, and signing in.

What must stay true: an unknown e-mail, a wrong password and a closed account look the same and
take the same time; a try is counted before the password is looked at, so that tries made at once
do not slip past the limit; passwords are kept as argon2id hashes only.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.core.errors import InvalidField, NotFound, Refused
from bot.services.audit import AuditAction, audit
from bot.services.parts import Parts
from bot.services.transactions import reading, writing
from bot.store.missing import add_if_missing
from bot.store.tables import (
    ClinicianClinicRow,
    ClinicianRow,
    ClinicianSessionRow,
    ClinicRow,
    LoginThrottleRow,
)

FREE_TRIES = 5
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(minutes=15)
SHORTEST_PASSWORD = 12
EMAIL = re.compile(r"[!-?A-~]{1,64}@[!-?A-~]+\.[!-?A-~]+", re.ASCII)
"""Printable ASCII around one @: enough to refuse slips, and nothing a database chokes on."""

HASHER = PasswordHasher()


class Role(StrEnum):
    """What an account may do: act on consult requests, oversee them, or administer."""

    CLINICIAN = "clinician"
    LEAD = "lead"
    ADMIN = "admin"


class TooManyTries(Refused):
    """Sign-in is paused for this e-mail until `until`."""

    def __init__(self, until: datetime) -> None:
        """Name the moment from which another try is looked at."""
        super().__init__("too many failed sign-ins")
        self.until = until


@dataclass(frozen=True, slots=True)
class Clinician:
    """Who is signed in, and whose patients they may see."""

    id: str
    email: str
    name: str
    role: Role
    clinic_ids: frozenset[str]


def add_clinician(
    parts: Parts, *, email: str, name: str, role: Role, clinic_ids: Collection[str], password: str
) -> Clinician:
    """Add an account. Raises InvalidField naming what is wrong, StoreUnavailable."""
    address = _email(email)
    if not name.strip():
        raise InvalidField("name", "is empty", "give the person's name")
    if len(password) < SHORTEST_PASSWORD:
        remedy = f"use {SHORTEST_PASSWORD} characters or more"
        raise InvalidField("password", "is too short", remedy)
    row = ClinicianRow(
        id=parts.new_id(),
        email=address,
        name=name.strip(),
        password_hash=HASHER.hash(password),
        role=role.value,
        active=True,
        created_at=parts.now(),
    )
    try:
        with writing(parts.engine) as session:
            _refuse_unknown_clinics(session, clinic_ids)
            session.add(row)
            session.flush()
            for clinic_id in sorted(set(clinic_ids)):
                membership = ClinicianClinicRow(clinician_id=row.id, clinic_id=clinic_id)
                membership.created_at = parts.now()
                session.add(membership)
            session.flush()
            return _clinician(session, row)
    except IntegrityError:
        raise InvalidField("email", "has an account", "use another") from None


def sign_in(parts: Parts, email: str, password: str) -> Clinician:
    """Return who this is. Raises Refused (TooManyTries after several failures)."""
    key_hash = hashlib.sha256(email.strip().lower().encode("utf-8", "replace")).hexdigest()
    _count_try(parts, key_hash)
    known = _account(parts, email.strip().lower())
    stored = known[1] if known else _nobodys_hash()
    if not _is_right(stored, password) or known is None:
        raise Refused("e-mail or password")
    return _signed_in(parts, known[0], key_hash, password)


def find_clinician(parts: Parts, clinician_id: str) -> Clinician:
    """Return an active clinician. Raises NotFound."""
    with reading(parts.engine) as session:
        row = session.get(ClinicianRow, clinician_id)
        if row is None or not row.active:
            raise NotFound("clinician")
        return _clinician(session, row)


def close_account(parts: Parts, email: str) -> None:
    """Close an account and end its sessions. Raises NotFound."""
    with writing(parts.engine) as session:
        row = session.scalar(select(ClinicianRow).where(ClinicianRow.email == _email(email)))
        if row is None:
            raise NotFound("clinician")
        row.active = False
        session.execute(
            delete(ClinicianSessionRow).where(ClinicianSessionRow.clinician_id == row.id)
        )


def _account(parts: Parts, address: str) -> tuple[str, str] | None:
    """Return id and password hash of the active account of this address."""
    if not EMAIL.fullmatch(address):
        return None
    with reading(parts.engine) as session:
        row = session.scalar(select(ClinicianRow).where(ClinicianRow.email == address))
        return None if row is None or not row.active else (row.id, row.password_hash)


def _signed_in(parts: Parts, clinician_id: str, key_hash: str, password: str) -> Clinician:
    with writing(parts.engine) as session:
        row = session.get_one(ClinicianRow, clinician_id)
        row.last_login_at = parts.now()
        if HASHER.check_needs_rehash(row.password_hash):
            row.password_hash = HASHER.hash(password)
        session.execute(delete(LoginThrottleRow).where(LoginThrottleRow.key_hash == key_hash))
        audit(parts, session, clinician_id, AuditAction.SIGN_IN, "clinician", clinician_id)
        return _clinician(session, row)


def _count_try(parts: Parts, key_hash: str) -> None:
    """Count a try as failed until it has succeeded. Raises TooManyTries while paused."""
    now = parts.now()
    with writing(parts.engine) as session:
        fresh = {"key_hash": key_hash, "failures": 0, "last_failure_at": now, "created_at": now}
        add_if_missing(session, LoginThrottleRow, fresh)
        row = session.get_one(LoginThrottleRow, key_hash, with_for_update=True)
        until = row.blocked_until
        if until is None or until <= now:
            row.failures += 1
            row.last_failure_at = now
            row.blocked_until = _pause_until(row.failures, now)
            return
    raise TooManyTries(until)


def _pause_until(failures: int, now: datetime) -> datetime | None:
    if failures < FREE_TRIES:
        return None
    doublings = min(failures - FREE_TRIES, 10)
    return now + min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE)


def _is_right(stored: str, password: str) -> bool:
    try:
        return HASHER.verify(stored, password.encode("utf-8", "surrogatepass"))
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys_hash() -> str:
    """A hash to compare with when there is no account, so that this takes as long."""
    return HASHER.hash("nobody has this password")


def _email(email: str) -> str:
    address = email.strip().lower()
    if len(address) > 254 or not EMAIL.fullmatch(address):
        raise InvalidField("email", "is no e-mail address", "write it as name@example.org")
    return address


def _refuse_unknown_clinics(session: Session, clinic_ids: Collection[str]) -> None:
    known = set(session.scalars(select(ClinicRow.id).where(ClinicRow.id.in_(clinic_ids))))
    if not clinic_ids or set(clinic_ids) - known:
        raise InvalidField("clinic", "is not an applied clinic", "apply the clinic first")


def _clinician(session: Session, row: ClinicianRow) -> Clinician:
    of_row = ClinicianClinicRow.clinician_id == row.id
    clinic_ids = frozenset(session.scalars(select(ClinicianClinicRow.clinic_id).where(of_row)))
    return Clinician(row.id, row.email, row.name, Role(row.role), clinic_ids)
