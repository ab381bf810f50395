"""How far inbound texts were compared with the provider's list.

why: a text that the webhook never saw is found in that list, also after a night without a server.

Revision ID: 0010
Revises: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "reconciled",
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.Column("next_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_reconciled")),
    )


def downgrade() -> None:
    op.drop_table("reconciled")
