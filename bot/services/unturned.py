"""A message whose turn cannot be taken, for a fault of ours, still reaches a person.

It is recorded whole without being understood: no flow is asked, no state is read or changed. The
clinic gets a consult request, and if danger was seen in the text, on-call staff are paged.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.consults.alert import AlertReason
from bot.conversation.crisis import holds
from bot.conversation.model import ConversationStatus, ReplyKind
from bot.core.decisions import Priority
from bot.services.emergency import emergency_texts
from bot.services.parts import Parts
from bot.services.taking_turns import Task, provider_key
from bot.services.transactions import writing
from bot.store.asking import ask_clinician
from bot.store.outbox import Departure, put
from bot.store.rows import (
    INBOUND,
    OUTBOUND,
    PATIENT_TEXT,
    PRIORITY_OF_REPLY,
    TEXT,
    ReplyLeaves,
    body_of,
)
from bot.store.tables import (
    ConversationRow,
    MessageRow,
    PatientRow,
    SafetyEventRow,
)
from bot.store.waking import wake_or_open

REASON = "turn-failed"
"""The reason of the consult request, and the step of an alert that was open already."""


def record_unturned(parts: Parts, task: Task) -> bool:
    """Store the message, ask a clinician to read it, and page if danger was seen in it.

    Return false, and change nothing, if its id is stored already. Raises StoreUnavailable.
    """
    with writing(parts.engine) as session:
        conversation = _conversation(parts, session, task)
        conversation.turn_number += 1
        session.flush()
        inbound_id = _store_message(parts, session, task, conversation)
        if inbound_id is None:
            session.rollback()
            return False
        _reply(parts, session, task, conversation, inbound_id)
        ask_clinician(
            session.connection(),
            conversation.id,
            REASON,
            Priority.STAT if task.finding.fires else Priority.URGENT,
            now=parts.now(),
            new_id=parts.new_id,
        )
        if task.finding.fires:
            _danger(parts, session, task, conversation)
    return True


def _conversation(parts: Parts, session: Session, task: Task) -> ConversationRow:
    """Return the conversation it belongs to, locked; a new one on first contact."""
    if task.conversation_id is not None:
        return session.get_one(ConversationRow, task.conversation_id, with_for_update=True)
    patient = _patient(parts, session, task)
    current = session.scalar(
        select(ConversationRow)
        .where(ConversationRow.patient_id == patient.id, ConversationRow.is_current)
        .with_for_update()
    )
    if current is not None:
        return current
    begun = ConversationRow(
        id=parts.new_id(),
        clinic_id=task.clinic.id,
        patient_id=patient.id,
        is_current=True,
        channel=task.message.channel.value,
        status=ConversationStatus.ACTIVE.value,
        language=patient.language,
        flow_hash="",
        turn_number=0,
        risk_open=False,
        crisis_answers=0,
        created_at=parts.now(),
    )
    session.add(begun)
    session.flush()
    return begun


def _patient(parts: Parts, session: Session, task: Task) -> PatientRow:
    message, clinic = task.message, task.clinic
    hashed = parts.address_hash.of(clinic.id, message.channel.value, message.patient_address)
    known = session.scalar(
        select(PatientRow).where(
            PatientRow.clinic_id == clinic.id,
            PatientRow.channel == message.channel.value,
            PatientRow.address_hash == hashed,
        )
    )
    if known is not None:
        return known
    found = PatientRow(
        id=parts.new_id(),
        clinic_id=clinic.id,
        channel=message.channel.value,
        address_hash=hashed,
        address=message.patient_address,
        language=parts.keywords.language_of(message.text, clinic.languages),
        created_at=parts.now(),
    )
    session.add(found)
    session.flush()
    return found


def _store_message(
    parts: Parts, session: Session, task: Task, conversation: ConversationRow
) -> str | None:
    """Return the stored message's id; None if it was stored before."""
    message = task.message
    key = provider_key(parts, message, task.clinic)
    known = select(MessageRow.id).where(
        MessageRow.channel == message.channel.value, MessageRow.provider_key == key
    )
    if session.scalar(known) is not None:
        return None
    row = MessageRow(
        id=parts.new_id(),
        conversation_id=conversation.id,
        turn_number=conversation.turn_number,
        position=0,
        direction=INBOUND,
        channel=message.channel.value,
        provider_key=key,
        clinic_address=message.clinic_address or None,
        kind=TEXT,
        body=body_of(message),
        media_count=message.media_count,
        has_location=message.has_location,
        created_at=message.received_at,
    )
    session.add(row)
    session.flush()
    return row.id


def _reply(
    parts: Parts, session: Session, task: Task, conversation: ConversationRow, inbound_id: str
) -> None:
    """Say where help is, or that a person will read it; what was said at once is only noted."""
    for position, (text, kind) in enumerate(_texts(parts, task, conversation), start=1):
        row = MessageRow(
            id=parts.new_id(),
            conversation_id=conversation.id,
            turn_number=conversation.turn_number,
            position=position,
            direction=OUTBOUND,
            channel=task.message.channel.value,
            in_reply_to=inbound_id,
            kind=kind.value,
            body=text,
            media_count=0,
            has_location=False,
            delivery=task.leaves.value,
            created_at=parts.now(),
        )
        session.add(row)
        session.flush()
        if task.leaves is ReplyLeaves.QUEUED:
            departure = Departure(
                id=row.id,
                clinic_id=conversation.clinic_id,
                kind=PATIENT_TEXT,
                recipient=f"patient:{conversation.patient_id}",
                payload={"message_id": row.id},
                conversation_id=conversation.id,
                priority=PRIORITY_OF_REPLY.get(kind, Priority.ROUTINE),
            )
            put(session.connection(), departure, now=parts.now())


def _texts(
    parts: Parts, task: Task, conversation: ConversationRow
) -> Sequence[tuple[str, ReplyKind]]:
    if task.finding.fires:
        said = emergency_texts(parts, task.finding, task.clinic, task.message)
        return [(text, ReplyKind.CRISIS) for text in said]
    language = conversation.language
    region = parts.resources.region_of(task.clinic.region)
    known = parts.resources.languages_of(language)[0]
    words = {
        **parts.resources.words[region][known],
        "clinic_name": task.clinic.name,
        "clinic_phone": task.clinic.phone,
    }
    channel = task.message.channel
    return [(parts.phrases.text("flow_missing", language, channel, words), ReplyKind.NOTICE)]


def _danger(parts: Parts, session: Session, task: Task, conversation: ConversationRow) -> None:
    finding = task.finding
    if holds(finding) and conversation.status != ConversationStatus.HUMAN:
        conversation.status = ConversationStatus.HELD.value
    conversation.risk_open = True
    said = emergency_texts(parts, finding, task.clinic, task.message)
    session.add(
        SafetyEventRow(
            id=parts.new_id(),
            conversation_id=conversation.id,
            turn_number=conversation.turn_number,
            tier=finding.tier.label,
            category=finding.category and finding.category.value,
            subject=finding.subject and finding.subject.value,
            source=TEXT,
            rules=msgspec.json.encode(finding.rules).decode(),
            said=msgspec.json.encode(said),
            created_at=parts.now(),
        )
    )
    session.flush()
    wake_or_open(
        session.connection(),
        conversation.id,
        step=REASON,
        reason=AlertReason.CRISIS,
        now=parts.now(),
        new_id=parts.new_id,
    )
