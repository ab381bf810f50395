"""Patients, their conversations, and all that one turn leaves behind."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, SmallInteger, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.columns import EncryptedBytes, EncryptedText, UtcDateTime
from bot.store.tables.base import CODE, HASH, ID, Base, Created

WAITING = text("is_current AND status IN ('active', 'paused')")
"""Conversations in which the flow waits for the patient: each must have a timer.

Written out, since no database uses a partial index for a condition with parameters.
"""


class PatientRow(Created, Base):
    """A person at one address of one clinic; found by the address's keyed hash."""

    __tablename__ = "patients"
    __table_args__ = (UniqueConstraint("clinic_id", "channel", "address_hash"),)

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    clinic_id: Mapped[str] = mapped_column(String(64))
    channel: Mapped[str] = mapped_column(String(8))
    address_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    address: Mapped[str] = mapped_column(EncryptedText("patients.address"))
    name: Mapped[str | None] = mapped_column(EncryptedText("patients.name"))
    language: Mapped[str] = mapped_column(String(16))
    opted_out_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ConversationRow(Created, Base):
    """One run of one flow; exactly one per patient is current.

    `state` holds the flow's state and the recent texts, encrypted. What else is needed to answer
    when that cannot be read stands beside it in the open.
    """

    __tablename__ = "conversations"
    __table_args__ = (
        Index(
            "uq_conversations_current",
            "patient_id",
            unique=True,
            postgresql_where=text("is_current"),
            sqlite_where=text("is_current"),
        ),
        Index(
            "ix_conversations_waiting",
            "id",
            postgresql_where=WAITING,
            sqlite_where=WAITING,
        ),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    clinic_id: Mapped[str] = mapped_column(String(64))
    patient_id: Mapped[str] = mapped_column(ForeignKey("patients.id"))
    is_current: Mapped[bool]
    channel: Mapped[str] = mapped_column(String(8))
    status: Mapped[str] = mapped_column(String(16))
    language: Mapped[str] = mapped_column(String(16))
    flow_hash: Mapped[str] = mapped_column(HASH)
    turn_number: Mapped[int]
    state: Mapped[bytes | None] = mapped_column(EncryptedBytes("conversations.state"))
    risk_open: Mapped[bool]
    crisis_answers: Mapped[int]
    consult_id: Mapped[str | None] = mapped_column(ID)
    consult_priority: Mapped[str | None] = mapped_column(String(16))
    last_inbound_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class MessageRow(Created, Base):
    """One text in or out. `provider_key` is the provider's id for it, unique on its channel.

    Order within a conversation is (`turn_number`, `position`): the inbound text is position 0,
    the reply's texts follow from 1. `clinic_address` is the number that the patient wrote to.
    `choices` are those that a text on the web offered, as JSON.
    """

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("channel", "provider_key"),
        Index(None, "conversation_id", "turn_number", "position"),
        Index(
            "ix_messages_crisis",
            "created_at",
            postgresql_where=text("kind = 'crisis'"),
            sqlite_where=text("kind = 'crisis'"),
        ),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"))
    turn_number: Mapped[int]
    position: Mapped[int] = mapped_column(SmallInteger)
    direction: Mapped[str] = mapped_column(String(16))
    channel: Mapped[str] = mapped_column(String(8))
    provider_key: Mapped[str | None] = mapped_column(String(128))
    clinic_address: Mapped[str | None] = mapped_column(String(64))
    in_reply_to: Mapped[str | None] = mapped_column(ID)
    kind: Mapped[str] = mapped_column(String(32))
    body: Mapped[str] = mapped_column(EncryptedText("messages.body"))
    choices: Mapped[bytes | None] = mapped_column(EncryptedBytes("messages.choices"))
    media_count: Mapped[int] = mapped_column(SmallInteger)
    has_location: Mapped[bool]
    delivery: Mapped[str | None] = mapped_column(String(16))
    delivery_code: Mapped[str | None] = mapped_column(String(16))
    delivery_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AnswerRow(Created, Base):
    """One entry of the append-only log of answers; the latest of a `link_id` is in force."""

    __tablename__ = "answers"

    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), primary_key=True)
    turn_number: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    link_id: Mapped[str] = mapped_column(CODE)
    status: Mapped[str] = mapped_column(String(16))
    value: Mapped[bytes] = mapped_column(EncryptedBytes("answers.value"))


class SafetyEventRow(Created, Base):
    """Danger that was seen, and the resources said. `rules` is JSON: ids and spans, no text."""

    __tablename__ = "safety_events"
    __table_args__ = (Index(None, "conversation_id"),)

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"))
    turn_number: Mapped[int]
    tier: Mapped[str] = mapped_column(String(16))
    category: Mapped[str | None] = mapped_column(String(24))
    subject: Mapped[str | None] = mapped_column(String(8))
    source: Mapped[str] = mapped_column(CODE)
    rules: Mapped[str]
    said: Mapped[bytes] = mapped_column(EncryptedBytes("safety_events.said"))


class DecisionRow(Created, Base):
    """What triage decided in a turn, whether or not a clinician was then asked to act."""

    __tablename__ = "decisions"

    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), primary_key=True)
    turn_number: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    disposition: Mapped[str] = mapped_column(String(16))
    ruleset_hash: Mapped[str] = mapped_column(HASH)
    decision: Mapped[bytes] = mapped_column(EncryptedBytes("decisions.decision"))


class FlagRow(Created, Base):
    """Something a clinician should know of a conversation, as a code."""

    __tablename__ = "conversation_flags"

    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), primary_key=True)
    turn_number: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(CODE, primary_key=True)


class OptOutRow(Created, Base):
    """One change of mind about being texted, and what brought it about."""

    __tablename__ = "opt_out_changes"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    patient_id: Mapped[str] = mapped_column(ForeignKey("patients.id"))
    conversation_id: Mapped[str | None] = mapped_column(ID)
    opted_out: Mapped[bool]
    source: Mapped[str] = mapped_column(CODE)


class SecureLinkRow(Created, Base):
    """A link that continues a conversation on the web; only its token's hash is kept."""

    __tablename__ = "secure_links"

    token_hash: Mapped[str] = mapped_column(HASH, primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failed_tries: Mapped[int] = mapped_column(SmallInteger)
