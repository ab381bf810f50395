"""Priorities, rates and parts of what leaves.

why: a page must never wait behind routine texts, every sending number has its own pace, and a
long text that failed half-way goes on with the part that failed.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

NOT_DONE = sa.text("done_at IS NULL")
MOMENT = sa.DateTime(timezone=True)


def added() -> tuple[sa.Column, ...]:
    return (
        sa.Column("priority", sa.SmallInteger(), server_default="2", nullable=False),
        sa.Column("slot_at", MOMENT, nullable=True),
        sa.Column("called_at", MOMENT, nullable=True),
        sa.Column("parts_sent", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("looks", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("provider_key", sa.String(length=128), nullable=True),
        sa.Column("delivery", sa.String(length=16), nullable=True),
    )


def upgrade() -> None:
    op.create_table(
        "paces",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("free_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_paces")),
    )
    op.create_table(
        "text_parts",
        sa.Column("message_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("provider_key", sa.String(length=128), nullable=False),
        sa.Column("delivery", sa.String(length=16), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_text_parts_message_id")
        ),
        sa.PrimaryKeyConstraint("message_id", "number", name=op.f("pk_text_parts")),
        sa.UniqueConstraint("provider_key", name=op.f("uq_text_parts_provider_key")),
    )
    op.add_column("messages", sa.Column("clinic_address", sa.String(length=64), nullable=True))
    for column in added():
        op.add_column("outbox", column)
    op.execute("UPDATE outbox SET priority = 0 WHERE done_at IS NULL AND kind LIKE 'page-%'")
    op.drop_index("ix_outbox_due", table_name="outbox")
    op.create_index(
        "ix_outbox_due",
        "outbox",
        ["priority", "due_at"],
        postgresql_where=NOT_DONE,
        sqlite_where=NOT_DONE,
    )


def downgrade() -> None:
    op.drop_index("ix_outbox_due", table_name="outbox")
    op.create_index(
        "ix_outbox_due", "outbox", ["due_at"], postgresql_where=NOT_DONE, sqlite_where=NOT_DONE
    )
    for column in added():
        op.drop_column("outbox", column.name)
    op.drop_column("messages", "clinic_address")
    op.drop_table("text_parts")
    op.drop_table("paces")
