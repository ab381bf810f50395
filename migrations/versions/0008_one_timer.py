"""One timer for each silent conversation, and an index over those that wait.

why: what a silence brings is one thing at a time; the worker looks for conversations without it.
Timers that are lost on the way are set again by the worker.

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

WAITING = sa.text("is_current AND status IN ('active', 'paused')")


def upgrade() -> None:
    _drop_timers()
    _create_timers(sa.Column("since", sa.DateTime(timezone=True), nullable=False))
    op.create_index(
        "ix_conversations_waiting",
        "conversations",
        ["id"],
        postgresql_where=WAITING,
        sqlite_where=WAITING,
    )


def downgrade() -> None:
    op.drop_index(
        "ix_conversations_waiting",
        table_name="conversations",
        postgresql_where=WAITING,
        sqlite_where=WAITING,
    )
    _drop_timers()
    _create_timers(primary_key=("conversation_id", "kind"))


def _drop_timers() -> None:
    op.drop_index(op.f("ix_timers_due_at"), table_name="timers")
    op.drop_table("timers")


def _create_timers(
    *more: sa.Column, primary_key: tuple[str, ...] = ("conversation_id",)
) -> None:
    op.create_table(
        "timers",
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        *more,
        sa.Column("turn_number", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_timers_conversation_id")
        ),
        sa.PrimaryKeyConstraint(*primary_key, name=op.f("pk_timers")),
    )
    op.create_index(op.f("ix_timers_due_at"), "timers", ["due_at"])
