"""Due timers of silent conversations, one transaction each; and conversations that have none.

What must stay true:

* A timer is fired at most once: its step takes the conversation's next turn number under the
  conversation's lock, so whoever comes second finds that it has moved on.
* A timer that cannot be fired now stays: its lease runs out and it is due again.
* One conversation that fails holds up nobody else's timers.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from bot.conversation.model import TimerSet, TurnOutcome
from bot.conversation.silence import Passed, pass_time
from bot.conversation.timers import WAITING, timer_after
from bot.core.clinic import Clinic
from bot.core.clock import monotonic_seconds
from bot.core.errors import StoreUnavailable
from bot.core.fail_points import FailPoint, reached
from bot.core.messages import Channel, InboundMessage
from bot.services.kicking import kick_rows
from bot.services.parts import Parts
from bot.services.rooms import flow_and_judge, room_of
from bot.store.engine import LockedTooLong, store_errors
from bot.store.loading import InConversation, Loaded
from bot.store.rows import SILENCE, ReplyLeaves, TurnStored, rows_of_turn
from bot.store.timers import (
    DueTimer,
    WaitingConversation,
    lease_timers,
    move_timer,
    remove_timer,
    set_if_newer,
    waiting_without_timer,
)
from bot.store.turns import TurnConflict, TurnTransaction, open_turn

LEASE_SECONDS = 60.0
"""Longer than any wait for a lock, so that a live runner keeps its timers to itself."""

TIMERS_AT_ONCE = 10
"""Few, so that pages never wait long for the timers of a round."""

MENDED_AT_ONCE = 50
MENDING_EVERY_SECONDS = 900.0

log = logging.getLogger(__name__)


class Timekeeper:
    """The worker's share in time: every call fires what is due; now and then it mends."""

    def __init__(self, parts: Parts, seconds: Callable[[], float] = monotonic_seconds) -> None:
        """Take the parts, and a clock that only moves forward."""
        self._parts = parts
        self._seconds = seconds
        self._mend_at = seconds()
        self._after = ""

    def __call__(self) -> int:
        """Return how many timers were due or set. Raises StoreUnavailable."""
        return self._mend() + fire_due_timers(self._parts)

    def _mend(self) -> int:
        """Look through all that wait, a page at a time, beginning anew every so often."""
        if self._seconds() < self._mend_at:
            return 0
        page = mend_timers(self._parts, after=self._after)
        self._after = page[-1] if page else ""
        if not page:
            self._mend_at = self._seconds() + MENDING_EVERY_SECONDS
        return len(page)


def fire_due_timers(parts: Parts) -> int:
    """Fire one batch of due timers; return how many there were. Raises StoreUnavailable."""
    with store_errors(), parts.engine.begin() as connection:
        leased = lease_timers(
            connection, now=parts.now(), seconds=LEASE_SECONDS, limit=TIMERS_AT_ONCE
        )
    for due in leased:
        _fire_or_log(parts, due)
    return len(leased)


def mend_timers(parts: Parts, *, after: str = "") -> list[str]:
    """Set the timers of waiting conversations that have none; return those looked at, by id.

    Their silence began with the patient's last message. Raises StoreUnavailable.
    """
    with store_errors(), parts.engine.connect() as connection:
        found = waiting_without_timer(connection, after=after, limit=MENDED_AT_ONCE)
    for waiting in found:
        clinic = parts.clinics.of(waiting.clinic_id)
        if clinic is None:
            log.error("timer_failed", extra=_ids(waiting.id, "no-clinic"))
        else:
            _mend_one(parts, clinic, waiting)
    return [waiting.id for waiting in found]


