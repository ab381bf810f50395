"""Signs of life of the programs that run beside the web processes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.columns import UtcDateTime
from bot.store.tables.base import ID, Base, Created


class HeartbeatRow(Created, Base):
    """When a process last went through its work; `created_at` is its first time.

    `role` is the lane of work, `name` the process's own id.
    """

    __tablename__ = "heartbeats"

    name: Mapped[str] = mapped_column(ID, primary_key=True)
    role: Mapped[str] = mapped_column(String(16), primary_key=True)
    beat_at: Mapped[datetime] = mapped_column(UtcDateTime)
