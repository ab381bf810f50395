"""The web chat: its sessions, its budgets, and the choices that a text offered.

why: a browser is known by a token whose hash is stored; floods are counted where every process
sees them; a repeated message must get the same choices as the first time.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("messages", sa.Column("choices", sa.LargeBinary(), nullable=True))
    op.create_table(
        "chat_sessions",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("clinic_id", sa.String(length=64), nullable=False),
        sa.Column("address_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_chat_sessions")),
    )
    op.create_index(op.f("ix_chat_sessions_expires_at"), "chat_sessions", ["expires_at"])
    op.create_table(
        "chat_budgets",
        sa.Column("key_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("minute", sa.BigInteger(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key_hash", name=op.f("pk_chat_budgets")),
    )
    op.create_index(op.f("ix_chat_budgets_minute"), "chat_budgets", ["minute"])


def downgrade() -> None:
    op.drop_table("chat_budgets")
    op.drop_table("chat_sessions")
    op.drop_column("messages", "choices")
