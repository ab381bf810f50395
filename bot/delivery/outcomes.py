"""How a send ended, written down: what is sent, what is tried again, what somebody must know.

* taken: the row is sent, or its next part is due;
* refused, and trying again may help: later, with growing pauses, up to ATTEMPTS;
* refused for good: failed, with what the reason asks for;
* unknown: a page or an emergency text is sent once more, since a second one harms nobody and a
  missing one may; a routine text never is. Then the provider is asked, see `looking`: about what
  is urgent at least once a minute for an hour, so that it leaves soon after an outage.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from zlib import crc32

from sqlalchemy import Connection

from bot.core.decisions import Priority
from bot.core.errors import IdTaken, ProviderFailure
from bot.core.fail_points import FailPoint, reached
from bot.delivery.alerts import PAGES
from bot.delivery.announcing import WEBHOOK
from bot.delivery.parts import DeliveryParts
from bot.delivery.patient_texts import PATIENT_TEXT, GivenId, part_sent, text_ended, text_failed
from bot.delivery.senders import Outgoing
from bot.store.engine import store_errors
from bot.store.outbox import (
    OutboxItem,
    OutboxState,
    await_word,
    go_on,
    postpone,
    settle,
)
from bot.store.page_watch import PAGE_TEXT, page_failed

ATTEMPTS = 8
RESENDS_OF_UNKNOWN = {Priority.STAT: 1}
ATTEMPTS_OF_STAT = 60
"""What is stat is tried for an hour, at least once a minute: when a provider is back after an
outage, a page leaves within two minutes."""

LONGEST_PAUSE_OF_STAT = 60
PAUSES_SECONDS = (5, 15, 60, 300, 900, 1800, 3600)

LOOKS_SECONDS = (15, 45, 120, 300)
"""Pauses before the provider is asked what became of a send: its list may be late."""

LOOKS_OF_STAT = 60
LONGEST_LOOK_OF_STAT = 60
"""What is stat is asked about for an hour, at least once a minute."""

LOOKED_UP = frozenset({PATIENT_TEXT, PAGE_TEXT})
"""Kinds that the provider's list can be asked about."""

REPEATABLE = frozenset({WEBHOOK})
"""Kinds whose receiver tells repeats by their id."""

AT_ONCE = "absent-send-again"


def taken(
    parts: DeliveryParts,
    item: OutboxItem,
    outgoing: Outgoing,
    provider_key: str,
    *,
    is_certain: bool = True,
) -> OutboxItem | None:
    """Write down that the provider has it; return the row if another part of it is to leave.

    Raises IdTaken, with nothing written, if the id was not certain and is another text's.
    """
    now, sent = parts.now(), item.parts_sent + 1
    is_last = sent >= outgoing.parts
    with store_errors(), parts.engine.begin() as connection:
        if is_last:
            settle(connection, item, state=OutboxState.SENT, now=now, provider_key=provider_key)
        else:
            go_on(connection, item, parts_sent=sent)
        if item.kind == PATIENT_TEXT:
            given = GivenId(provider_key, outgoing.letter.part, is_certain)
            if not part_sent(connection, item, given, now=now, new_id=parts.new_id):
                raise IdTaken("the provider's id belongs to another text")
            if is_last:
                text_ended(connection, item, state=OutboxState.SENT, now=now)
        reached(FailPoint.OUTCOME_WRITTEN)
    reached(FailPoint.OUTCOME_COMMITTED)
    if is_last:
        parts.report("outbox.sent", outbox_id=item.id, error_code="")
        return None
    state = OutboxState.PENDING
    return replace(item, state=state, parts_sent=sent, attempts=0, slot_at=None)


def refused(parts: DeliveryParts, item: OutboxItem, failure: ProviderFailure) -> None:
    """Try again later if that may help and was not tried often enough; else it has failed."""
    most = ATTEMPTS_OF_STAT if item.priority is Priority.STAT else ATTEMPTS
    if failure.retryable and item.attempts + 1 < most:
        later(parts, item, failure.code)
    else:
        ended(parts, item, OutboxState.FAILED, failure.code)


