"""What became of a text that was sent: the provider's callbacks.

A callback names our own row or message as well as the provider's id, so that it tells what
became of a send whose answer was lost. What follows from a text that did not arrive is decided in
`bot.store.failed_texts`, and from a page in `bot.store.page_watch`, whoever brought the news.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from sqlalchemy import Connection

from bot.core.fail_points import FailPoint, reached
from bot.services.kicking import ALERT
from bot.services.parts import Parts
from bot.store.engine import store_errors
from bot.store.failed_texts import Failure, note_failed_text
from bot.store.page_watch import page_failed
from bot.store.receipts import UNDELIVERED, apply_receipts, is_known_status, keep_receipt
from bot.store.rows import PATIENT_TEXT
from bot.store.sent_keys import SentRow, find_sent, learn_key, move_page

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """One callback. It carries our own id of the message, or of the outbox row and its part."""

    provider_id: str
    status: str
    error_code: str | None = None
    message_id: str | None = None
    outbox_id: str | None = None
    part: int = 0


def note_delivery(parts: Parts, report: DeliveryReport) -> None:
    """Keep a callback and apply it, or keep it until its message is known.

    Coming twice, late or out of order changes nothing. Raises StoreUnavailable.
    """
    if not is_known_status(report.status):
        log.warning("unknown_delivery_status", extra={"provider_id": report.provider_id})
        return
    now = parts.now()
    with store_errors(), parts.engine.begin() as connection:
        sent = _find_sent(connection, report)
        if sent is not None:
            learn_key(connection, sent, report.provider_id, part=report.part, now=now)
        keep_receipt(
            connection, report.provider_id, report.status, error=report.error_code, now=now
        )
        reached(FailPoint.RECEIPT_KEPT)
        if sent is not None and sent.kind != PATIENT_TEXT:
            _note_page(parts, connection, sent, report)
        else:
            _note_text(parts, connection, sent, report)
    if report.status in UNDELIVERED:
        parts.kick(ALERT, [report.provider_id])
    told = {"provider_id": report.provider_id, "status": report.status}
    log.info("receipt_noted", extra={**told, "error_code": report.error_code})


def _find_sent(connection: Connection, report: DeliveryReport) -> SentRow | None:
    return None if report.outbox_id is None else find_sent(connection, report.outbox_id)


def _note_text(
    parts: Parts, connection: Connection, sent: SentRow | None, report: DeliveryReport
) -> None:
    now = parts.now()
    moved = apply_receipts(connection, report.provider_id, now=now, message_id=report.message_id)
    if moved is not None and moved.status in UNDELIVERED:
        resends = 0 if sent is None else int(sent.payload.get("resends", 0))
        note_failed_text(connection, Failure(moved, resends), now=now, new_id=parts.new_id)


def _note_page(
    parts: Parts, connection: Connection, sent: SentRow, report: DeliveryReport
) -> None:
    is_news = move_page(connection, sent, report.status)
    if is_news and report.status in UNDELIVERED:
        page_failed(connection, sent.payload, now=parts.now(), new_id=parts.new_id)
