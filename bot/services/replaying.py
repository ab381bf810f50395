"""Messages kept on disk become turns once the database is back.

What must stay true: one patient's messages are treated in the order in which they came, one that
cannot be treated now stays where it is, and a patient whose rows are locked holds up nobody else.
The worker replays in every round, so that nobody has to text for it to happen.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

from sqlalchemy import update

from bot.core.clinic import Clinic
from bot.core.errors import CallerError, StoreUnavailable
from bot.core.fail_points import FailPoint, reached
from bot.core.messages import Channel, InboundMessage
from bot.services.emergency import screen
from bot.services.parts import Parts
from bot.services.spool import SpooledMessage, patient_of
from bot.services.taking_turns import Reply, Task, take_stored_turn
from bot.services.transactions import writing
from bot.services.unturned import record_unturned
from bot.store.engine import LockedTooLong
from bot.store.rows import ReplyLeaves
from bot.store.tables import MessageRow

PATIENT_DIGITS = 24
LOCKED_AT_MOST = 3
"""So many patients locked in a row are no patients' locks any more: the database is."""

log = logging.getLogger(__name__)


def replay(parts: Parts, patient: str | None = None) -> int:
    """Treat the messages that were kept on disk (one patient's), oldest first; return how many.

    Replies leave through the outbox, except those that were given at once. A message that cannot
    be treated for another reason than the database is set aside and logged; a spool that cannot
    be read is logged. One process replays at a time. Raises StoreUnavailable when the database is
    still away, LockedTooLong when `patient` is locked; of others who are the messages stay.
    """
    try:
        if not parts.spool.waiting(patient):
            return 0
        with parts.spool.alone() as is_mine:
            waiting = parts.spool.waiting(patient) if is_mine else []
            if patient is not None:
                return sum(_replay_file(parts, path) for path in waiting)
            return _replay_all(parts, waiting)
    except OSError:
        log.exception("spool_unreadable")
        return 0


def patient_key(parts: Parts, message: InboundMessage) -> str:
    """Return what stands for a patient in the names of kept messages."""
    address = message.patient_address
    return parts.address_hash.of("spool", message.channel.value, address).hex()[:PATIENT_DIGITS]


def take_turn_or_plain(parts: Parts, task: Task) -> Reply:
    """Take the turn. If it fails for a fault of ours, take it without flow and history.

    Then a crisis is still recorded and paged, and anything else still reaches a person.
    """
    try:
        return take_stored_turn(parts, task)
    except (CallerError, StoreUnavailable):
        raise
    except Exception as error:
        log_failure(error, task)
    return take_stored_turn(parts, replace(task, plain=True))


def log_failure(error: Exception, task: Task) -> None:
    """Note that a turn failed: ids and the kind of error, nothing the patient wrote."""
    extra = {
        "provider_id": task.message.provider_id,
        "tier": task.finding.tier.label,
        "error": type(error).__name__,
    }
    if isinstance(error, StoreUnavailable):
        log.error("turn_not_stored", extra=extra)
    else:
        log.exception("turn_failed", extra=extra)


def _replay_all(parts: Parts, paths: list[Path]) -> int:
    """Pass over a patient who is locked; who replays has pages to send as well."""
    done = 0
    locked: set[str] = set()
    for path in paths:
        if len(locked) >= LOCKED_AT_MOST:
            log.warning("replay_waits", extra={"count": len(paths) - done})
            break
        if patient_of(path) not in locked:
            try:
                done += _replay_file(parts, path)
            except LockedTooLong:
                locked.add(patient_of(path))
    return done


def _replay_file(parts: Parts, path: Path) -> int:
    spooled = parts.spool.read(path)
    if spooled is None:
        log.error("kept_message_unreadable")
        return 0
    if not _is_treated(parts, spooled):
        parts.spool.set_aside(path)
        return 0
    reached(FailPoint.SPOOL_REPLAYED)
    parts.spool.remove(path)
    return 1


def _is_treated(parts: Parts, spooled: SpooledMessage) -> bool:
    """Return whether the message is stored now; false if it never will be."""
    clinic = _clinic_of(parts, spooled)
    if clinic is None:
        log.error("kept_message_of_no_clinic", extra={"clinic_id": spooled.clinic_id})
        return False
    finding = screen(parts, spooled.message)
    leaves = _leaves(spooled)
    return treat_or_record(
        parts, Task(spooled.message, clinic, finding, spooled.conversation_id, leaves)
    )


def treat_or_record(parts: Parts, task: Task) -> bool:
    """Take the turn of a message that nobody waits on the line for; false if it is lost on us.

    One whose turn fails for good is recorded all the same, and reaches a person. Raises
    StoreUnavailable.
    """
    try:
        reply = take_turn_or_plain(parts, task)
    except StoreUnavailable:
        raise
    except Exception as error:
        log_failure(error, task)
        wanted = task.finding.fires or not isinstance(error, CallerError)
        return wanted and _is_recorded(parts, task)
    if reply.duplicate:
        _note_unknown(parts, reply)
    return True


def _is_recorded(parts: Parts, task: Task) -> bool:
    """Let a message that cannot be treated reach a person; false if not even that is possible."""
    try:
        if not record_unturned(parts, task):
            return False
    except StoreUnavailable:
        raise
    except Exception:
        log.exception("message_not_treated", extra={"tier": task.finding.tier.label})
        return False
    log.error("message_without_turn", extra={"tier": task.finding.tier.label})
    return True


def _note_unknown(parts: Parts, reply: Reply) -> None:
    """Say of a reply that nobody knows whether it left.

    The turn was stored, but its answer may have been lost on the way back to us. It is not sent
    again: a routine text comes once or not at all, and the transcript shows which is not known.
    """
    unsure = (MessageRow.id.in_(reply.message_ids), MessageRow.delivery == ReplyLeaves.RESPONDED)
    with writing(parts.engine) as session:
        session.execute(update(MessageRow).where(*unsure).values(delivery="unknown"))


def _clinic_of(parts: Parts, spooled: SpooledMessage) -> Clinic | None:
    message = spooled.message
    if spooled.clinic_id:
        clinic = parts.clinics.of(spooled.clinic_id)
    else:
        clinic = parts.clinics.at(
            message.channel, message.clinic_address, spooled.messaging_service_sid
        )
    if clinic is None and not parts.clinics.is_known:
        raise StoreUnavailable("the clinics could not be read yet")
    return clinic


def _leaves(spooled: SpooledMessage) -> ReplyLeaves:
    if spooled.message.channel is Channel.WEB:
        return ReplyLeaves.WAITING
    return ReplyLeaves.RESPONDED if spooled.answered else ReplyLeaves.QUEUED
