"""The shape of `definitions/triage.yaml` as written."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

import msgspec

from bot.core.decisions import Disposition, Priority
from bot.core.messages import Channel
from bot.rules.resources_file import Confidence

DispositionLabel = Literal["eligible", "review", "not-now", "emergency"]
DISPOSITIONS = {disposition.label: disposition for disposition in Disposition}


class OnUnknown(StrEnum):
    """What a rule does when its condition cannot be decided."""

    REVIEW = "review"
    SAME = "same"


class Fact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something known that rules rest on."""

    id: str
    says: str
    citation: str
    confidence: Confidence


class RuleEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One triage rule; the head of the YAML file says what each field means."""

    id: str
    about: str
    when: str
    routes: dict[str, DispositionLabel]
    flag: str
    facts: tuple[str, ...]
    version: str = "1"
    words: str = ""
    priority: Priority = Priority.ROUTINE
    unknown: OnUnknown = OnUnknown.REVIEW
    covered_by: str = ""
    not_needed_when: str = ""
    yields_to_urgent: bool = False
    declined_priority: Priority = Priority.ROUTINE


class PreferredRoute(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The symbol that holds the patient's preference, and its value for "no preference"."""

    symbol: str
    open_to_all: str


class Flags(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the clinician is told that an answer is missing; `{about}` names it."""

    declined: str
    not_asked: str


Said = str | dict[Channel, str]


class TriageFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    version: str
    routes: tuple[str, ...]
    preferred_route: PreferredRoute
    flags: Flags
    facts: tuple[Fact, ...]
    rules: tuple[RuleEntry, ...]
    always_with_not_now: str
    texts: dict[str, list[dict[str, Said]]]
