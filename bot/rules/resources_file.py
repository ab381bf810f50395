"""The shape of `definitions/resources.yaml` as written."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

import msgspec

from bot.core.findings import Subject

Said = dict[str, str]
Alternatives = list[Said]


class Confidence(StrEnum):
    """H: official or several independent texts. M: one secondary copy. K: no text at hand."""

    HIGH = "H"
    MEDIUM = "M"
    KNOWN = "K"


class ActionKind(StrEnum):
    """What a link does."""

    CALL = "call"
    TEXT = "text"
    CHAT = "chat"


class Action(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One way to reach a resource; `href` is tel:, sms: or https:."""

    kind: ActionKind
    href: str
    label: Said


class Resource(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line or service. `serves` are finding categories or other needs; `say` is its phrase."""

    id: str
    region: str
    name: Said
    serves: tuple[str, ...]
    languages: tuple[str, ...]
    say: Said
    actions: tuple[Action, ...]
    verified_on: date
    source: str
    confidence: Confidence


class Region(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The ids of a region's resources; None where no such line is on record."""

    emergency: str
    support: str
    poison: str | None = None
    abuse: str | None = None
    perinatal: str | None = None
    substance_use: str | None = None


class UnknownRegion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is said where no region is known: no number is guessed."""

    emergency: Said
    support: Said


class Longest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Lengths in characters up to which every wording is promised to be used in full."""

    clinic_name: int
    clinic_phone: int


class ResourcesFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`resources.yaml` as written."""

    version: str
    longest: Longest
    resources: tuple[Resource, ...]
    regions: dict[str, Region]
    aliases: dict[str, str]
    unknown_region: UnknownRegion
    clinic_link: Said
    answer: dict[Subject, dict[str, Alternatives]]
    clinic: dict[str, Alternatives]
    again: dict[Subject, dict[str, Alternatives]]
    check_in: dict[str, Alternatives]
    help: Alternatives
    stop: Alternatives
