"""How a matter in which danger was seen has ended.

why: a crisis is followed to its end: found, answered, paged, taken, and what became of the patient.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("consult_events", sa.Column("outcome", sa.String(24), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("consult_events") as batch:
        batch.drop_column("outcome")
