"""How far an alert has been moved on, and an index over pages by time.

why: a page that did not arrive must not cost minutes; the worker looks every second for pages
whose arrival nobody confirmed.

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

PAGES = sa.text("kind = 'page-text'")


def upgrade() -> None:
    op.add_column(
        "alerts", sa.Column("at_least", sa.SmallInteger(), server_default="0", nullable=False)
    )
    op.create_index(
        "ix_outbox_pages",
        "outbox",
        ["created_at"],
        postgresql_where=PAGES,
        sqlite_where=PAGES,
    )


def downgrade() -> None:
    op.drop_index(
        "ix_outbox_pages", table_name="outbox", postgresql_where=PAGES, sqlite_where=PAGES
    )
    op.drop_column("alerts", "at_least")
