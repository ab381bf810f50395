"""What became of a text that was sent: the provider's callbacks.

A crisis answer that did not arrive pages on-call staff, and a carrier's "this number has opted
out" is taken as the patient's own word.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from bot.conversation.model import ReplyKind
from bot.core.fail_points import FailPoint, reached
from bot.services.parts import Parts
from bot.store.engine import store_errors
from bot.store.receipts import (
    UNDELIVERED,
    Delivered,
    apply_receipts,
    is_known_status,
    keep_receipt,
)
from bot.store.tables import ConversationRow, OptOutRow, PatientRow
from bot.store.waking import wake_or_open

OPTED_OUT_CODE = "21610"
"""Twilio: the recipient has unsubscribed from this number (STOP)."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """One callback. `message_id` is our own id of the message, where the callback carries it."""

    provider_id: str
    status: str
    error_code: str | None = None
    message_id: str | None = None


def note_delivery(parts: Parts, report: DeliveryReport) -> None:
    """Keep a callback and apply it, or keep it until its message is known.

    Coming twice, late or out of order changes nothing. Raises StoreUnavailable.
    """
    if not is_known_status(report.status):
        log.warning("unknown_delivery_status", extra={"provider_id": report.provider_id})
        return
    now = parts.now()
    with store_errors(), parts.engine.begin() as connection:
        keep_receipt(
            connection, report.provider_id, report.status, error=report.error_code, now=now
        )
        reached(FailPoint.RECEIPT_KEPT)
        moved = apply_receipts(
            connection, report.provider_id, now=now, message_id=report.message_id
        )
        if moved is not None and moved.status in UNDELIVERED:
            _not_delivered(parts, connection, moved)
    told = {"provider_id": report.provider_id, "status": report.status}
    log.info("receipt_noted", extra={**told, "error_code": report.error_code})


def _not_delivered(parts: Parts, connection: Connection, moved: Delivered) -> None:
    if moved.error_code == OPTED_OUT_CODE:
        _note_opt_out(parts, connection, moved.conversation_id)
    if moved.kind == ReplyKind.CRISIS:
        wake_or_open(
            connection,
            moved.conversation_id,
            step="undelivered",
            now=parts.now(),
            new_id=parts.new_id,
        )


def _note_opt_out(parts: Parts, connection: Connection, conversation_id: str) -> None:
    patient_id = connection.execute(
        select(ConversationRow.patient_id).where(ConversationRow.id == conversation_id)
    ).scalar_one()
    changed = connection.execute(
        update(PatientRow)
        .where(PatientRow.id == patient_id, PatientRow.opted_out_at.is_(None))
        .values(opted_out_at=parts.now())
    )
    if changed.rowcount:
        row = {"id": parts.new_id(), "patient_id": patient_id, "opted_out": True}
        row |= {"conversation_id": conversation_id, "source": "carrier"}
        connection.execute(insert(OptOutRow).values(**row, created_at=parts.now()))
