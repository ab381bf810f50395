"""Everything needed to act on one consult request, on one sheet. Reading it is audited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec
from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from bot.conversation.model import ConversationStatus, ReplyKind
from bot.core.answers import Answer
from bot.core.decisions import Decision
from bot.core.findings import RuleHit
from bot.flows.model import Flow
from bot.flows.standing import wish_to_change
from bot.services.alert_history import AlertLine, alert_lines
from bot.services.audit import AuditAction, audit
from bot.services.clinicians import Clinician
from bot.services.consults import ConsultSummary, find_own, find_summary
from bot.services.parts import Parts
from bot.services.stored_answers import answers_of
from bot.services.transactions import writing
from bot.store.rows import CHANGE, CLINICIAN, INBOUND
from bot.store.tables import (
    ClinicianRow,
    ConsultEventRow,
    ConsultRow,
    ConversationRow,
    FlagRow,
    MessageRow,
    PatientRow,
    SafetyEventRow,
)


@dataclass(frozen=True, slots=True)
class SeenDanger:
    """One safety event: what was seen in which words, by which rules, and what was said.

    `words` is the message of that turn; the rules' spans lie in it when `source` is a text.
    """

    at: datetime
    tier: str
    category: str | None
    subject: str | None
    source: str
    rules: tuple[RuleHit, ...]
    said: tuple[str, ...]
    words: str = ""


@dataclass(frozen=True, slots=True)
class TranscriptLine:
    """One text in or out, or a clinician's step; `delivery` is None for inbound ones.

    `clinician_name` is who took the step, or whose words the text is.
    """

    id: str
    at: datetime
    direction: str
    text: str
    kind: str
    channel: str
    delivery: str | None
    media_count: int
    has_location: bool
    clinician_name: str | None = None


@dataclass(frozen=True, slots=True)
class HistoryStep:
    """One step of the request; `clinician_name` is None when the conversation brought it."""

    at: datetime
    action: str
    from_status: str | None
    to_status: str | None
    clinician_name: str | None
    note: str | None
    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class ConsultSheet:
    """One request with its patient, conversation, decision, danger, answers and history.

    `answers` are the latest of each question, in the order in which they were first given; a
    question without one was not asked. `flow` is the version that asked, None if it cannot be
    had any more; `decision` is None before triage.
    """

    summary: ConsultSummary
    language: str
    opted_out: bool
    conversation_status: ConversationStatus
    risk_open: bool
    flags: tuple[str, ...]
    decision: Decision | None
    danger: tuple[SeenDanger, ...]
    answers: tuple[Answer, ...]
    flow: Flow | None
    transcript: tuple[TranscriptLine, ...]
    history: tuple[HistoryStep, ...]
    alerts: tuple[AlertLine, ...] = ()


def read_sheet(parts: Parts, clinician: Clinician, consult_id: str) -> ConsultSheet:
    """Return the sheet of a request. Raises NotFound if it is not theirs, StoreUnavailable."""
    with writing(parts.engine) as session:
        row = find_own(session, clinician, consult_id)
        audit(parts, session, clinician.id, AuditAction.READ, "consult", row.id)
        conversation = session.get_one(ConversationRow, row.conversation_id)
        patient = session.get_one(PatientRow, row.patient_id)
        sheet = ConsultSheet(
            summary=find_summary(parts, session, row),
            language=conversation.language,
            opted_out=patient.opted_out_at is not None,
            conversation_status=ConversationStatus(conversation.status),
            risk_open=conversation.risk_open,
            flags=_flags(session, conversation.id),
            decision=_decision(row),
            danger=_danger(session, conversation.id),
            answers=answers_of(session, conversation.id),
            flow=None,
            transcript=_transcript(session, conversation.id),
            history=_history(session, row.id),
            alerts=alert_lines(session, conversation.id),
        )
        flow_hash = conversation.flow_hash
    return _with_flow(parts, sheet, flow_hash)


def _with_flow(parts: Parts, sheet: ConsultSheet, flow_hash: str) -> ConsultSheet:
    flow = parts.flows.pinned(flow_hash) if flow_hash else None
    lines = (_in_words(line, flow, sheet.language) for line in sheet.transcript)
    return replace(sheet, flow=flow, transcript=tuple(lines))


def _in_words(line: TranscriptLine, flow: Flow | None, language: str) -> TranscriptLine:
    if line.kind != CHANGE:
        return line
    return replace(line, text=wish_to_change(flow, line.text, language))


def _decision(row: ConsultRow) -> Decision | None:
    return None if row.decision is None else msgspec.json.decode(row.decision, type=Decision)


def _flags(session: Session, conversation_id: str) -> tuple[str, ...]:
    wanted = select(FlagRow.code).where(FlagRow.conversation_id == conversation_id)
    return tuple(dict.fromkeys(session.scalars(wanted.order_by(FlagRow.turn_number))))


def _danger(session: Session, conversation_id: str) -> tuple[SeenDanger, ...]:
    inbound = (
        MessageRow.conversation_id == SafetyEventRow.conversation_id,
        MessageRow.turn_number == SafetyEventRow.turn_number,
        MessageRow.direction == INBOUND,
    )
    rows = session.execute(
        select(SafetyEventRow, MessageRow)
        .outerjoin(MessageRow, and_(*inbound))
        .where(SafetyEventRow.conversation_id == conversation_id)
        .order_by(SafetyEventRow.turn_number, SafetyEventRow.id)
    )
    return tuple(
        SeenDanger(
            at=row.created_at,
            tier=row.tier,
            category=row.category,
            subject=row.subject,
            source=row.source,
            rules=msgspec.json.decode(row.rules, type=tuple[RuleHit, ...]),
            said=msgspec.json.decode(row.said, type=tuple[str, ...]),
            words=message.body if message is not None and message.kind != CHANGE else "",
        )
        for row, message in rows
    )


def _transcript(session: Session, conversation_id: str) -> tuple[TranscriptLine, ...]:
    rows = session.scalars(
        select(MessageRow)
        .where(MessageRow.conversation_id == conversation_id)
        .order_by(MessageRow.turn_number, MessageRow.position)
    ).all()
    names = clinician_names(session, rows)
    return tuple(
        TranscriptLine(
            id=row.id,
            at=row.created_at,
            direction=row.direction,
            text=row.body,
            kind=row.kind,
            channel=row.channel,
            delivery=row.delivery,
            media_count=row.media_count,
            has_location=row.has_location,
            clinician_name=names.get(row.id),
        )
        for row in rows
    )


def clinician_names(session: Session, rows: Sequence[MessageRow]) -> dict[str, str]:
    """Return message id -> clinician's name, for their steps and for what they wrote."""
    steps = {row.id: row.body for row in rows if row.direction == CLINICIAN}
    wanted = select(ClinicianRow.id, ClinicianRow.name).where(
        ClinicianRow.id.in_(set(steps.values()))
    )
    names = {row.id: row.name for row in session.execute(wanted)} if steps else {}
    return {
        row.id: names[by]
        for row in rows
        if (by := steps.get(row.id) or _speaker(row, steps)) in names
    }


def _speaker(row: MessageRow, steps: dict[str, str]) -> str | None:
    is_theirs = row.kind == ReplyKind.CLINICIAN and row.in_reply_to is not None
    return steps.get(row.in_reply_to or "") if is_theirs else None


def _history(session: Session, consult_id: str) -> tuple[HistoryStep, ...]:
    rows = session.execute(
        select(ConsultEventRow, ClinicianRow.name)
        .outerjoin(ClinicianRow, ClinicianRow.id == ConsultEventRow.clinician_id)
        .where(ConsultEventRow.consult_id == consult_id)
        .order_by(ConsultEventRow.created_at, ConsultEventRow.id)
    )
    return tuple(
        HistoryStep(
            at=row.created_at,
            action=row.action,
            from_status=row.from_status,
            to_status=row.to_status,
            clinician_name=name,
            note=row.note,
            outcome=row.outcome,
        )
        for row, name in rows
    )
