"""What reading a reply can come to.

There is no fifth outcome: a reply that is not understood is never turned into a value, and
"not sure" is never turned into "no". A patient who hedges is told apart (`hedged`) because a
risk question treats that as a reason for concern.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bot.core.answers import Value


class UnclearReason(StrEnum):
    """Why a reply gave no value; decides the wording of the next asking."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    NOT_A_CHOICE = "not_a_choice"
    SEVERAL_CHOICES = "several_choices"
    NOT_A_NUMBER = "not_a_number"
    SEVERAL_NUMBERS = "several_numbers"
    NOT_WHOLE = "not_whole"
    NOT_EXACT = "not_exact"
    OUT_OF_RANGE = "out_of_range"
    WRONG_UNIT = "wrong_unit"
    INEXACT_UNIT = "inexact_unit"
    NOT_A_DATE = "not_a_date"
    IMPOSSIBLE_DATE = "impossible_date"
    FUTURE_DATE = "future_date"
    UNKNOWN_PLACE = "unknown_place"
    NOT_A_MEDICATION = "not_a_medication"
    CONTRADICTORY = "contradictory"
    HEDGED = "hedged"


class AmbiguousReason(StrEnum):
    """Why a reply has two readings; decides the wording of the confirmation."""

    SPELLING = "spelling"
    NUMBER_OR_LABEL = "number_or_label"
    RANGE_OR_LIST = "range_or_list"
    TWO_CHOICES = "two_choices"
    WEAK = "weak"
    DAY_OR_MONTH = "day_or_month"
    CENTURY = "century"
    SEPARATOR = "separator"
    LANGUAGE = "language"
    TWO_PLACES = "two_places"


@dataclass(frozen=True, slots=True)
class Understood:
    """A value that is legal for the question, its parts, and the patient's own words."""

    value: Value
    parts: Mapping[str, Value] = field(default_factory=dict)
    written: str = ""


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """Exactly two different readings, the likelier first: ask which one is meant."""

    readings: tuple[Understood, Understood]
    reason: AmbiguousReason


@dataclass(frozen=True, slots=True)
class Unclear:
    """No value. `hedged` says that the patient wavered ("maybe", "yes and no")."""

    reason: UnclearReason
    hedged: bool = False


@dataclass(frozen=True, slots=True)
class Unsure:
    """The patient does not know, and the question offers that as an answer of its own."""


Reading = Understood | Ambiguous | Unclear | Unsure


class CommandKind(StrEnum):
    """What a patient can tell the conversation to do instead of answering."""

    BACK = "back"
    SKIP = "skip"
    REPEAT = "repeat"
    WHY = "why"
    LANGUAGE = "language"
    PAUSE = "pause"
    HUMAN = "human"
    START_OVER = "start_over"
    CHANGE = "change"


@dataclass(frozen=True, slots=True)
class Command:
    """A command that was the whole message.

    `count` (at least 1) is how many questions BACK goes back; `language` is the code that
    LANGUAGE switches to, None for every other kind.
    """

    kind: CommandKind
    count: int = 1
    language: str | None = None


@dataclass(frozen=True, slots=True)
class MedicationMention:
    """One medication as a patient named it.

    `written` is the patient's wording with the dose and duration beside it. `name` is the generic
    name, None when it was not recognised or only a class was named ("benzos"). `dose` is the dose
    as written ("10 mg", or "300" where no unit was given). A duration is kept as `weeks` or as
    `months`, never converted between the two because that is not exact.
    """

    written: str
    name: str | None = None
    drug_class: str | None = None
    dose: str | None = None
    weeks: int | None = None
    months: int | None = None

    @property
    def recognised(self) -> bool:
        """Whether the generic or at least the class is known."""
        return self.drug_class is not None
