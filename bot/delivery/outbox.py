"""Delivers leased outbox rows. No transaction is open while a provider is called.

How a send ends decides what may happen next:

* taken: the row is sent;
* refused, and trying again may help: later, with growing pauses, up to ATTEMPTS;
* refused for good: failed;
* unknown (no answer, or the runner died while sending): a routine row is never sent again; a page
  to staff is, once, because a second page harms nobody and a missing one may.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from zlib import crc32

from bot.core.clinic import Clinic, OnCall
from bot.core.errors import PorchlightError, ProviderFailure, StoreUnavailable
from bot.core.fail_points import FailPoint, reached
from bot.delivery.alerts import PAGE_EMAIL, PAGE_TEXT, page_letter
from bot.delivery.parts import DeliveryParts
from bot.delivery.patient_texts import PATIENT_TEXT, patient_letter, text_sent
from bot.delivery.senders import Letter, OutcomeUnknown, Sender
from bot.store.engine import READ_ONLY, store_errors
from bot.store.outbox import OutboxItem, OutboxState, lease, mark_sending, postpone, settle

LEASE_SECONDS = 60.0
"""Longer than any provider's time limit, so that a live runner never loses its lease."""

ROWS_AT_ONCE = 10
ATTEMPTS = 8
RESENDS_OF_UNKNOWN = {PAGE_TEXT: 1, PAGE_EMAIL: 1}
PAUSES_SECONDS = (5, 15, 60, 300, 900, 1800, 3600)


class Undeliverable(PorchlightError):
    """There is nobody to send it to (any more); `code` says why."""

    def __init__(self, code: str) -> None:
        """Name the reason."""
        super().__init__(code)
        self.code = code


def deliver_due(parts: DeliveryParts) -> int:
    """Lease and deliver one batch of due rows; return how many there were."""
    with store_errors(), parts.engine.begin() as connection:
        items = lease(
            connection,
            by=parts.name,
            now=parts.now(),
            seconds=LEASE_SECONDS,
            limit=ROWS_AT_ONCE,
        )
    if items:
        reached(FailPoint.OUTBOX_LEASED)
    for item in items:
        _deliver(parts, item)
    return len(items)


def _deliver(parts: DeliveryParts, item: OutboxItem) -> None:
    if item.state is OutboxState.SENDING and not _may_resend(item):
        _end(parts, item, OutboxState.UNKNOWN, "runner-died")
        return
    try:
        sender, letter = _write(parts, item)
    except Undeliverable as reason:
        _end(parts, item, OutboxState.DROPPED, reason.code)
    except StoreUnavailable:
        raise
    except Exception as fault:
        # One row that cannot be written must not keep the others, pages among them, from leaving.
        _end(parts, item, OutboxState.FAILED, type(fault).__name__)
    else:
        _send(parts, item, sender, letter)


def _write(parts: DeliveryParts, item: OutboxItem) -> tuple[Sender, Letter]:
    if not item.is_readable:
        raise Undeliverable("unreadable")
    return _LETTERS.get(item.kind, _strange)(parts, item)


def _send(parts: DeliveryParts, item: OutboxItem, sender: Sender, letter: Letter) -> None:
    with store_errors(), parts.engine.begin() as connection:
        if not mark_sending(connection, item, by=parts.name):
            return
    reached(FailPoint.SENDING_MARKED)
    try:
        provider_key = sender.send(letter)
    except OutcomeUnknown as failure:
        _unknown(parts, item, failure.code)
    except ProviderFailure as failure:
        _refused(parts, item, failure)
    except Exception as fault:
        # Nobody knows how far it came.
        _unknown(parts, item, type(fault).__name__)
    else:
        reached(FailPoint.ANSWER_READ)
        _end(parts, item, OutboxState.SENT, None, provider_key)


def _may_resend(item: OutboxItem) -> bool:
    """Whether a send of unknown outcome may be made again; `attempts` counts the earlier ones."""
    return item.attempts <= RESENDS_OF_UNKNOWN.get(item.kind, 0)


