"""An index over emergency texts by time.

why: the worker looks every second for emergency texts whose delivery nobody confirmed.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

CRISIS = sa.text("kind = 'crisis'")


def upgrade() -> None:
    op.create_index(
        "ix_messages_crisis",
        "messages",
        ["created_at"],
        postgresql_where=CRISIS,
        sqlite_where=CRISIS,
    )


def downgrade() -> None:
    op.drop_index(
        "ix_messages_crisis", table_name="messages", postgresql_where=CRISIS, sqlite_where=CRISIS
    )
