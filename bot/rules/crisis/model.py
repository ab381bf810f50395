"""The definition files' shape, and the compiled rules the detector runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec

from bot.core.findings import Category, Tier


class Who(StrEnum):
    """Whose danger a rule speaks of; `open` lets the clause's grammatical subject decide."""

    SELF = "self"
    OTHER = "other"
    OPEN = "open"


class Scope(StrEnum):
    """The stretch of text a guard reads: around the hit, or the first words of the next sentence.

    `hit` is the hit itself, `quote` what stands before a quotation that holds it, `match` what the
    guard matched.
    """

    BEFORE = "before"
    AFTER = "after"
    HIT = "hit"
    CLAUSE = "clause"
    SENTENCE = "sentence"
    NEXT = "next"
    QUOTE = "quote"
    MATCH = "match"

    __hash__ = (
        str.__hash__
    )  # looked up for every guard of every hit: Enum's own is ten times slower


class RuleEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One rule as written. `fires` must fire it; `spares` must not."""

    id: str
    tier: str
    note: str
    fires: str
    spares: str
    patterns: list[str]
    category: str | None = None
    who: str = "open"
    source: str | None = None
    guards: list[str] | None = None


class RuleFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A family of rules; `category`, `source` and `guards` are defaults."""

    category: str
    source: str
    guards: list[str]
    rules: list[RuleEntry]


class WordFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Word classes; letters of `anchors` also stand for their look-alike digits and symbols."""

    anchors: dict[str, list[str]]
    words: dict[str, list[str]]


class GuardEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A circumstance that demotes a hit to the tier `to`, unless `unless` is met beside it.

    `unless` is looked for where the guard is; `unless_in` names another scope instead.
    """

    id: str
    note: str
    scope: str
    to: str
    patterns: list[str]
    unless: list[str] = []
    unless_in: str = ""
    unless_hit: list[str] = []


class EscalationEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What raises a standing crisis hit about the writer to an emergency."""

    id: str
    note: str
    categories: list[str]
    patterns: list[str]


class GatheringEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Signs that are too weak alone and that together raise a finding to the tier `to`.

    A standing check-in rule about the writer weighs 2, a standing rule of tier none weighs 1.
    """

    id: str
    note: str
    category: str
    weight: int
    to: str


class GuardFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Guards, the sets rules name, the words that end a clause, and the subjects of a clause."""

    guards: list[GuardEntry]
    sets: dict[str, list[str]]
    clause_breaks: list[str]
    self_subjects: list[str]
    other_subjects: list[str]
    self_in_hit: list[str]
    other_in_hit: list[str]
    escalations: list[EscalationEntry]
    gatherings: list[GatheringEntry]


class DisguiseFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Stems whose misspellings are mended, words that are no misspelling, words read backwards.

    `spellings` lists, for a word of the frames, the ways it is also written; `mangled` are words
    whose letters are often hidden, slipped or left out; `broken` are words split by blanks.
    `apostrophes` are words that are told by theirs.
    `fillers` are left out before the frames are searched; common words are
    too frequent to open the gate by themselves; `sounded` are Spanish words that are also read
    when they are written by ear; `shortened` lists what else may stand for a word in a frame.
    """

    most_common_words: list[str]
    common_words: list[str]
    common_words_es: list[str]
    stems: list[str]
    spellings: dict[str, list[str]]
    apostrophes: dict[str, str]
    real_words: list[str]
    backwards: list[str]
    fillers: list[str]
    joined: list[str]
    mangled: list[str]
    broken: list[str]
    sounded: list[str]
    shortened: dict[str, list[str]]


class AnswerFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Short replies that mean yes, hedges included, and those that mean no."""

    openers: list[str]
    positive: list[str]
    positive_es: list[str]
    negative: list[str]
    negative_tails: list[str]


@dataclass(frozen=True, slots=True)
class Guard:
    """A compiled guard."""

    id: str
    scope: Scope
    to: Tier
    pattern: Any
    unless: Any | None
    unless_in: Scope
    unless_hit: Any | None


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """A compiled rule; `guards` in the order they are asked."""

    id: str
    tier: Tier
    category: Category
    who: Who
    guards: tuple[Guard, ...]


@dataclass(frozen=True, slots=True)
class Escalation:
    """A compiled escalation."""

    id: str
    categories: frozenset[Category]
    pattern: Any


@dataclass(frozen=True, slots=True)
class Gathering:
    """A weight of weak signs of one category, and the tier they come to."""

    id: str
    category: Category
    weight: int
    to: Tier


@dataclass(frozen=True, slots=True)
class Grammar:
    """What the reading of a hit's surroundings needs: breaks, subjects, what raises a finding.

    `nearest_subject` reaches to the last subject of a stretch, `own_subject_last` tells whether a
    stretch ends with the writer as subject. `guards` are all guards of a scope, searched together.
    """

    guards: Mapping[Scope, Any]
    clause_break: Any
    nearest_subject: Any
    own_subject_last: Any
    self_in_hit: Any
    other_in_hit: Any
    escalations: tuple[Escalation, ...]
    gatherings: tuple[Gathering, ...]
