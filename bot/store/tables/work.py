"""What must still happen: consult requests, the outbox, timers, and receipts of what was sent."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, SmallInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.columns import EncryptedBytes, EncryptedText, UtcDateTime
from bot.store.tables.base import CODE, ID, Base, Created

UNTOLD = text("finished_at IS NULL AND (announced IS NULL OR announced <> priority)")


class ConsultRow(Created, Base):
    """The work item for a clinician. `version` counts its changes, from 1.

    `announced` is the priority that the clinic's own system was told of last, None: it was not.
    """

    __tablename__ = "consult_requests"
    __table_args__ = (
        Index(None, "clinic_id", "status", "due_at"),
        Index(
            "ix_consult_requests_untold", "clinic_id", postgresql_where=UNTOLD, sqlite_where=UNTOLD
        ),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    clinic_id: Mapped[str] = mapped_column(String(64))
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"))
    patient_id: Mapped[str] = mapped_column(ForeignKey("patients.id"))
    status: Mapped[str] = mapped_column(String(16))
    priority: Mapped[str] = mapped_column(String(16))
    disposition: Mapped[str | None] = mapped_column(String(16))
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    clinician_id: Mapped[str | None] = mapped_column(ID)
    decision: Mapped[bytes | None] = mapped_column(EncryptedBytes("consult_requests.decision"))
    version: Mapped[int]
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    announced: Mapped[str | None] = mapped_column(String(16))


class ConsultReasonRow(Created, Base):
    """A reason, as a code, why a clinician is asked to act; reasons only ever add up."""

    __tablename__ = "consult_reasons"

    consult_id: Mapped[str] = mapped_column(ForeignKey("consult_requests.id"), primary_key=True)
    code: Mapped[str] = mapped_column(CODE, primary_key=True)


class ConsultEventRow(Created, Base):
    """One step of a consult request's history.

    `clinician_id` is None when the conversation brought it about; statuses are None where the
    step changed none. `outcome` is how a matter of danger ended, on the step that completed it.
    """

    __tablename__ = "consult_events"
    __table_args__ = (Index(None, "consult_id"),)

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    consult_id: Mapped[str] = mapped_column(ForeignKey("consult_requests.id"))
    action: Mapped[str] = mapped_column(String(16))
    from_status: Mapped[str | None] = mapped_column(String(16))
    to_status: Mapped[str | None] = mapped_column(String(16))
    clinician_id: Mapped[str | None] = mapped_column(ID)
    note: Mapped[str | None] = mapped_column(EncryptedText("consult_events.note"))
    outcome: Mapped[str | None] = mapped_column(String(24))


class OutboxRow(Created, Base):
    """Something that must leave: a page, an e-mail, a text. The row is the truth, not a queue.

    `recipient` is a reference (`patient:<id>`, `clinic:<id>`), never an address. A runner leases a
    due row until `leased_until`; the row is done for once `done_at` is set. `priority` orders what
    leaves (0 stat, 1 urgent, 2 routine), `slot_at` is the moment that its sending number keeps for
    it. `attempts` counts calls of the provider, `called_at` is the last one; `parts_sent` counts
    the parts of a long text that have left, and `looks` how often the provider was asked what
    became of a call that it never answered. `provider_key` and `delivery` are kept for pages; a
    patient's text has them on its message.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index(
            "ix_outbox_due",
            "priority",
            "due_at",
            postgresql_where=text("done_at IS NULL"),
            sqlite_where=text("done_at IS NULL"),
        ),
        Index(
            "ix_outbox_pages",
            "created_at",
            postgresql_where=text("kind = 'page-text'"),
            sqlite_where=text("kind = 'page-text'"),
        ),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    clinic_id: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(32))
    recipient: Mapped[str] = mapped_column(String(80))
    conversation_id: Mapped[str | None] = mapped_column(ID)
    payload: Mapped[bytes] = mapped_column(EncryptedBytes("outbox.payload"))
    priority: Mapped[int] = mapped_column(SmallInteger, server_default="2")
    state: Mapped[str] = mapped_column(String(16))
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    slot_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int]
    called_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    parts_sent: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    looks: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    leased_by: Mapped[str | None] = mapped_column(String(64))
    last_error: Mapped[str | None] = mapped_column(String(64))
    provider_key: Mapped[str | None] = mapped_column(String(128))
    delivery: Mapped[str | None] = mapped_column(String(16))
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PaceRow(Base):
    """When a sending number, or a clinic as a whole, may send its next routine text."""

    __tablename__ = "paces"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    free_at: Mapped[datetime] = mapped_column(UtcDateTime)


class TimerRow(Created, Base):
    """What happens to a silent conversation at `due_at`, unless it has gone past `turn_number`.

    A conversation has one at most. `since` is when the silence began.
    """

    __tablename__ = "timers"
    __table_args__ = (Index(None, "due_at"),)

    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    turn_number: Mapped[int]


class DeliveryReceiptRow(Created, Base):
    """A provider's word on one message; kept even when it comes before we know its id."""

    __tablename__ = "delivery_receipts"

    provider_key: Mapped[str] = mapped_column(String(128), primary_key=True)
    status: Mapped[str] = mapped_column(String(16), primary_key=True)
    error_code: Mapped[str | None] = mapped_column(String(16))
    applied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ReconciledRow(Base):
    """Up to when a number's inbound texts were compared with the provider's, and when next."""

    __tablename__ = "reconciled"

    number: Mapped[str] = mapped_column(String(32), primary_key=True)
    until: Mapped[datetime] = mapped_column(UtcDateTime)
    next_at: Mapped[datetime] = mapped_column(UtcDateTime)


class TextPartRow(Created, Base):
    """One part of a text too long to leave as one; `number` counts from 1."""

    __tablename__ = "text_parts"

    message_id: Mapped[str] = mapped_column(ForeignKey("messages.id"), primary_key=True)
    number: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    provider_key: Mapped[str] = mapped_column(String(128), unique=True)
    delivery: Mapped[str] = mapped_column(String(16))
