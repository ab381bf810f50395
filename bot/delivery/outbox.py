"""Delivers leased outbox rows. No transaction is open while a provider is called.

A row is marked as being sent before the call, in a transaction that also makes sure that it may
leave: the patient has not opted out, and it is its turn at the sending number. How a send ended
is written down by `outcomes`.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from bot.core.decisions import Priority
from bot.core.errors import ProviderFailure, StoreUnavailable
from bot.core.fail_points import FailPoint, reached
from bot.core.segments import count_segments
from bot.delivery.alerts import PAGE_EMAIL
from bot.delivery.letters import write_letter
from bot.delivery.looking import look
from bot.delivery.outcomes import RESENDS_OF_UNKNOWN, ended, later, refused, taken, unknown
from bot.delivery.parts import DeliveryParts
from bot.delivery.senders import OutcomeUnknown, Outgoing, Undeliverable
from bot.store.engine import LockedTooLong, store_errors
from bot.store.leasing import Lane, lease, lease_row
from bot.store.outbox import OutboxItem, OutboxState, keep_slot, mark_sending
from bot.store.pacing import take_slot

LEASE_SECONDS = 60.0
"""Longer than any provider's time limit, so that a live runner never loses its lease."""

ROWS_AT_ONCE = 10

SLOT_LASTS = timedelta(seconds=60)
"""How long after its moment a text may still use its place at the sending number."""

AHEAD_OF_SLOT = timedelta(seconds=0.5)
"""How long before its moment a text may leave: a fast number is not worth a wait per text."""

BY_MAIL = frozenset({PAGE_EMAIL})
LETTERS = Lane((Priority.STAT,), kinds=BY_MAIL)
URGENT = Lane((Priority.STAT,), leaves=BY_MAIL)
ORDINARY = Lane((Priority.URGENT, Priority.ROUTINE))
"""Pages leave by e-mail in a lane of their own: the second way must not stand behind texts and
calls that hang."""


def deliver_due(parts: DeliveryParts) -> int:
    """Lease and deliver one batch of due rows of each lane; return how many there were."""
    return deliver_letters(parts) + deliver_urgent(parts) + deliver_ordinary(parts)


def deliver_letters(parts: DeliveryParts) -> int:
    """Deliver one batch of pages by e-mail; return how many there were."""
    return _deliver_batch(parts, LETTERS)


def deliver_urgent(parts: DeliveryParts) -> int:
    """Deliver one batch of other pages and emergency texts; return how many there were."""
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


def _deliver_batch(parts: DeliveryParts, lane: Lane) -> int:
    with store_errors(), parts.engine.begin() as connection:
        items = lease(
            connection,
            by=parts.name,
            now=parts.now(),
            seconds=LEASE_SECONDS,
            limit=ROWS_AT_ONCE,
            lane=lane,
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
    following: OutboxItem | None = item
    if item.state is OutboxState.SENDING:
        following = _after_a_death(parts, item)
    elif item.state is OutboxState.UNKNOWN:
        following = look(parts, item)
    while following is not None:
        following = _deliver_part(parts, following)


def _after_a_death(parts: DeliveryParts, item: OutboxItem) -> OutboxItem | None:
    """Return the row if it is to be sent, though a runner died while sending it."""
    if item.provider_key is not None:
        return look(parts, item)
    if item.attempts <= RESENDS_OF_UNKNOWN.get(item.priority, 0):
        return item
    unknown(parts, item, "runner-died")
    return None


def _deliver_part(parts: DeliveryParts, item: OutboxItem) -> OutboxItem | None:
    """Send what is next of a row; return the row as it is then if more of it is left to send."""
    try:
        outgoing = write_letter(parts, item)
        if not _mark(parts, item, outgoing):
            return None
    except Undeliverable as reason:
        ended(parts, item, OutboxState.DROPPED, reason.code)
    except LockedTooLong:
        later(parts, item, "locked")
    except StoreUnavailable:
        raise
    except Exception as fault:
        # One row that cannot be written must not keep the others, pages among them, from leaving.
        ended(parts, item, OutboxState.FAILED, type(fault).__name__)
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
        unknown(parts, item, failure.code)
    except ProviderFailure as failure:
        refused(parts, item, failure)
    except Exception as fault:
        # Nobody knows how far it came.
        unknown(parts, item, type(fault).__name__)
    else:
        reached(FailPoint.ANSWER_READ)
        return taken(parts, item, outgoing, provider_key)
    return None
