"""What every table shares: the metadata, names of constraints, ids and the moment of creation."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import MetaData, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from bot.store.columns import UtcDateTime

ID = String(32)
"""32 hexadecimal digits, made by `bot.core.clock.new_id`."""

HASH = String(64)
"""A SHA-256 in hexadecimal."""

CODE = String(200)
"""A code from definitions, such as a link_id or a reason; wide: no turn may fail on its length."""


class Base(DeclarativeBase):
    """Root of the mapped classes; constraints get predictable names, for migrations."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Created:
    """The moment a row was made, aware and in UTC."""

    created_at: Mapped[datetime] = mapped_column(UtcDateTime, sort_order=99)
