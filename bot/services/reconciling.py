"""Inbound texts that the webhook never saw: found in the provider's list, and treated now.

What must stay true: a text is treated once, however often it is listed, since its own id is
unique; texts of a number are treated in the order in which they were sent; one that is only
seconds old is left to its webhook; nothing counts as compared until all of it is treated.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.clinic import Clinic
from bot.core.errors import ProviderFailure
from bot.core.messages import InboundMessage
from bot.services.alerts import answer_staff, is_staff_code
from bot.services.emergency import screen
from bot.services.inbound import readable
from bot.services.parts import Parts
from bot.services.replaying import treat_or_record
from bot.services.taking_turns import Task
from bot.store.engine import READ_ONLY, store_errors
from bot.store.reconciling import claim_number, known_ids, not_due, note_reconciled
from bot.store.rows import ReplyLeaves

LEFT_TO_WEBHOOK = timedelta(minutes=2)
"""Younger texts may still be on their way, with the provider's own retries."""

OVERLAP = timedelta(minutes=15)
"""How far back each comparison reaches again: a list may be late."""

log = logging.getLogger(__name__)

ListInbound = Callable[[str, datetime], Iterable[InboundMessage]]
"""(number, since) -> the texts that it received. Raises ProviderFailure."""


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """How many texts were listed, and how many of them had never been seen."""

    listed: int = 0
    recovered: int = 0

    def __add__(self, other: Reconciliation) -> Reconciliation:
        """Return both together."""
        return Reconciliation(self.listed + other.listed, self.recovered + other.recovered)


def reconcile_due(parts: Parts, list_inbound: ListInbound, *, every: timedelta) -> int:
    """Compare every number whose time has come; return how many texts had never been seen.

    A provider that does not answer is logged and asked again next time. While messages wait on
    disk nothing is compared: they are known, and not stored yet. Raises StoreUnavailable.
    """
    if parts.spool.waiting():
        return 0
    now = parts.now()
    with store_errors(), parts.engine.connect().execution_options(**READ_ONLY) as connection:
        waiting = not_due(connection, now=now)
    found = Reconciliation()
    for clinic in parts.clinics.all():
        for number in clinic.sms_numbers:
            if number not in waiting:
                found += _reconcile_claimed(parts, list_inbound, clinic, number, every=every)
    return found.recovered


def reconcile_since(parts: Parts, list_inbound: ListInbound, since: datetime) -> Reconciliation:
    """Compare every number from `since` on, whenever that was done last.

    Raises ProviderFailure, StoreUnavailable.
    """
    found = Reconciliation()
    for clinic in parts.clinics.all():
        for number in clinic.sms_numbers:
            found += _compare(parts, list_inbound, clinic, number, since=since)
    return found


def _reconcile_claimed(
    parts: Parts, list_inbound: ListInbound, clinic: Clinic, number: str, *, every: timedelta
) -> Reconciliation:
    now = parts.now()
    with store_errors(), parts.engine.begin() as connection:
        known_until = claim_number(connection, number, now=now, next_at=now + every, begin_at=now)
    if known_until is None or known_until == now:
        return Reconciliation()
    try:
        found = _compare(parts, list_inbound, clinic, number, since=known_until - OVERLAP)
    except ProviderFailure as failure:
        log.warning("reconcile_failed", extra={"clinic_id": clinic.id, "error": failure.code})
        return Reconciliation()
    with store_errors(), parts.engine.begin() as connection:
        note_reconciled(connection, number, until=now - LEFT_TO_WEBHOOK)
    return found


def _compare(
    parts: Parts, list_inbound: ListInbound, clinic: Clinic, number: str, *, since: datetime
) -> Reconciliation:
    until = parts.now() - LEFT_TO_WEBHOOK
    listed = [each for each in list_inbound(number, since) if since <= each.received_at <= until]
    listed.sort(key=lambda message: (message.received_at, message.provider_id))
    with store_errors(), parts.engine.connect().execution_options(**READ_ONLY) as connection:
        known = known_ids(connection, [message.provider_id for message in listed])
    missing = [message for message in listed if message.provider_id not in known]
    recovered = _treat(parts, clinic, missing)
    return Reconciliation(len(listed), recovered)


def _treat(parts: Parts, clinic: Clinic, missing: Sequence[InboundMessage]) -> int:
    """Treat texts that were never seen, in order; return how many there were.

    A code that on-call staff texted is no patient's message: it takes its alert, if that is open.
    """
    recovered = 0
    for message in missing:
        if is_staff_code(message, clinic):
            answer_staff(parts, message, clinic)
            continue
        log.warning("message_recovered", extra={"provider_id": message.provider_id})
        finding = screen(parts, message)
        task = Task(readable(message), clinic, finding, leaves=ReplyLeaves.QUEUED)
        recovered += treat_or_record(parts, task)
    return recovered
