"""Which priority of a consult request its clinic was told of.

why: a clinic's own system is told of requests; what was not told yet is found by this mark.

Revision ID: 0011
Revises: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


UNTOLD = sa.text("finished_at IS NULL AND (announced IS NULL OR announced <> priority)")


def upgrade() -> None:
    op.add_column(
        "consult_requests", sa.Column("announced", sa.String(length=16), nullable=True)
    )
    op.create_index(
        "ix_consult_requests_untold",
        "consult_requests",
        ["clinic_id"],
        postgresql_where=UNTOLD,
        sqlite_where=UNTOLD,
    )


def downgrade() -> None:
    op.drop_index(
        "ix_consult_requests_untold",
        table_name="consult_requests",
        postgresql_where=UNTOLD,
        sqlite_where=UNTOLD,
    )
    op.drop_column("consult_requests", "announced")
