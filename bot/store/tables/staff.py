"""Clinicians' accounts and sessions, failed logins, and the record of who saw what."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.columns import UtcDateTime
from bot.store.tables.base import HASH, ID, Base, Created


class ClinicianRow(Created, Base):
    """A person with an account. `email` is kept in lower case."""

    __tablename__ = "clinicians"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    password_hash: Mapped[str] = mapped_column(String(255))
    role: Mapped[str] = mapped_column(String(16))
    active: Mapped[bool]
    last_login_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ClinicianClinicRow(Created, Base):
    """A clinic whose patients a clinician may see."""

    __tablename__ = "clinician_clinics"

    clinician_id: Mapped[str] = mapped_column(ForeignKey("clinicians.id"), primary_key=True)
    clinic_id: Mapped[str] = mapped_column(ForeignKey("clinics.id"), primary_key=True)


class ClinicianSessionRow(Created, Base):
    """A signed-in browser; the token's hash is kept, so that it can be ended from here."""

    __tablename__ = "clinician_sessions"

    token_hash: Mapped[str] = mapped_column(HASH, primary_key=True)
    clinician_id: Mapped[str] = mapped_column(ForeignKey("clinicians.id"))
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class LoginThrottleRow(Created, Base):
    """Failed logins of one key (a hash of the e-mail given); unknown addresses count as well."""

    __tablename__ = "login_throttles"

    key_hash: Mapped[str] = mapped_column(HASH, primary_key=True)
    failures: Mapped[int]
    blocked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_failure_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AuditRow(Created, Base):
    """Who read or changed what of a patient's, and when. Rows are only ever added."""

    __tablename__ = "audit_events"
    __table_args__ = (Index(None, "subject_type", "subject_id"),)

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    clinician_id: Mapped[str | None] = mapped_column(ID)
    clinic_id: Mapped[str | None] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(32))
    subject_type: Mapped[str] = mapped_column(String(32))
    subject_id: Mapped[str] = mapped_column(String(64))
