"""What a step of the engine did, as data. The engine performs nothing.

Reply texts of a step are the `text` of its Said and Asked events, in order. An answer that means
danger is told (RiskAnswered) before anything that follows from going on. Events are structs and
not dataclasses because they are made several times a turn, which takes a fifth of the time.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from bot.core.answers import Answer
from bot.core.decisions import Decision
from bot.core.findings import Finding
from bot.core.messages import Choice


class HumanReason(StrEnum):
    """Why a person is asked for."""

    PATIENT = "patient"
    UNCLEAR = "unclear"
    LIMIT = "limit"


class Said(msgspec.Struct, frozen=True):
    """A text of the flow or of the engine. May hold the literal `{secure_link}`."""

    text: str


class Asked(msgspec.Struct, frozen=True):
    """A question was asked (again). It is number `number` of about `about`, an estimate."""

    link_id: str
    text: str
    choices: tuple[Choice, ...]
    number: int
    about: int


class AnswerRecorded(msgspec.Struct, frozen=True):
    """A question got its answer; `earlier` is what it had before, if anything."""

    answer: Answer
    earlier: Answer | None = None


class AnswersRemoved(msgspec.Struct, frozen=True):
    """These answers are no longer on the path; they are kept in case it comes back."""

    link_ids: tuple[str, ...]


class NotUnderstood(msgspec.Struct, frozen=True):
    """A reply gave no answer. `attempt` counts from 1; `reason` is an UnclearReason's value."""

    link_id: str
    attempt: int
    reason: str


class RiskAnswered(msgspec.Struct, frozen=True):
    """The answer to a risk question means danger, is unclear, or was declined."""

    link_id: str
    finding: Finding


class Triaged(msgspec.Struct, frozen=True):
    """The answers so far were judged at triage node `node`; `final` marks the result."""

    node: str
    decision: Decision
    final: bool


class HumanAsked(msgspec.Struct, frozen=True):
    """A person should look at this conversation."""

    reason: HumanReason


class LanguageSet(msgspec.Struct, frozen=True):
    """The patient chose a language."""

    language: str


class PauseAsked(msgspec.Struct, frozen=True):
    """The patient wants to go on later."""


class LinkOffered(msgspec.Struct, frozen=True):
    """The next text holds `{secure_link}`: a link has to be made for it."""


class Restarted(msgspec.Struct, frozen=True):
    """The patient started over; all answers were dropped."""


class Ended(msgspec.Struct, frozen=True):
    """The flow is through, with the outcome its last node names."""

    outcome: str


Event = (
    Said
    | Asked
    | AnswerRecorded
    | AnswersRemoved
    | NotUnderstood
    | RiskAnswered
    | Triaged
    | HumanAsked
    | LanguageSet
    | PauseAsked
    | LinkOffered
    | Restarted
    | Ended
)
