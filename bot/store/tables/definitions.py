"""Clinics as applied, and every flow and ruleset that a conversation was ever pinned to."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.columns import EncryptedBytes, UtcDateTime
from bot.store.tables.base import HASH, Base, Created


class ClinicRow(Created, Base):
    """A clinic as it was last applied; `document` is its JSON, with the on-call staff's phones."""

    __tablename__ = "clinics"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    document: Mapped[bytes] = mapped_column(EncryptedBytes("clinics.document"))
    content_hash: Mapped[str] = mapped_column(HASH)
    applied_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ClinicNumberRow(Created, Base):
    """A number that patients text; the primary key keeps two clinics from sharing one."""

    __tablename__ = "clinic_numbers"

    number: Mapped[str] = mapped_column(String(32), primary_key=True)
    clinic_id: Mapped[str] = mapped_column(ForeignKey("clinics.id", ondelete="CASCADE"))


class FlowVersionRow(Created, Base):
    """A flow with its sub-flows and instruments, as it was when a conversation began.

    `ruleset_hash` names the latest rules that fitted its questions: rules may move on to other
    questions while conversations are still pinned to this flow.
    """

    __tablename__ = "flow_versions"

    content_hash: Mapped[str] = mapped_column(HASH, primary_key=True)
    flow_id: Mapped[str] = mapped_column(String(64))
    version: Mapped[str] = mapped_column(String(32))
    source: Mapped[bytes] = mapped_column(LargeBinary)
    ruleset_hash: Mapped[str] = mapped_column(HASH)


class RulesetRow(Created, Base):
    """Triage rules that decided a consult, kept so that the decision can be replayed."""

    __tablename__ = "rulesets"

    content_hash: Mapped[str] = mapped_column(HASH, primary_key=True)
    source: Mapped[bytes] = mapped_column(LargeBinary)
