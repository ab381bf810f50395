"""What the crisis rules saw in a text, or what a risk question's answer means.

A finding never calms down: tiers are ordered, a guard demotes a hit but keeps it on record.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Tier(IntEnum):
    """How urgent: emergency > crisis > check-in > none. Compare with `<` and `max`."""

    NONE = 0
    CHECK_IN = 1
    CRISIS = 2
    EMERGENCY = 3

    @property
    def label(self) -> str:
        """The word used in JSON, on pages and in documents: `check-in`, not `CHECK_IN`."""
        return self.name.lower().replace("_", "-")


class Category(StrEnum):
    """What kind of danger; decides which line's number is given first."""

    SUICIDE = "suicide"
    SELF_HARM = "self-harm"
    OVERDOSE = "overdose"
    MEDICAL = "medical"
    HARM_TO_OTHERS = "harm-to-others"
    ABUSE = "abuse"
    PSYCHOSIS = "psychosis"


class Subject(StrEnum):
    """Who is in danger: the one who writes, or somebody else."""

    SELF = "self"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class RuleHit:
    """A rule that matched `text[start:end]` of the original text, and what demoted it.

    For a risk question's answer `id` is `answer:<link_id>` and the span covers the whole reply.
    """

    id: str
    start: int
    end: int
    guards: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """The highest tier found, its category and subject, and every rule that contributed."""

    tier: Tier = Tier.NONE
    category: Category | None = None
    subject: Subject | None = None
    rules: tuple[RuleHit, ...] = ()

    @property
    def fires(self) -> bool:
        """Whether emergency resources must go out now (tier crisis or emergency)."""
        return self.tier >= Tier.CRISIS


NOTHING_FOUND = Finding()


def worse_of(first: Finding, second: Finding) -> Finding:
    """Return the finding of the higher tier with the hits of both; `first` wins a tie.

    On a tie a finding about the patient outranks one about somebody else: it decides the reply.
    """
    lead, other = first, second
    if (second.tier, second.subject is Subject.SELF) > (first.tier, first.subject is Subject.SELF):
        lead, other = second, first
    return Finding(lead.tier, lead.category, lead.subject, lead.rules + other.rules)
