"""What is known of a conversation between two turns, and what a turn gives back.

A turn performs nothing. It returns the conversation as it will be, the texts of the reply, and
a list of events; the service room stores them in one transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import msgspec

from bot.core.answers import Answer
from bot.core.decisions import Decision, Priority
from bot.core.findings import Finding
from bot.core.messages import Channel, Choice
from bot.flows.state import FlowState


class ConversationStatus(StrEnum):
    """Who may speak next.

    ACTIVE: the flow. PAUSED: the flow, once the patient writes again. HELD: nobody but emergency
    resources, until a clinician releases it. HUMAN: a clinician; the bot is silent. ENDED: the
    flow is through. EXPIRED: given up after silence.
    """

    ACTIVE = "active"
    PAUSED = "paused"
    HELD = "held"
    HUMAN = "human"
    ENDED = "ended"
    EXPIRED = "expired"


OPEN_STATUSES = frozenset(
    {
        ConversationStatus.ACTIVE,
        ConversationStatus.PAUSED,
        ConversationStatus.HELD,
        ConversationStatus.HUMAN,
    }
)


class Conversation(msgspec.Struct, frozen=True):
    """One run of one flow with one patient, pinned to the flow version it began with.

    `turn_number` counts from 1: inbound messages, steps of clinicians, steps of silence.
    `flow_state` is None until the flow has begun or when it cannot be read. `recent_texts` are the
    last inbound texts, oldest first, kept so that a danger sign split over two messages is seen.
    `risk_open` says that a finding or a positive risk answer has not been closed by a clinician.
    `crisis_answers` counts how often emergency resources were sent. `consult_id` is the consult
    request of this conversation, if any. `hold_state` is where the suicide-risk screen stands that
    is offered while it is HELD.
    """

    id: str
    clinic_id: str
    patient_id: str
    channel: Channel
    status: ConversationStatus
    language: str
    flow_hash: str
    started_at: datetime
    turn_number: int = 0
    flow_state: FlowState | None = None
    recent_texts: tuple[str, ...] = ()
    last_inbound_at: datetime | None = None
    opted_out: bool = False
    risk_open: bool = False
    crisis_answers: int = 0
    consult_id: str | None = None
    consult_priority: Priority | None = None
    hold_state: FlowState | None = None


class ReplyKind(StrEnum):
    """Why a text is sent; decides how often it may be tried again.

    A REMINDER answers nothing: it is not sent any more once the conversation has moved on.
    """

    ROUTINE = "routine"
    CHECK_IN = "check-in"
    CRISIS = "crisis"
    NOTICE = "notice"
    CLINICIAN = "clinician"
    REMINDER = "reminder"


@dataclass(frozen=True, slots=True)
class ReplyText:
    """One text of the reply, in order. `choices` are those it offers on a page."""

    text: str
    kind: ReplyKind = ReplyKind.ROUTINE
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class ConversationStarted:
    """A new conversation takes the place of `replaces` (or is the patient's first: None)."""

    replaces: str | None


@dataclass(frozen=True, slots=True)
class AnswerLogged:
    """A question was answered, skipped or left unclear."""

    answer: Answer


@dataclass(frozen=True, slots=True)
class SafetyEvent:
    """Crisis language or a positive risk answer, and which resources were said in reply.

    `source` is `text` or `answer:<link_id>`; `said` are the texts given (resources only).
    """

    id: str
    finding: Finding
    source: str
    said: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ConsultOpened:
    """A clinician is asked to act. `reasons` are codes, `decision` is None before triage."""

    id: str
    priority: Priority
    reasons: tuple[str, ...]
    due_at: datetime
    decision: Decision | None = None


@dataclass(frozen=True, slots=True)
class ConsultRaised:
    """More is known about an open consult request: reasons to add, a priority that never falls."""

    id: str
    priority: Priority
    reasons: tuple[str, ...]
    due_at: datetime
    decision: Decision | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """Triage has decided for this conversation; stored even when no clinician is asked to act."""

    decision: Decision


@dataclass(frozen=True, slots=True)
class OptOutChanged:
    """The patient opted out (or in again); holds for every conversation of this address."""

    opted_out: bool
    source: str


@dataclass(frozen=True, slots=True)
class PageRequested:
    """On-call staff must be paged. `reason` is the value of an AlertReason."""

    reason: str
    priority: Priority


@dataclass(frozen=True, slots=True)
class LinkIssued:
    """A secure web link was offered. Only the token's SHA-256 is kept."""

    token_hash: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Flagged:
    """Something a clinician should know of this conversation; `code` names it in definitions."""

    code: str


class TimerKind(StrEnum):
    """What a silence brings, in its order."""

    SILENT_AT_RISK = "silent-at-risk"
    REMINDER = "reminder"
    LAST_REMINDER = "last-reminder"
    EXPIRY = "expiry"
    LAST_WORD = "last-word"


@dataclass(frozen=True, slots=True)
class TimerSet:
    """What comes next if nothing else happens. It takes the place of any earlier timer.

    `since` is when the silence began.
    """

    kind: TimerKind
    due_at: datetime
    since: datetime


TurnEvent = (
    ConversationStarted
    | AnswerLogged
    | SafetyEvent
    | ConsultOpened
    | ConsultRaised
    | Decided
    | OptOutChanged
    | PageRequested
    | LinkIssued
    | Flagged
    | TimerSet
)


@dataclass(frozen=True, slots=True)
class TurnOutcome:
    """What one inbound message changed: to be stored whole or not at all.

    `facts` are counters and labels without any patient's words, for the log line and metrics.
    """

    conversation: Conversation
    replies: tuple[ReplyText, ...]
    events: tuple[TurnEvent, ...]
    finding: Finding
    facts: Mapping[str, str | int]
