"""A consult request as its page shows it: codes turned into words, times into the clinic's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.consults.model import ConsultAction, ConsultOutcome, ConsultStatus, legal_actions
from bot.conversation.model import ConversationStatus
from bot.core.answers import Answer, AnswerStatus, Value
from bot.core.clinic import Clinic
from bot.core.decisions import Decision, FiredRule, Score
from bot.core.messages import Channel
from bot.flows.display import show_value
from bot.flows.model import AskStep, Flow
from bot.flows.questions import Kind, Question
from bot.services.consult_sheet import ConsultSheet, TranscriptLine
from bot.services.consults import ConsultSummary
from bot.web.alert_lines import alert_page
from bot.web.danger_lines import danger_page
from bot.web.wording import called, clinic_words, reason_called

STAFF_LANGUAGE = "en"
HASH_SHOWN = 12

SHOWN_AS_STORED = frozenset({Kind.PLACE, Kind.DATE})
"""Kinds whose stored code says more to a clinician than the patient's own words."""

STEPS_IN: dict[str, frozenset[ConversationStatus]] = {
    "release": frozenset({ConversationStatus.HELD, ConversationStatus.HUMAN}),
    "take-over": frozenset(
        {ConversationStatus.ACTIVE, ConversationStatus.PAUSED, ConversationStatus.HELD}
    ),
}
"""In which statuses of the conversation a step of a clinician is offered."""


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """One question and what became of it. `status` is `answered`, or a word for why not."""

    link_id: str
    label: str
    status: str
    shown: str = ""
    written: str = ""


@dataclass(frozen=True, slots=True)
class Medicine:
    """A medicine the patient named; `recognised` says that the list of drugs knows it."""

    name: str
    recognised: bool


class Clock:
    """Turns moments into the clinic's own time."""

    def __init__(self, clinic: Clinic | None) -> None:
        """Take the clinic; without one times stay UTC."""
        self._zone = ZoneInfo(clinic.time_zone if clinic else "UTC")

    def __call__(self, moment: datetime) -> datetime:
        """Return the same moment in the clinic's zone."""
        return moment.astimezone(self._zone)


def summary_row(summary: ConsultSummary, clinic: Clinic | None) -> dict[str, Any]:
    """Return one request as a row of the list."""
    return {
        "id": summary.id,
        "priority": summary.priority.value,
        "disposition": summary.disposition,
        "due_at": Clock(clinic)(summary.due_at),
        "is_late": summary.is_late,
        "patient": summary.patient_name or summary.address,
        "address": summary.address,
        "clinic": clinic.name if clinic else summary.clinic_id,
        "reasons": [reason_called(code) for code in summary.reasons],
        "status": called("statuses", summary.status.value),
        "clinician": summary.clinician_name,
        "version": summary.version,
    }


def sheet_page(sheet: ConsultSheet, clinic: Clinic | None) -> dict[str, Any]:
    """Return everything the page of one request shows."""
    clock = Clock(clinic)
    answers = answer_lines(sheet)
    return {
        **summary_row(sheet.summary, clinic),
        "language": called("languages", sheet.language),
        "opted_out": sheet.opted_out,
        "may_write": _may_write(sheet),
        "outcomes": _outcomes(sheet),
        "alerts": alert_page(sheet.alerts, clinic, clock),
        "conversation_status": called("conversations", sheet.conversation_status.value),
        "alarm": called("alarms", "risk_open") if sheet.risk_open else "",
        "flags": [called("flags", code) for code in sheet.flags],
        "actions": _actions(sheet.summary.status),
        "steps": _steps(sheet.conversation_status),
        "safety": [danger_page(event, clock) for event in sheet.danger],
        "decided": sheet.decision is not None,
        **_decision(sheet.decision, sheet.flow),
        "medications": medicines(sheet),
        "answers": [line for line in answers if line.status != NOT_ASKED],
        "not_asked": [line for line in answers if line.status == NOT_ASKED],
        "talk": [_said(line, clock) for line in sheet.transcript],
        "history": [
            {
                "at": clock(step.at),
                "action": called("actions", step.action),
                "by": step.clinician_name,
                "note": step.note,
                "outcome": called("outcomes", step.outcome),
            }
            for step in sheet.history
        ],
    }


NOT_ASKED = "not-asked"
SPEAKERS = frozenset({"inbound", "outbound"})


def answer_lines(sheet: ConsultSheet) -> list[AnswerLine]:
    """Return every question of the flow in its order, answered or not, then any other answer."""
    given = {answer.link_id: answer for answer in sheet.answers}
    asked = _asked(sheet.flow)
    lines = [
        _answer_line(given.pop(link_id, None), step.question, _label(step))
        for link_id, step in asked.items()
    ]
    rest = (answer for answer in given.values() if not _is_step(sheet.flow, answer.link_id))
    return lines + [_answer_line(answer, None, answer.link_id) for answer in rest]


