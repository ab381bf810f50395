"""From definition files as read to what the detector runs: sets, gate, guards, misspellings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import TypeVar

from bot.core.errors import DefinitionError
from bot.core.findings import Category, Tier
from bot.rules.crisis import pattern, views
from bot.rules.crisis.anchors import Anchor, anchors_of
from bot.rules.crisis.context import Answers
from bot.rules.crisis.detector import Gate
from bot.rules.crisis.model import (
    AnswerFile,
    DisguiseFile,
    Escalation,
    EscalationEntry,
    Grammar,
    Guard,
    GuardEntry,
    GuardFile,
    Rule,
    RuleEntry,
    RuleFile,
    RuleGroup,
    Scope,
    Who,
)
from bot.rules.crisis.pattern import LazyPattern, Vocabulary, fold_source

_GATE_MEMORY_MB = 64
_GROUP_MEMORY_MB = 256
_TIERS = {tier.label: tier for tier in Tier}
_Word = TypeVar("_Word", bound=StrEnum)


def groups(
    files: Iterable[RuleFile], guard_file: GuardFile, vocabulary: Vocabulary
) -> tuple[RuleGroup, ...]:
    """Return the compiled groups, one a file. Raises DefinitionError naming the rule."""
    guards = {entry.id: _guard(entry, vocabulary) for entry in guard_file.guards}
    sets = {name: _guard_set(name, ids, guards) for name, ids in guard_file.sets.items()}
    return tuple(_group(file, sets, vocabulary) for file in files)


def gate(files: Iterable[RuleFile], disguise: DisguiseFile, vocabulary: Vocabulary) -> Gate:
    """Return the gate: each group's anchors, then the signs of disguise."""
    common = frozenset(disguise.common_words)
    anchors = [_anchor_source(file, vocabulary, common) for file in files]
    signs = [
        views.SPACED_SIGN,
        views.ENCODED_SIGN,
        _join_bounded((word[::-1] for word in disguise.backwards), vocabulary),
        _misspelled_source(disguise),
    ]
    compiled = pattern.compile_set([*anchors, *signs], where="gate", memory_mb=_GATE_MEMORY_MB)
    first = len(anchors)
    return Gate(compiled, first, first + 1, first + 2, first + 3)


def misspellings(disguise: DisguiseFile) -> Mapping[bytes, bytes]:
    """Return misspelling -> stem, without the spellings that are words of their own."""
    real = set(disguise.real_words) | set(disguise.stems)
    return {
        spelling.encode(): stem.encode()
        for stem in reversed(disguise.stems)
        for spelling in views.misspellings_of(stem)
        if spelling not in real
    }


def grammar(file: GuardFile, vocabulary: Vocabulary) -> Grammar:
    """Return what the reading of a hit's surroundings needs."""
    own = _join(file.self_subjects, vocabulary)
    others = _join(file.other_subjects, vocabulary)
    nearest = pattern.compile_one(
        rf"(?s:.*)\b(?:({own})|{others})\b", where="self_subjects", captures=True
    )
    return Grammar(
        clause_breaks=tuple(mark.encode() for mark in file.clause_breaks),
        nearest_subject=nearest,
        self_in_hit=LazyPattern(_join_bounded(file.self_in_hit, vocabulary), "self_in_hit"),
        other_in_hit=LazyPattern(_join_bounded(file.other_in_hit, vocabulary), "other_in_hit"),
        escalations=tuple(_escalation(entry, vocabulary) for entry in file.escalations),
    )


def answers(file: AnswerFile, vocabulary: Vocabulary) -> Answers:
    """Return the compiled readings of short replies to a risk question."""
    return Answers(
        positive=LazyPattern(_join_bounded(file.positive, vocabulary), "answers.positive"),
        negative=LazyPattern(_join_bounded(file.negative, vocabulary), "answers.negative"),
    )


def _group(
    file: RuleFile, sets: Mapping[str, tuple[Guard, ...]], vocabulary: Vocabulary
) -> RuleGroup:
    sources = [_rule_source(entry, vocabulary, joined=file.joined) for entry in file.rules]
    rules = tuple(
        _rule(entry, file, source, sets) for entry, source in zip(file.rules, sources, strict=True)
    )
    names = [entry.id for entry in file.rules]
    compiled = pattern.compile_set(
        sources, where=file.group, memory_mb=_GROUP_MEMORY_MB, names=names
    )
    return RuleGroup(file.group, compiled, rules)


def _rule(
    entry: RuleEntry, file: RuleFile, source: str, sets: Mapping[str, tuple[Guard, ...]]
) -> Rule:
    names = entry.guards if entry.guards is not None else file.guards
    unknown = [name for name in names if name not in sets]
    if unknown:
        raise DefinitionError(entry.id, f"no guard set is called {unknown[0]}")
    return Rule(
        id=entry.id,
        tier=_tier(entry.id, entry.tier),
        category=_word(entry.id, Category, entry.category or file.category),
        who=_word(entry.id, Who, entry.who),
        pattern=LazyPattern(source, entry.id),
        guards=tuple(dict.fromkeys(guard for name in names for guard in sets[name])),
    )


