"""One inbound message: screened, decided, stored, answered. The use case everything serves.

What must stay true:

* The text is screened for crisis language first, in memory, before anything that can fail.
* Whatever fails after a finding that fires, emergency resources are the reply.
* A message that cannot be stored is kept on disk; only one that can be neither stored nor kept
  raises StoreUnavailable, so that the provider tries elsewhere. If it shows danger it is answered,
  and the reply says that it is lost, so that whoever asked tries to keep it once more.
* A patient's messages that were kept on disk are treated before later ones, so that turns keep
  their order. A crisis waits for none of them.
"""

from __future__ import annotations

import logging
from dataclasses import replace

from bot.core.clinic import Clinic
from bot.core.clock import monotonic_seconds
from bot.core.errors import CallerError, StoreUnavailable
from bot.core.findings import Finding
from bot.core.messages import InboundMessage
from bot.rules.last_resort import static_emergency_text
from bot.services.alerts import answer_staff
from bot.services.emergency import emergency_texts, screen
from bot.services.parts import Parts
from bot.services.replaying import log_failure, patient_key, replay, take_turn_or_plain
from bot.services.spool import SpooledMessage
from bot.services.taking_turns import Reply, Task

__all__ = ["Reply", "receive", "receive_at_number", "receive_without_clinic", "replay"]

TOLD_OF_A_TURN = ("tier", "category", "crisis_answers")
"""What a turn's line takes from its decision, which knows more than the first look did."""

log = logging.getLogger(__name__)


class EarlierWait(StoreUnavailable):
    """The database is there, but earlier messages of this patient are not stored yet."""


def receive(
    parts: Parts,
    message: InboundMessage,
    clinic: Clinic,
    *,
    conversation_id: str | None = None,
    finding: Finding | None = None,
) -> Reply:
    """Take one turn and return its reply.

    `conversation_id` is of the patient who goes on over a secure link: their present conversation
    is continued, not the one at the message's address. `finding` is what `screen` gave for this
    message, where it was asked already. Raises CallerError when the message itself is at fault,
    and StoreUnavailable when it could be neither stored nor kept and no emergency was answered.
    """
    started = monotonic_seconds()
    if finding is None:
        finding = screen(parts, message)
    if not finding.fires and not parts.health.is_resting:
        said = answer_staff(parts, message, clinic)
        if said is not None:
            return Reply((said,))
    task = Task(readable(message), clinic, finding, conversation_id)
    try:
        reply = _take(parts, task)
    except CallerError:
        if not finding.fires:
            raise
        reply = _under_another_id(parts, task)
    except Exception as error:
        log_failure(error, task)
        reply = _without_store(parts, task)
    _log_turn(reply, task, monotonic_seconds() - started)
    return reply


def receive_at_number(
    parts: Parts,
    message: InboundMessage,
    *,
    messaging_service_sid: str | None = None,
    finding: Finding | None = None,
) -> Reply | None:
    """Take the turn of a text at the clinic it was sent to; None: no crisis, and nobody's number.

    A process that never could read its clinics keeps the message until it can. Raises as
    `receive`.
    """
    clinic = parts.clinics.at(message.channel, message.clinic_address, messaging_service_sid)
    if clinic is not None:
        return receive(parts, message, clinic, finding=finding)
    if not parts.clinics.is_known:
        return _without_clinics(parts, message, messaging_service_sid)
    log.error("webhook_refused", extra={"reason": "unknown_number"})
    return receive_without_clinic(parts, message)


def receive_without_clinic(parts: Parts, message: InboundMessage) -> Reply | None:
    """Answer a message to a number that is nobody's: where help is, or None if it is no crisis."""
    if not screen(parts, message).fires:
        return None
    return Reply((static_emergency_text(),), is_stored=False)


