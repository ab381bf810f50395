"""What a question asks for: all that reading a reply needs to know, and no wording of its own.

The texts that are sent stay with the flow's nodes; the labels are here because patients write
them back. A question never changes while a conversation runs: it belongs to a flow version.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bot.core.answers import Value
from bot.core.findings import Category, Tier

_DIGIT = re.compile(r"\d")


class Kind(StrEnum):
    """What sort of value a question asks for, as flow files write it."""

    YES_NO = "yes_no"
    ONE_OF = "one_of"
    MANY_OF = "many_of"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"
    PLACE = "place"
    TEXT = "text"
    MEDICATIONS = "medications"
    BLOOD_PRESSURE = "blood_pressure"


class Unit(StrEnum):
    """The unit a number is stored in; other units of the same dimension are converted to it."""

    YEAR = "year"
    WEEK = "week"
    DAY = "day"
    MG = "mg"
    LB = "lb"
    KG = "kg"
    IN = "in"
    CM = "cm"
    COUNT = "count"


@dataclass(frozen=True, slots=True)
class QuestionChoice:
    """One choice: the code that is stored, and what patients may write for it.

    `labels` is the shown wording per language, `words` further wordings per language. An
    `exclusive` choice ("none of these") cannot be combined with others. `ordinal` is the score of
    an instrument's option, None where the option has none; half a label of such a choice is
    always asked back. `has_digits` says whether a label contains a number, which a bare number in
    a reply may be taken from.
    """

    value: str
    labels: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    exclusive: bool = False
    ordinal: int | None = None
    has_digits: bool = field(init=False, repr=False, compare=False, default=False)

    def __post_init__(self) -> None:
        # looked at for every numeric reply, so it is worked out once
        found = any(_DIGIT.search(label) for label in self.labels.values())
        object.__setattr__(self, "has_digits", found)


@dataclass(frozen=True, slots=True)
class Risk:
    """Which answers to a question mean danger, how urgent and of what kind.

    `positive` is a bool for yes_no, the codes of the choices for one_of and many_of.
    """

    category: Category
    tier: Tier
    positive: frozenset[str] | bool

    def is_positive(self, value: Value) -> bool:
        """Whether this known value means danger; an unknown one (None) is not judged here."""
        if isinstance(self.positive, bool):
            return value is self.positive
        if isinstance(value, tuple):
            return not self.positive.isdisjoint(value)
        return value in self.positive


@dataclass(frozen=True, slots=True)
class Question:
    """One question as reading sees it.

    `minimum` and `maximum` are inclusive, in `unit`. `past` demands a date before or on the day
    it is answered; `minimum_age_years` and `maximum_age_years` (inclusive) say which birth dates
    are plausible at all, not who is eligible. `unsure` offers "not sure" as an answer of its own.
    `first_number` is the number the first choice is shown with (0 or 1).
    """

    link_id: str
    kind: Kind
    choices: tuple[QuestionChoice, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    unit: Unit = Unit.COUNT
    skippable: bool = False
    unsure: bool = False
    past: bool = False
    minimum_age_years: int | None = None
    maximum_age_years: int | None = None
    risk: Risk | None = None
    first_number: int = 1
    languages: tuple[str, ...] = ("en", "es")
