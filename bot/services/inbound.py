"""One inbound message: screened, decided, stored, answered. The use case everything serves.

What must stay true:

* The text is screened for crisis language first, in memory, before anything that can fail.
* Whatever fails after a finding that fires, emergency resources are the reply.
* A message that cannot be stored is kept on disk; only one that can be neither stored nor kept
  raises StoreUnavailable, so that the provider tries elsewhere.
* Messages that were kept on disk are treated before later ones, so that turns keep their order.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

from sqlalchemy import update

from bot.core.clinic import Clinic
from bot.core.clock import monotonic_seconds
from bot.core.errors import CallerError, StoreUnavailable
from bot.core.messages import Channel, InboundMessage
from bot.rules.last_resort import static_emergency_text
from bot.services.alerts import answer_staff
from bot.services.emergency import emergency_texts, screen
from bot.services.parts import Parts
from bot.services.spool import SpooledMessage
from bot.services.taking_turns import Reply, Task, take_stored_turn
from bot.services.transactions import writing
from bot.store.engine import LockedTooLong
from bot.store.rows import ReplyLeaves
from bot.store.tables import MessageRow

__all__ = ["Reply", "receive", "receive_without_clinic", "replay"]

log = logging.getLogger(__name__)


def receive(
    parts: Parts, message: InboundMessage, clinic: Clinic, *, conversation_id: str | None = None
) -> Reply:
    """Take one turn and return its reply.

    `conversation_id` continues that very conversation (a secure link's page) instead of the one
    at the message's address. Raises CallerError when the message itself is at fault, and
    StoreUnavailable when it could be neither stored nor kept and no emergency was answered.
    """
    started = monotonic_seconds()
    finding = screen(parts, message)
    if not finding.fires and (said := answer_staff(parts, message, clinic)) is not None:
        return Reply((said,))
    task = Task(readable(message), clinic, finding, conversation_id)
    try:
        reply = _take(parts, task)
    except CallerError:
        if not finding.fires:
            raise
        reply = _from_memory(parts, task)
    except Exception as error:
        _log_failure(error, task)
        reply = _without_store(parts, task)
    _log_turn(reply, task, monotonic_seconds() - started)
    return reply


def receive_without_clinic(parts: Parts, message: InboundMessage) -> Reply | None:
    """Answer a message to a number that is nobody's: where help is, or None if it is no crisis."""
    if not screen(parts, message).fires:
        return None
    return Reply((static_emergency_text(),), is_stored=False)


def replay(parts: Parts) -> int:
    """Treat the messages that were kept on disk, oldest first; return how many were stored.

    Replies leave through the outbox, except those that were given at once. A message that cannot
    be treated for another reason than the database is set aside and logged; a spool that cannot
    be read is logged. One process replays at a time. Raises StoreUnavailable when the database is
    still away.
    """
    try:
        if not parts.spool.waiting():
            return 0
        with parts.spool.alone() as is_mine:
            waiting = parts.spool.waiting() if is_mine else []
            return sum(_replay_file(parts, path) for path in waiting)
    except OSError:
        log.exception("spool_unreadable")
        return 0


def readable(message: InboundMessage) -> InboundMessage:
    """Return the message without lone surrogates, which no database and no JSON takes."""
    texts = tuple(_readable(text) for text in (message.text, *message.further_texts))
    if texts == (message.text, *message.further_texts):
        return message
    return replace(message, text=texts[0], further_texts=texts[1:])


def _take(parts: Parts, task: Task) -> Reply:
    if parts.health.is_resting:
        raise StoreUnavailable("the database failed a moment ago")
    try:
        if not task.finding.fires:
            replay(parts)
        return _take_or_plain(parts, task)
    except LockedTooLong:
        raise
    except StoreUnavailable:
        parts.health.note_failure()
        raise


def _take_or_plain(parts: Parts, task: Task) -> Reply:
    """Take the turn. If it fails for a fault of ours, take it without flow and history.

    Then a crisis is still recorded and paged, and anything else still reaches a person.
    """
    try:
        return take_stored_turn(parts, task)
    except (CallerError, StoreUnavailable):
        raise
    except Exception as error:
        _log_failure(error, task)
    return take_stored_turn(parts, replace(task, plain=True))


def _without_store(parts: Parts, task: Task) -> Reply:
    """Keep the message on disk; answer a crisis from memory."""
    kept = _keep(parts, task)
    if task.finding.fires:
        return _from_memory(parts, task)
    if not kept:
        raise StoreUnavailable("neither stored nor kept")
    return Reply((), is_stored=False)


def _from_memory(parts: Parts, task: Task) -> Reply:
    texts = emergency_texts(parts, task.finding, task.clinic, task.message)
    return Reply(texts, is_stored=False)


def _keep(parts: Parts, task: Task) -> bool:
    answered = task.finding.fires
    spooled = SpooledMessage(task.message, task.clinic.id, task.conversation_id, answered)
    try:
        parts.spool.keep(spooled)
    except OSError:
        log.exception("message_not_kept", extra={"clinic_id": task.clinic.id})
        return False
    log.warning("message_kept", extra={"clinic_id": task.clinic.id})
    return True


def _replay_file(parts: Parts, path: Path) -> int:
    spooled = parts.spool.read(path)
    if spooled is None:
        return 0
    if not _replay_one(parts, spooled):
        parts.spool.set_aside(path)
        return 0
    parts.spool.remove(path)
    return 1


def _replay_one(parts: Parts, spooled: SpooledMessage) -> bool:
    """Return whether the message is stored now; false if it never will be."""
    clinic = parts.clinics.of(spooled.clinic_id)
    if clinic is None:
        log.error("kept_message_of_no_clinic", extra={"clinic_id": spooled.clinic_id})
        return False
    finding = screen(parts, spooled.message)
    leaves = _leaves(spooled)
    task = Task(spooled.message, clinic, finding, spooled.conversation_id, leaves)
    try:
        reply = _take_or_plain(parts, task)
    except StoreUnavailable:
        raise
    except Exception as error:
        _log_failure(error, task)
        return False
    if reply.duplicate:
        _note_unknown(parts, reply)
    return True


def _note_unknown(parts: Parts, reply: Reply) -> None:
    """Say of a reply that nobody knows whether it left.

    The turn was stored, but its answer may have been lost on the way back to us. It is not sent
    again: a routine text comes once or not at all, and the transcript shows which is not known.
    """
    unsure = (MessageRow.id.in_(reply.message_ids), MessageRow.delivery == ReplyLeaves.RESPONDED)
    with writing(parts.engine) as session:
        session.execute(update(MessageRow).where(*unsure).values(delivery="unknown"))


def _leaves(spooled: SpooledMessage) -> ReplyLeaves:
    if spooled.message.channel is Channel.WEB:
        return ReplyLeaves.WAITING
    return ReplyLeaves.RESPONDED if spooled.answered else ReplyLeaves.QUEUED


def _readable(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _log_failure(error: Exception, task: Task) -> None:
    extra = {
        "provider_id": task.message.provider_id,
        "tier": task.finding.tier.label,
        "error": type(error).__name__,
    }
    if isinstance(error, StoreUnavailable):
        log.error("turn_not_stored", extra=extra)
    else:
        log.exception("turn_failed", extra=extra)


def _log_turn(reply: Reply, task: Task, seconds: float) -> None:
    facts = reply.facts or {}
    extra = {
        "conversation_id": reply.conversation_id,
        "turn_number": reply.turn_number,
        "channel": task.message.channel.value,
        "tier": facts.get("tier", task.finding.tier.label),
        "texts": len(reply.texts),
        "duplicate": int(reply.duplicate),
        "duration_ms": round(seconds * 1000),
    }
    log.info("turn_taken", extra=extra)
