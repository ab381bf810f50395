"""The web chat's sessions, and the budgets that keep floods away from it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.columns import UtcDateTime
from bot.store.tables.base import HASH, Base, Created


class ChatSessionRow(Created, Base):
    """One browser's chat; only its token's hash is kept.

    `address_hash` is the keyed hash of the patient's address, as in `patients`: the patient's row
    is made by the first turn.
    """

    __tablename__ = "chat_sessions"
    __table_args__ = (Index(None, "expires_at"),)

    token_hash: Mapped[str] = mapped_column(HASH, primary_key=True)
    clinic_id: Mapped[str] = mapped_column(String(64))
    address_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ChatBudgetRow(Base):
    """What was used of one budget in its latest minute; `key_hash` stands for what and whose."""

    __tablename__ = "chat_budgets"
    __table_args__ = (Index(None, "minute"),)

    key_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    minute: Mapped[int] = mapped_column(BigInteger)
    used: Mapped[int]
