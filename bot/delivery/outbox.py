"""Delivers leased outbox rows. No transaction is open while a provider is called.

How a send ends decides what may happen next:

* taken: the row is sent, or its next part is;
* refused, and trying again may help: later, with growing pauses, up to ATTEMPTS;
* refused for good: failed;
* unknown (no answer, or the runner died while sending): a routine row is never sent again; a page
  or an emergency text is, once, because a second one harms nobody and a missing one may.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from zlib import crc32

from bot.core.decisions import Priority
from bot.core.errors import ProviderFailure, StoreUnavailable
from bot.core.fail_points import FailPoint, reached
from bot.core.segments import count_segments
from bot.delivery.letters import write_letter
from bot.delivery.parts import DeliveryParts
from bot.delivery.patient_texts import PATIENT_TEXT, part_sent, text_ended
from bot.delivery.senders import OutcomeUnknown, Outgoing, Undeliverable
from bot.store.engine import LockedTooLong, store_errors
from bot.store.leasing import lease, lease_row
from bot.store.outbox import (
    OutboxItem,
    OutboxState,
    go_on,
    keep_slot,
    mark_sending,
    postpone,
    settle,
)
from bot.store.pacing import take_slot

LEASE_SECONDS = 60.0
"""Longer than any provider's time limit, so that a live runner never loses its lease."""

ROWS_AT_ONCE = 10
ATTEMPTS = 8
RESENDS_OF_UNKNOWN = {Priority.STAT: 1}
PAUSES_SECONDS = (5, 15, 60, 300, 900, 1800, 3600)

SLOT_LASTS = timedelta(seconds=60)
"""How long after its moment a text may still use its place at the sending number."""

AHEAD_OF_SLOT = timedelta(seconds=0.5)
"""How long before its moment a text may leave: a fast number is not worth a wait per text."""

URGENT = (Priority.STAT,)
ORDINARY = (Priority.URGENT, Priority.ROUTINE)


def deliver_due(parts: DeliveryParts) -> int:
    """Lease and deliver one batch of due rows of each lane; return how many there were."""
    return deliver_urgent(parts) + deliver_ordinary(parts)


def deliver_urgent(parts: DeliveryParts) -> int:
    """Deliver one batch of pages and emergency texts; return how many there were."""
    return _deliver_batch(parts, URGENT)


def deliver_ordinary(parts: DeliveryParts) -> int:
    """Deliver one batch of everything else; return how many rows there were."""
    return _deliver_batch(parts, ORDINARY)


def deliver_row(parts: DeliveryParts, outbox_id: str) -> bool:
    """Deliver this one row; false if it is not due, or done, or another runner has it."""
    with store_errors(), parts.engine.begin() as connection:
        item = lease_row(
            connection, outbox_id, by=parts.name, now=parts.now(), seconds=LEASE_SECONDS
        )
    if item is not None:
        reached(FailPoint.OUTBOX_LEASED)
        _deliver(parts, item)
    return item is not None


def _deliver_batch(parts: DeliveryParts, priorities: Sequence[Priority]) -> int:
    with store_errors(), parts.engine.begin() as connection:
        items = lease(
            connection,
            by=parts.name,
            now=parts.now(),
            seconds=LEASE_SECONDS,
            limit=ROWS_AT_ONCE,
            priorities=priorities,
        )
    if items:
        reached(FailPoint.OUTBOX_LEASED)
    if parts.hands > 1 and len(items) > 1:
        with ThreadPoolExecutor(parts.hands) as hands:
            list(hands.map(lambda item: _deliver(parts, item), items))
    else:
        for item in items:
            _deliver(parts, item)
    return len(items)


def _deliver(parts: DeliveryParts, item: OutboxItem) -> None:
    """Bring one row as far as it can come now: part by part, if its text is long."""
    if item.state is OutboxState.SENDING and not _may_resend(item):
        _end(parts, item, OutboxState.UNKNOWN, "runner-died")
        return
    following: OutboxItem | None = item
    while following is not None:
        following = _deliver_part(parts, following)


def _deliver_part(parts: DeliveryParts, item: OutboxItem) -> OutboxItem | None:
    """Send what is next of a row; return the row as it is then if more of it is left to send."""
    try:
        outgoing = write_letter(parts, item)
        if not _mark(parts, item, outgoing):
            return None
    except Undeliverable as reason:
        _end(parts, item, OutboxState.DROPPED, reason.code)
    except LockedTooLong:
        _later(parts, item, "locked")
    except StoreUnavailable:
        raise
    except Exception as fault:
        # One row that cannot be written must not keep the others, pages among them, from leaving.
        _end(parts, item, OutboxState.FAILED, type(fault).__name__)
    else:
        return _send(parts, item, outgoing)
    return None