def _unknown(parts: DeliveryParts, item: OutboxItem, code: str) -> None:
    if item.attempts < RESENDS_OF_UNKNOWN.get(item.kind, 0):
        _later(parts, item, code)
    else:
        _end(parts, item, OutboxState.UNKNOWN, code)


def _refused(parts: DeliveryParts, item: OutboxItem, failure: ProviderFailure) -> None:
    if failure.retryable and item.attempts + 1 < ATTEMPTS:
        _later(parts, item, failure.code)
    else:
        _end(parts, item, OutboxState.FAILED, failure.code)


def _later(parts: DeliveryParts, item: OutboxItem, code: str) -> None:
    until = pause_until(item.id, item.attempts, parts.now())
    with store_errors(), parts.engine.begin() as connection:
        postpone(connection, item, until=until, error=code)
    parts.report("outbox.later", outbox_id=item.id, error_code=code)


def _end(
    parts: DeliveryParts,
    item: OutboxItem,
    state: OutboxState,
    code: str | None,
    provider_key: str | None = None,
) -> None:
    now = parts.now()
    with store_errors(), parts.engine.begin() as connection:
        settle(connection, item, state=state, now=now, error=code)
        if item.kind == PATIENT_TEXT and item.is_readable:
            text_sent(connection, item, state=state, provider_key=provider_key, now=now)
        reached(FailPoint.OUTCOME_WRITTEN)
    reached(FailPoint.OUTCOME_COMMITTED)
    parts.report(f"outbox.{state.value}", outbox_id=item.id, error_code=code or "")


def pause_until(outbox_id: str, attempts: int, now: datetime) -> datetime:
    """Return when to try again: growing pauses, spread by up to a quarter by the row's own id."""
    pause = PAUSES_SECONDS[min(attempts, len(PAUSES_SECONDS) - 1)]
    spread = crc32(f"{outbox_id}:{attempts}".encode()) % 1000 / 4000
    return now + timedelta(seconds=pause * (1 + spread))


def _page(parts: DeliveryParts, item: OutboxItem) -> tuple[Sender, Letter]:
    clinic = parts.clinic_of(item.clinic_id)
    person = _on_call(clinic, item.recipient)
    if clinic is None or person is None:
        raise Undeliverable("left-the-list")
    subject, body = page_letter(parts, clinic, kind=item.kind, payload=item.payload)
    if item.kind == PAGE_TEXT:
        sender, to, origin = parts.texts, person.phone, clinic.sms_numbers[0]
    else:
        sender, to, origin = parts.letters, person.email, ""
    if to is None:
        raise Undeliverable("no-address")
    return sender, Letter(item.id, to, origin, body, subject)


def _on_call(clinic: Clinic | None, recipient: str) -> OnCall | None:
    number = int(recipient.removeprefix("oncall:"))
    if clinic is None or number >= len(clinic.on_call):
        return None
    return clinic.on_call[number]


def _patient_text(parts: DeliveryParts, item: OutboxItem) -> tuple[Sender, Letter]:
    clinic = parts.clinic_of(item.clinic_id)
    if clinic is None:
        raise Undeliverable("no-clinic")
    with store_errors(), parts.engine.connect().execution_options(**READ_ONLY) as connection:
        letter = patient_letter(connection, item, origin=clinic.sms_numbers[0])
    if letter is None:
        raise Undeliverable("opted-out")
    return parts.texts, letter


def _strange(parts: DeliveryParts, item: OutboxItem) -> tuple[Sender, Letter]:
    """A row that this version cannot send; it is shown as dropped, not tried for ever."""
    raise Undeliverable("unknown-kind")


_LETTERS: dict[str, Callable[[DeliveryParts, OutboxItem], tuple[Sender, Letter]]] = {
    PAGE_TEXT: _page,
    PAGE_EMAIL: _page,
    PATIENT_TEXT: _patient_text,
}