def _mend_one(parts: Parts, clinic: Clinic, waiting: WaitingConversation) -> None:
    with open_turn(parts.engine, parts.keyring, budget_seconds=parts.turn_seconds) as transaction:
        loaded = transaction.load(InConversation(waiting.id))
    if loaded is None or loaded.conversation.status not in WAITING:
        return
    conversation = loaded.conversation
    since = conversation.last_inbound_at or conversation.started_at
    timer = timer_after(conversation, clinic, since=since)
    with store_errors(), parts.engine.begin() as connection:
        set_if_newer(connection, conversation, timer, now=parts.now())
    log.warning("timer_mended", extra={"conversation_id": waiting.id, "kind": timer.kind.value})


def _fire_or_log(parts: Parts, due: DueTimer) -> None:
    clinic = parts.clinics.of(due.clinic_id)
    if clinic is None:
        log.error("timer_failed", extra=_ids(due.conversation_id, "no-clinic"))
        return
    try:
        _fire(parts, clinic, due)
    except (LockedTooLong, TurnConflict):
        log.info("timer_waits", extra=_ids(due.conversation_id, "locked"))
    except StoreUnavailable:
        raise
    except Exception:
        log.exception("timer_failed", extra=_ids(due.conversation_id, "fault"))


def _ids(conversation_id: str, reason: str) -> dict[str, str]:
    return {"conversation_id": conversation_id, "reason": reason}


def _fire(parts: Parts, clinic: Clinic, due: DueTimer) -> None:
    passed = _take_step(parts, clinic, due)
    if passed.outcome is not None:
        return
    with store_errors(), parts.engine.begin() as connection:
        if passed.timer is None:
            remove_timer(connection, due)
        else:
            move_timer(connection, due, passed.timer)


def _take_step(parts: Parts, clinic: Clinic, due: DueTimer) -> Passed:
    """Decide under the conversation's lock and store the step, if there is one."""
    now = parts.now()
    with open_turn(parts.engine, parts.keyring, budget_seconds=parts.turn_seconds) as transaction:
        loaded = transaction.load(InConversation(due.conversation_id))
        if loaded is None or loaded.conversation.turn_number != due.turn_number:
            return Passed()
        flow, judge = flow_and_judge(parts, clinic, loaded, None)
        room = room_of(parts, clinic, judge)
        passed = pass_time(loaded.conversation, due.timer, flow=flow, room=room, now=now)
        if passed.outcome is not None:
            _store(parts, transaction, loaded, due.timer, passed.outcome, now)
    return passed


def _store(
    parts: Parts,
    transaction: TurnTransaction,
    loaded: Loaded,
    timer: TimerSet,
    outcome: TurnOutcome,
    now: datetime,
) -> None:
    stored = TurnStored(
        message=_entry(loaded, now),
        outcome=outcome,
        loaded=loaded.conversation,
        provider_key=None,
        address_hash=b"",
        now=now,
        keep_state=not loaded.is_readable,
        leaves=_leaves(loaded),
        direction=SILENCE,
        kind=timer.kind.value,
    )
    rows = rows_of_turn(stored, parts.keyring, parts.new_id)
    transaction.write(rows)
    reached(FailPoint.TIMER_WRITTEN)
    transaction.connection.commit()
    reached(FailPoint.TIMER_COMMITTED)
    kick_rows(parts.kick, rows)
    if outcome.conversation.channel is Channel.WEB:
        parts.tell(outcome.conversation.id)
    after = outcome.conversation
    extra = {"conversation_id": after.id, "turn_number": after.turn_number}
    extra |= {"kind": timer.kind.value, "status": after.status.value}
    log.info("timer_fired", extra={**extra, "texts": len(outcome.replies)})


def _entry(loaded: Loaded, now: datetime) -> InboundMessage:
    """Return the step's entry in the transcript; it has no text."""
    return InboundMessage(
        channel=loaded.conversation.channel,
        provider_id="",
        clinic_address="",
        patient_address="",
        text="",
        received_at=now,
    )


def _leaves(loaded: Loaded) -> ReplyLeaves:
    is_sms = loaded.conversation.channel is Channel.SMS
    return ReplyLeaves.QUEUED if is_sms else ReplyLeaves.WAITING