def _mark(parts: DeliveryParts, item: OutboxItem, outgoing: Outgoing) -> bool:
    """Mark the row as being sent; false if it has to wait its turn or is another runner's."""
    now = parts.now()
    with store_errors(), parts.engine.begin() as connection:
        outgoing.check(connection)
        if outgoing.rates and not _has_slot(item, now):
            segments = count_segments(outgoing.letter.body).segments
            slot = take_slot(connection, outgoing.rates, segments=segments, now=now)
            if slot > now + AHEAD_OF_SLOT:
                keep_slot(connection, item, slot_at=slot)
                return False
        is_mine = mark_sending(connection, item, by=parts.name, now=now)
    if is_mine:
        reached(FailPoint.SENDING_MARKED)
    return is_mine


def _has_slot(item: OutboxItem, now: datetime) -> bool:
    return item.slot_at is not None and now - item.slot_at <= SLOT_LASTS


def _send(parts: DeliveryParts, item: OutboxItem, outgoing: Outgoing) -> OutboxItem | None:
    try:
        provider_key = outgoing.sender.send(outgoing.letter)
    except OutcomeUnknown as failure:
        _unknown(parts, item, failure.code)
    except ProviderFailure as failure:
        _refused(parts, item, failure)
    except Exception as fault:
        # Nobody knows how far it came.
        _unknown(parts, item, type(fault).__name__)
    else:
        reached(FailPoint.ANSWER_READ)
        return _taken(parts, item, outgoing, provider_key)
    return None


def _taken(
    parts: DeliveryParts, item: OutboxItem, outgoing: Outgoing, provider_key: str
) -> OutboxItem | None:
    """Write down that the provider has it; return the row if another part of it is to leave."""
    now, sent = parts.now(), item.parts_sent + 1
    is_last = sent >= outgoing.parts
    with store_errors(), parts.engine.begin() as connection:
        if item.kind == PATIENT_TEXT:
            part = outgoing.letter.part
            part_sent(connection, item, provider_key=provider_key, part=part, now=now)
        if is_last:
            settle(connection, item, state=OutboxState.SENT, now=now)
            if item.kind == PATIENT_TEXT:
                text_ended(connection, item, state=OutboxState.SENT, now=now)
        else:
            go_on(connection, item, parts_sent=sent)
        reached(FailPoint.OUTCOME_WRITTEN)
    reached(FailPoint.OUTCOME_COMMITTED)
    if not is_last:
        return replace(
            item, state=OutboxState.PENDING, parts_sent=sent, attempts=0, slot_at=None
        )  # fmt: skip
    parts.report("outbox.sent", outbox_id=item.id, error_code="")
    return None


def _may_resend(item: OutboxItem) -> bool:
    """Whether a send of unknown outcome may be made again; `attempts` counts the earlier ones."""
    return item.attempts <= RESENDS_OF_UNKNOWN.get(item.priority, 0)


def _unknown(parts: DeliveryParts, item: OutboxItem, code: str) -> None:
    if item.attempts < RESENDS_OF_UNKNOWN.get(item.priority, 0):
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


def _end(parts: DeliveryParts, item: OutboxItem, state: OutboxState, code: str) -> None:
    now = parts.now()
    with store_errors(), parts.engine.begin() as connection:
        settle(connection, item, state=state, now=now, error=code)
        if item.kind == PATIENT_TEXT and item.is_readable:
            text_ended(connection, item, state=state, now=now)
        reached(FailPoint.OUTCOME_WRITTEN)
    reached(FailPoint.OUTCOME_COMMITTED)
    parts.report(f"outbox.{state.value}", outbox_id=item.id, error_code=code)


def pause_until(outbox_id: str, attempts: int, now: datetime) -> datetime:
    """Return when to try again: growing pauses, spread by up to a quarter by the row's own id."""
    pause = PAUSES_SECONDS[min(attempts, len(PAUSES_SECONDS) - 1)]
    spread = crc32(f"{outbox_id}:{attempts}".encode()) % 1000 / 4000
    return now + timedelta(seconds=pause * (1 + spread))