def medicines(sheet: ConsultSheet) -> list[Medicine]:
    """Return the medicines the patient named, those that were not recognised marked."""
    questions = sheet.flow.questions if sheet.flow else {}
    found: dict[str, Medicine] = {}
    for answer in sheet.answers:
        question = questions.get(answer.link_id)
        if question is None or question.kind is not Kind.MEDICATIONS:
            continue
        for name in _texts(answer.value):
            found[name] = Medicine(name, recognised=True)
        for name in _texts(answer.parts.get("unrecognised")):
            found[name] = Medicine(name, recognised=False)
    return list(found.values())


def _is_step(flow: Flow | None, link_id: str) -> bool:
    """Whether this is a step that asks nothing, such as the confirmed summary."""
    return flow is not None and link_id in flow.index


def _asked(flow: Flow | None) -> dict[str, AskStep]:
    steps = flow.steps if flow else ()
    return {step.question.link_id: step for step in steps if isinstance(step, AskStep)}


def _label(step: AskStep) -> str:
    """Return an instrument's item in its own words, any other question by its topic."""
    wording = step.plain if step.group else step.topic or step.plain
    label = wording.get((STAFF_LANGUAGE, Channel.WEB)) or step.question.link_id
    return label.replace("{clinic_name}", clinic_words()["the_clinic"])


def _answer_line(answer: Answer | None, question: Question | None, label: str) -> AnswerLine:
    if answer is None:
        link_id = question.link_id if question else label
        return AnswerLine(link_id, label, NOT_ASKED)
    if answer.status is not AnswerStatus.ANSWERED:
        status = called("answer_statuses", answer.status.value)
        return AnswerLine(answer.link_id, label, status, written=answer.written)
    shown = str(answer.value)
    if question is not None and question.kind not in SHOWN_AS_STORED:
        shown = show_value(
            question, answer.value, answer.written, STAFF_LANGUAGE, channel=Channel.WEB
        )
    return AnswerLine(answer.link_id, label, answer.status.value, shown, answer.written)


def _texts(value: Value) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else ()


def _actions(status: ConsultStatus) -> list[dict[str, str]]:
    return [_action(action) for action in legal_actions(status)]


def _action(action: ConsultAction) -> dict[str, str]:
    return {"value": action.value, "label": called("actions", action.value)}


def _steps(status: ConversationStatus) -> list[dict[str, str]]:
    names = [name for name, statuses in STEPS_IN.items() if status in statuses]
    return [{"value": name, "label": called("actions", name)} for name in names]


def _outcomes(sheet: ConsultSheet) -> list[dict[str, str]]:
    """Return how it may have ended, where the matter is one of danger."""
    if not sheet.risk_open:
        return []
    return [{"value": o.value, "label": called("outcomes", o.value)} for o in ConsultOutcome]


def _may_write(sheet: ConsultSheet) -> bool:
    """Whether a clinician's words would reach the patient: taken over, and not opted out."""
    return sheet.conversation_status is ConversationStatus.HUMAN and not sheet.opted_out


def _decision(decision: Decision | None, flow: Flow | None) -> dict[str, Any]:
    if decision is None:
        return {}
    return {
        "routes": [
            {"name": called("routes", route), "disposition": disposition.label}
            for route, disposition in decision.routes.items()
        ],
        "scores": [_score(score, flow) for score in decision.scores],
        "fired": [_fired(rule) for rule in decision.fired],
        "ruleset": decision.ruleset_hash[:HASH_SHOWN],
    }


def _score(score: Score, flow: Flow | None) -> dict[str, Any]:
    instrument = flow.instruments.get(score.instrument) if flow else None
    return {
        "name": instrument.title if instrument else score.instrument,
        "total": score.total,
        "has_total": score.maximum > 0,
        "maximum": score.maximum,
        "band": score.band,
        "missing": ", ".join(score.missing),
    }


def _fired(rule: FiredRule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "flag": rule.flag,
        "source": rule.source,
        "version": rule.version,
        "because_unknown": rule.because_unknown,
        "symbols": rule.symbols,
        "routes": [(called("routes", r), d.label) for r, d in rule.routes.items()],
    }


def _said(line: TranscriptLine, clock: Clock) -> dict[str, Any]:
    words = clinic_words()["attachments"]
    notes = [words["media"].format(count=line.media_count)] if line.media_count else []
    notes += [words["location"]] if line.has_location else []
    is_said = line.direction in SPEAKERS
    return {
        "at": clock(line.at),
        "direction": line.direction,
        "who": line.clinician_name or called("speakers", line.direction),
        "step": "" if is_said else called("actions", line.kind),
        "text": line.text if is_said else "",
        "delivery": called("deliveries", line.delivery),
        "notes": notes,
    }
