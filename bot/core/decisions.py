"""What triage decided, why, and from which answers. Data only; `bot.rules.triage` decides."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from bot.core.answers import Answer


class Disposition(IntEnum):
    """Triage's result. A higher number outranks a lower one: emergency > not now > review."""

    ELIGIBLE = 0
    REVIEW = 1
    NOT_NOW = 2
    EMERGENCY = 3

    @property
    def label(self) -> str:
        """The word used in definitions, JSON and pages: `not-now`, not `NOT_NOW`."""
        return self.name.lower().replace("_", "-")


class Priority(StrEnum):
    """How soon a clinician must act (FHIR R4 request-priority)."""

    ROUTINE = "routine"
    URGENT = "urgent"
    STAT = "stat"


@dataclass(frozen=True, slots=True)
class FiredRule:
    """One triage rule that applied.

    `routes` maps each treatment route it speaks about to the disposition it asks for. `symbols`
    are the answers it used, as (symbol, value shown to the clinician). `because_unknown` says
    that it applied since an answer it needs is missing, not since it is true. `flag` is the line
    for the clinician (already in English, with no patient's free text in it).
    """

    id: str
    routes: Mapping[str, Disposition]
    priority: Priority
    flag: str
    source: str
    version: str
    symbols: tuple[tuple[str, str], ...] = ()
    because_unknown: bool = False
    patient_words: str = ""


@dataclass(frozen=True, slots=True)
class Score:
    """An instrument's total; None while any item is missing. `band` is its severity or result."""

    instrument: str
    total: int | None
    maximum: int
    band: str
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """What triage decided from a set of answers, in a form that can be stored and replayed.

    `patient_words` are keys of texts for the patient (in definitions), most important first.
    `ruleset_hash` pins the rules; `routes` gives each treatment route's own disposition.
    """

    disposition: Disposition
    priority: Priority
    routes: Mapping[str, Disposition]
    fired: tuple[FiredRule, ...]
    scores: tuple[Score, ...]
    ruleset_hash: str
    patient_words: tuple[str, ...] = ()


Judge = Callable[[Iterable[Answer]], Decision]
"""What the flow engine and `take_turn` are handed to triage with: answers -> Decision."""


@dataclass(frozen=True, slots=True)
class QuickJudge:
    """A judge that also tells, at less cost, when answers cannot be closing yet.

    `may_close` is false only where `decide` would come to less than "not now" on every route.
    """

    decide: Judge
    may_close: Callable[[Iterable[Answer]], bool]

    def __call__(self, answers: Iterable[Answer]) -> Decision:
        """Return the whole decision."""
        return self.decide(answers)
