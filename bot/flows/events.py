"""What a step of the engine did, as data. The engine performs nothing.

Reply texts of a step are the `text` of its Said and Asked events, in order. An answer that means
danger is told (RiskAnswered) before anything that follows from going on.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.core.answers import Answer
from bot.core.decisions import Decision
from bot.core.findings import Finding
from bot.core.messages import Choice


class HumanReason(StrEnum):
    """Why a person is asked for."""

    PATIENT = "patient"
    UNCLEAR = "unclear"
    LIMIT = "limit"


@dataclass(frozen=True, slots=True)
class Said:
    """A text of the flow or of the engine. May hold the literal `{secure_link}`."""

    text: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A question was asked (again). It is number `number` of about `about`, an estimate."""

    link_id: str
    text: str
    choices: tuple[Choice, ...]
    number: int
    about: int


@dataclass(frozen=True, slots=True)
class AnswerRecorded:
    """A question got its answer; `earlier` is what it had before, if anything."""

    answer: Answer
    earlier: Answer | None = None


@dataclass(frozen=True, slots=True)
class AnswersRemoved:
    """These answers are no longer on the path; they are kept in case it comes back."""

    link_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """A reply gave no answer. `attempt` counts from 1; `reason` is an UnclearReason's value."""

    link_id: str
    attempt: int
    reason: str


@dataclass(frozen=True, slots=True)
class RiskAnswered:
    """The answer to a risk question means danger, is unclear, or was declined."""

    link_id: str
    finding: Finding


@dataclass(frozen=True, slots=True)
class Triaged:
    """The answers so far were judged at triage node `node`; `final` marks the result."""

    node: str
    decision: Decision
    final: bool


@dataclass(frozen=True, slots=True)
class HumanAsked:
    """A person should look at this conversation."""

    reason: HumanReason


@dataclass(frozen=True, slots=True)
class LanguageSet:
    """The patient chose a language."""

    language: str


@dataclass(frozen=True, slots=True)
class PauseAsked:
    """The patient wants to go on later."""


@dataclass(frozen=True, slots=True)
class LinkOffered:
    """The next text holds `{secure_link}`: a link has to be made for it."""


@dataclass(frozen=True, slots=True)
class Restarted:
    """The patient started over; all answers were dropped."""


@dataclass(frozen=True, slots=True)
class Ended:
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
