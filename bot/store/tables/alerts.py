"""Pages to on-call staff: one alert until somebody acknowledges, and every step on the way."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.columns import UtcDateTime
from bot.store.tables.base import ID, Base, Created

IS_OPEN = text("acknowledged_at IS NULL")


class AlertRow(Created, Base):
    """One alert; at most one is open per conversation.

    The check is promise P5 in the schema itself: an alert that nobody acknowledged has a moment
    at which it acts again, whatever crashed in between. `code` is what staff text back.
    """

    __tablename__ = "alerts"
    __table_args__ = (
        CheckConstraint(
            "acknowledged_at IS NOT NULL OR next_at IS NOT NULL", name="ck_alerts_open_has_timer"
        ),
        Index(
            "uq_alerts_open",
            "conversation_id",
            unique=True,
            postgresql_where=IS_OPEN,
            sqlite_where=IS_OPEN,
        ),
        Index("ix_alerts_next", "next_at", postgresql_where=IS_OPEN, sqlite_where=IS_OPEN),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    clinic_id: Mapped[str] = mapped_column(String(64))
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"))
    consult_id: Mapped[str | None] = mapped_column(ID)
    reason: Mapped[str] = mapped_column(String(32))
    code: Mapped[str] = mapped_column(String(8))
    step: Mapped[int] = mapped_column(SmallInteger)
    next_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    at_least: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    acknowledged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    acknowledged_by: Mapped[str | None] = mapped_column(String(80))


class AlertStepRow(Created, Base):
    """One thing that happened to an alert: opened, paged, nobody-to-page, acknowledged.

    `person` is the place on the clinic's on-call list, from 0; `outbox_id` the page that left.
    """

    __tablename__ = "alert_steps"
    __table_args__ = (Index(None, "alert_id"),)

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    alert_id: Mapped[str] = mapped_column(ForeignKey("alerts.id"))
    kind: Mapped[str] = mapped_column(String(24))
    person: Mapped[int | None] = mapped_column(SmallInteger)
    channel: Mapped[str | None] = mapped_column(String(8))
    outbox_id: Mapped[str | None] = mapped_column(ID)