def unknown(parts: DeliveryParts, item: OutboxItem, code: str) -> None:
    """Nobody knows whether it was taken: send what is urgent once more, then ask the provider."""
    if (
        item.attempts < RESENDS_OF_UNKNOWN.get(item.priority, 0)
        or item.kind in REPEATABLE
        and item.attempts + 1 < ATTEMPTS
    ):
        later(parts, item, code)
    elif item.kind in LOOKED_UP and may_look(item, item.looks):
        look_later(parts, item, looks=item.looks, code=code)
    else:
        ended(parts, item, OutboxState.UNKNOWN, code)


def may_look(item: OutboxItem, looks: int) -> bool:
    """Whether the provider is asked once more about a row it was asked about `looks` times."""
    return looks < (LOOKS_OF_STAT if item.priority is Priority.STAT else len(LOOKS_SECONDS))


def _pause_before_look(item: OutboxItem, looks: int) -> float:
    pause = LOOKS_SECONDS[min(looks, len(LOOKS_SECONDS) - 1)]
    return min(pause, LONGEST_LOOK_OF_STAT) if item.priority is Priority.STAT else pause


def look_later(parts: DeliveryParts, item: OutboxItem, *, looks: int, code: str) -> None:
    """Show the row as unknown, and ask the provider about it after a pause."""
    now = parts.now()
    until = now + timedelta(seconds=_pause_before_look(item, looks))
    with store_errors(), parts.engine.begin() as connection:
        await_word(connection, item, until=until, looks=looks, error=code)
        if item.kind == PATIENT_TEXT:
            text_ended(connection, item, state=OutboxState.UNKNOWN, now=now)
    parts.report("outbox.unknown", outbox_id=item.id, error_code=code)


def later(parts: DeliveryParts, item: OutboxItem, code: str) -> None:
    """Give the row back, to be tried again after a pause that grows with the attempts."""
    longest = LONGEST_PAUSE_OF_STAT if item.priority is Priority.STAT else PAUSES_SECONDS[-1]
    until = pause_until(item.id, item.attempts, parts.now(), longest=longest)
    with store_errors(), parts.engine.begin() as connection:
        postpone(connection, item, until=until, error=code)
    parts.report("outbox.later", outbox_id=item.id, error_code=code)


def again_after_absence(parts: DeliveryParts, item: OutboxItem, *, looks: int) -> None:
    """Send what is urgent once more: the provider's list says that it was never taken."""
    with store_errors(), parts.engine.begin() as connection:
        postpone(connection, item, until=parts.now(), error=AT_ONCE, looks=looks)
    parts.report("outbox.later", outbox_id=item.id, error_code=AT_ONCE)


def ended(parts: DeliveryParts, item: OutboxItem, state: OutboxState, code: str) -> None:
    """End the row without success, visibly, and do what follows from that."""
    now = parts.now()
    with store_errors(), parts.engine.begin() as connection:
        settle(connection, item, state=state, now=now, error=code)
        if item.is_readable:
            _follow(parts, connection, item, state, code)
        reached(FailPoint.OUTCOME_WRITTEN)
    reached(FailPoint.OUTCOME_COMMITTED)
    parts.report(f"outbox.{state.value}", outbox_id=item.id, error_code=code)


def _follow(
    parts: DeliveryParts, connection: Connection, item: OutboxItem, state: OutboxState, code: str
) -> None:
    now = parts.now()
    if item.kind == PATIENT_TEXT:
        text_ended(connection, item, state=state, now=now)
        if state is not OutboxState.DROPPED:
            text_failed(connection, item, code=code, now=now, new_id=parts.new_id)
    elif item.kind in PAGES and state is not OutboxState.DROPPED:
        page_failed(connection, item.payload, now=now, new_id=parts.new_id)


def pause_until(
    outbox_id: str, attempts: int, now: datetime, *, longest: int = PAUSES_SECONDS[-1]
) -> datetime:
    """Return when to try again: growing pauses, spread by up to a quarter by the row's own id."""
    pause = min(longest, PAUSES_SECONDS[min(attempts, len(PAUSES_SECONDS) - 1)])
    spread = crc32(f"{outbox_id}:{attempts}".encode()) % 1000 / 4000
    return now + timedelta(seconds=pause * (1 + spread))