def keep_answered(
    parts: Parts,
    message: InboundMessage,
    *,
    clinic_id: str = "",
    conversation_id: str | None = None,
    messaging_service_sid: str | None = None,
) -> bool:
    """Keep on disk a crisis that was answered without its turn; false if that was not possible.

    Without `clinic_id` the message's own address tells whose it is. If its turn was stored after
    all, it is found to be there when it is treated.
    """
    spooled = SpooledMessage(
        readable(message), clinic_id, conversation_id, True, messaging_service_sid
    )
    return _is_kept(parts, spooled)


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
            _replay_before(parts, task)
        reply = take_turn_or_plain(parts, task)
    except EarlierWait:
        raise
    except StoreUnavailable as error:
        parts.health.note(error)
        raise
    parts.health.note_success()
    return reply


def _replay_before(parts: Parts, task: Task) -> None:
    """Treat this patient's kept messages first; raises EarlierWait if they wait all the same.

    A spool that cannot be read must not stop this one.
    """
    patient = patient_key(parts, task.message)
    replay(parts, patient)
    try:
        waits = parts.spool.waiting(patient)
    except OSError:
        return
    if waits:
        raise EarlierWait("earlier messages of this patient are not stored yet")


def _without_store(parts: Parts, task: Task) -> Reply:
    """Keep the message on disk; answer a crisis from memory."""
    fires = task.finding.fires
    spooled = SpooledMessage(task.message, task.clinic.id, task.conversation_id, fires)
    is_kept = _is_kept(parts, spooled)
    if not is_kept and not fires:
        raise StoreUnavailable("neither stored nor kept")
    return _from_memory(parts, task, is_kept=is_kept) if fires else Reply((), is_stored=False)


def _under_another_id(parts: Parts, task: Task) -> Reply:
    """Keep danger that could not be taken as it came, say because its id is another message's.

    Under an id of its own it is treated with what waits on disk, and nobody's danger goes unheard.
    """
    message = replace(task.message, provider_id=parts.new_id())
    is_kept = keep_answered(
        parts, message, clinic_id=task.clinic.id, conversation_id=task.conversation_id
    )
    return _from_memory(parts, task, is_kept=is_kept)


def _without_clinics(parts: Parts, message: InboundMessage, service_sid: str | None) -> Reply:
    """Keep a message that came before the clinics could ever be read; answer a crisis."""
    fires = screen(parts, message).fires
    spooled = SpooledMessage(readable(message), "", None, fires, service_sid)
    is_kept = _is_kept(parts, spooled)
    if not is_kept and not fires:
        raise StoreUnavailable("neither stored nor kept")
    texts = (static_emergency_text(),) if fires else ()
    return Reply(texts, is_stored=False, is_lost=not is_kept)


def _from_memory(parts: Parts, task: Task, *, is_kept: bool) -> Reply:
    texts = emergency_texts(parts, task.finding, task.clinic, task.message)
    return Reply(texts, is_stored=False, is_lost=not is_kept)


def _is_kept(parts: Parts, spooled: SpooledMessage) -> bool:
    """Keep a message on disk; false, whatever the reason, if that was not possible.

    The alarm that ends a webhook's time may strike in the middle of it: then there is time for
    one more try before the next alarm. A message that is kept twice is treated once.
    """
    try:
        patient = patient_key(parts, spooled.message)
        try:
            parts.spool.keep(spooled, patient=patient)
        except StoreUnavailable:
            parts.spool.keep(spooled, patient=patient)
    except Exception:
        log.exception("message_not_kept", extra={"clinic_id": spooled.clinic_id})
        return False
    log.warning("message_kept", extra={"clinic_id": spooled.clinic_id})
    return True


def _readable(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _log_turn(reply: Reply, task: Task, seconds: float) -> None:
    """Write the turn's one line; /metrics counts turns from these lines."""
    finding = task.finding
    extra = {
        "conversation_id": reply.conversation_id,
        "turn_number": reply.turn_number,
        "channel": task.message.channel.value,
        "tier": finding.tier.label,
        "category": finding.category.value if finding.category else "none",
        "crisis_answers": int(finding.fires),
        **{name: (reply.facts or {})[name] for name in TOLD_OF_A_TURN if reply.facts},
        "texts": len(reply.texts),
        "outcome": "again" if reply.duplicate else "stored" if reply.is_stored else "kept",
        "duration_ms": round(seconds * 1000, 1),
    }
    log.info("turn_taken", extra=extra)
