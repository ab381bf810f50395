"""A compiled flow: a flat tuple of steps with integer targets, ready to be walked.

Nothing here is looked up by name while a patient waits: jumps are indexes, texts are written
out per language and channel with their numbered choices, conditions are closures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.core.conditions import Condition, Symbol
from bot.core.decisions import Disposition
from bot.core.instruments import Instrument
from bot.core.messages import Channel, Choice
from bot.flows.questions import Question

Wording = Mapping[tuple[str, Channel], str]
"""(language, channel) -> text."""

Conditions = tuple[Condition, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepBase:
    """What every step has. It is passed over only when a condition is definitely false.

    `following` is the step after it, `passed` the one to go to when it is passed over.
    """

    id: str
    when: Conditions = ()
    following: int = -1
    passed: int = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class SayStep(StepBase):
    """Says `text`."""

    text: Wording


@dataclass(frozen=True, slots=True, kw_only=True)
class AskStep(StepBase):
    """Asks `question`; `plain` is its text without choices, `text` what is sent.

    `reading` is the question as replies are read: with "not sure" among the choices. `group` is
    the node of the instrument it belongs to and `stem` what introduces that instrument. `note`
    names, per language, the phrase that says that the wording exists in another language only.
    `suspects` are earlier risk questions that decided that this one is asked. `scores` are the
    points of an instrument's options. `ahead` is how many questions usually follow from here,
    itself included.
    """

    question: Question
    reading: Question
    text: Wording
    plain: Wording
    choices: Mapping[tuple[str, Channel], tuple[Choice, ...]]
    why: Wording | None = None
    again: tuple[Wording, Wording] | None = None
    topic: Wording | None = None
    group: str | None = None
    stem: Wording | None = None
    note: Mapping[str, str] = field(default_factory=dict)
    sensitive: bool = False
    suspects: tuple[str, ...] = ()
    scores: Mapping[str, int] = field(default_factory=dict)
    ahead: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkStep(AskStep):
    """Asks whether to go on by text or over a secure link; `offer` holds the link."""

    offer: Wording | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryStep(StepBase):
    """Says `text` and lists the topics of what was answered, to confirm or change."""

    text: Wording
    ahead: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchStep(StepBase):
    """Goes to the first true case."""

    cases: tuple[tuple[Condition, int], ...]
    otherwise: int
    unknown: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TriageStep(StepBase):
    """Goes on by disposition, else to `following`.

    It `only_closes` when it is on the way and nothing less than "not now" leaves it elsewhere.
    """

    cases: Mapping[Disposition, int]
    final: bool

    @property
    def only_closes(self) -> bool:
        """Whether a decision below "not now" changes nothing here."""
        return not self.final and all(case >= Disposition.NOT_NOW for case in self.cases)


@dataclass(frozen=True, slots=True, kw_only=True)
class GateStep(StepBase):
    """Where a sub-flow begins; goes on unless its condition is definitely false."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndStep(StepBase):
    """Says `text` and ends with `outcome`."""

    text: Wording
    outcome: str


FlowStep = (
    SayStep | AskStep | LinkStep | SummaryStep | BranchStep | TriageStep | GateStep | EndStep
)


@dataclass(frozen=True, slots=True)
class Flow:
    """A flow of one version, with everything a conversation pinned to it will ever need.

    `source` is the canonical bundle it was compiled from and `content_hash` its SHA-256;
    `flow_from_source(source)` gives the same flow again. `questions` are all questions by
    link_id, in the order of `order`. `index` gives the step of an id (or of a link_id), `totals`
    the instrument that a total's symbol belongs to. `sources` says which answer gives a symbol:
    its link_id, and the name of the part ("" for the value itself).
    """

    id: str
    version: str
    languages: tuple[str, ...]
    title: Mapping[str, str]
    content_hash: str
    source: bytes
    steps: tuple[FlowStep, ...]
    index: Mapping[str, int]
    symbols: Mapping[str, Symbol]
    questions: Mapping[str, Question]
    instruments: Mapping[str, Instrument]
    totals: Mapping[str, Instrument]
    sources: Mapping[str, tuple[str, str]]

    @property
    def order(self) -> tuple[str, ...]:
        """Every question's link_id, in the order in which the flow lists them."""
        return tuple(self.questions)