def _rule_source(entry: RuleEntry, vocabulary: Vocabulary, *, joined: bool) -> str:
    """Return the RE2 source of the rule's alternatives."""
    if not entry.patterns:
        raise DefinitionError(entry.id, "a rule needs patterns")
    try:
        if joined:
            return _join(entry.patterns, vocabulary)
        return _join_bounded(entry.patterns, vocabulary)
    except DefinitionError as error:
        raise DefinitionError(entry.id, error.problem) from error


def _anchor_source(file: RuleFile, vocabulary: Vocabulary, common: frozenset[str]) -> str:
    """Return what every text that one of the file's rules matches must hold."""
    chosen: set[Anchor] = set()
    for entry in file.rules:
        for source in entry.patterns:
            try:
                chosen |= anchors_of(fold_source(source), vocabulary, common)
            except DefinitionError as error:
                raise DefinitionError(entry.id, error.problem) from error
    if file.joined:
        chosen = {replace(anchor, opens_word=False, ends_word=False) for anchor in chosen}
    return "|".join(anchor.source(vocabulary) for anchor in sorted(chosen))


def _guard(entry: GuardEntry, vocabulary: Vocabulary) -> Guard:
    scope = _word(entry.id, Scope, entry.scope)
    source = _join_bounded(entry.patterns, vocabulary)
    if scope is Scope.BEFORE:
        source = rf"\b{_join(entry.patterns, vocabulary)}[^a-z0-9~]*\z"
    if scope is Scope.AFTER:
        source = rf"\A[^a-z0-9~]*(?:{source})"
    return Guard(
        id=entry.id,
        scope=scope,
        to=_tier(entry.id, entry.to),
        pattern=pattern.compile_one(source, where=entry.id),
        unless=_optional(entry.unless, f"{entry.id}.unless", vocabulary),
        unless_hit=_optional(entry.unless_hit, f"{entry.id}.unless_hit", vocabulary),
    )


def _optional(sources: list[str], where: str, vocabulary: Vocabulary) -> LazyPattern | None:
    return LazyPattern(_join_bounded(sources, vocabulary), where) if sources else None


def _guard_set(name: str, ids: Iterable[str], guards: Mapping[str, Guard]) -> tuple[Guard, ...]:
    """Return the set's guards, those that demote furthest first."""
    unknown = [guard_id for guard_id in ids if guard_id not in guards]
    if unknown:
        raise DefinitionError(f"sets.{name}", f"no guard is called {unknown[0]}")
    return tuple(sorted((guards[guard_id] for guard_id in ids), key=lambda guard: guard.to))


def _escalation(entry: EscalationEntry, vocabulary: Vocabulary) -> Escalation:
    return Escalation(
        id=entry.id,
        categories=frozenset(_word(entry.id, Category, name) for name in entry.categories),
        pattern=LazyPattern(_join_bounded(entry.patterns, vocabulary), entry.id),
    )


def _misspelled_source(disguise: DisguiseFile) -> str:
    """Return what every misspelling of a stem matches, told apart later by the table."""
    return rf"\b(?:{'|'.join(_one_edit_away(stem) for stem in disguise.stems)})\b"


def _one_edit_away(stem: str) -> str:
    """Return a pattern of every word one edit away from `stem`, its first letter kept."""
    forms = []
    for index in range(1, len(stem) + 1):
        head, tail = stem[:index], stem[index:]
        forms.append(f"{head}[a-z]{tail}")
        if tail:
            forms.append(f"{head}[a-z]?{tail[1:]}")
        if len(tail) > 1:
            forms.append(f"{head}{tail[1]}{tail[0]}{tail[2:]}")
    return "|".join(forms)


def _join(sources: Iterable[str], vocabulary: Vocabulary) -> str:
    return f"(?:{'|'.join(pattern.translate(source, vocabulary) for source in sources)})"


def _join_bounded(sources: Iterable[str], vocabulary: Vocabulary) -> str:
    bounded = (
        pattern.bounded(source, pattern.translate(source, vocabulary)) for source in sources
    )
    return f"(?:{'|'.join(bounded)})"


def _tier(where: str, label: str) -> Tier:
    tier = _TIERS.get(label)
    if tier is None:
        raise DefinitionError(where, f"{label} is no tier; known: {', '.join(_TIERS)}")
    return tier


def _word(where: str, kind: type[_Word], value: str) -> _Word:
    try:
        return kind(value)
    except ValueError as error:
        known = ", ".join(kind)
        raise DefinitionError(where, f"{value} is no {kind.__name__}; known: {known}") from error
