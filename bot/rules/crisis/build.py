"""From definition files as read to what the detector runs: lexicon, gate, guards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from enum import StrEnum
from functools import partial
from typing import TypeVar

from bot.core.errors import DefinitionError
from bot.core.findings import Category, Tier
from bot.rules.crisis import pattern
from bot.rules.crisis.anchors import AnchorChoice, branches_of
from bot.rules.crisis.definitions import (
    Definitions,
    frames_of,
    parse_all,
    vocabulary_of,
)
from bot.rules.crisis.frame import Node
from bot.rules.crisis.gate import Cabinet, Gate
from bot.rules.crisis.lexicon import Lexicon
from bot.rules.crisis.model import (
    DisguiseFile,
    Escalation,
    EscalationEntry,
    Gathering,
    Grammar,
    Guard,
    GuardEntry,
    GuardFile,
    Rule,
    RuleEntry,
    RuleFile,
    Scope,
    Who,
)
from bot.rules.crisis.parsing import Parser
from bot.rules.crisis.pattern import Translator, Vocabulary
from bot.rules.crisis.points_file import scorecard_of, words_weighed
from bot.rules.crisis.scorecard import Scorecard
from bot.rules.crisis.search import BRANCH_ROOM, LazyPattern, LazySet, LazyTest, Room
from bot.rules.crisis.spelling import manglings, misspellings_of
from bot.rules.crisis.wordlists import WordLists, build_lexicon

_GUARD_ROOM = Room(16, 8192)
_NEAR = (Scope.CLAUSE, Scope.SENTENCE)
"""Scopes that hold words which need not touch the hit."""
_COMMON_PRICE = 300.0
_MOST_COMMON_PRICE = 3000.0
_COMMON_SPANISH_PRICE = 40.0
_TIERS = {tier.label: tier for tier in Tier}
_Word = TypeVar("_Word", bound=StrEnum)


class Builder:
    """Builds the parts of a detector; all frames are parsed before the lexicon is made."""

    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions
        parser = Parser()
        vocabulary = vocabulary_of(definitions.words, parser)
        self._frames = dict(frames_of(definitions, vocabulary, parser))
        self._translator = Translator(vocabulary, self._lexicon(vocabulary, parser))
        disguise = definitions.disguise
        prices = dict.fromkeys(disguise.common_words_es, _COMMON_SPANISH_PRICE)
        prices |= dict.fromkeys(disguise.common_words, _COMMON_PRICE)
        prices |= dict.fromkeys(disguise.most_common_words, _MOST_COMMON_PRICE)
        self._anchor_choice = AnchorChoice(self._translator, prices)
        self._guards = {entry.id: self._guard(entry) for entry in definitions.guards.guards}

    @property
    def lexicon(self) -> Lexicon:
        """The lexicon of every word that the definitions name."""
        return self._translator.lexicon

    def _lexicon(self, vocabulary: Vocabulary, parser: Parser) -> Lexicon:
        disguise = self._definitions.disguise
        anchors = pattern.words_of(vocabulary.classes[name] for name in vocabulary.anchors)
        lists = WordLists(
            words=parser.literal.union(
                *(disguise.stems, disguise.spellings, disguise.fillers, disguise.real_words),
                disguise.mangled,
                disguise.sounded,
            ),
            anchors={word for words in anchors for word in words.literal},
            prefixes=parser.prefixes,
            fillers=disguise.fillers,
            misspellings=_misspellings(disguise),
            joined=disguise.joined,
            broken=disguise.broken,
            censored=disguise.mangled,
            backwards=disguise.backwards,
            sounded=disguise.sounded,
            shortened=disguise.shortened,
            families=self._definitions.families,
            weighed=words_weighed(self._definitions.scoring.passed_over, self._definitions.points),
        )
        return build_lexicon(lists)

    def scorecard(self) -> Scorecard:
        """Return the scorecard over this lexicon's codes. Raises DefinitionError."""
        definitions = self._definitions
        rules = {entry.id for file in definitions.rules for entry in file.rules}
        named = rules | self._guards.keys()
        return scorecard_of(definitions.scoring, definitions.points, self.lexicon, named)

    def gate(self) -> Gate:
        """Return the gate with every branch of every frame behind it. Raises DefinitionError."""
        cabinet = Cabinet()
        for rule, node in self._rules_with_frames():
            for branch in branches_of(node):
                try:
                    anchors = self._anchor_choice.of(branch)
                except DefinitionError as error:
                    raise DefinitionError(rule.id, error.problem) from error
                source = partial(self._translator.source, branch)
                cabinet.file(rule, anchors, LazyPattern(source, rule.id, BRANCH_ROOM))
        return cabinet.gate()

    def _rules_with_frames(self) -> Iterator[tuple[Rule, Node]]:
        sets = {
            name: _guard_set(name, ids, self._guards)
            for name, ids in self._definitions.guards.sets.items()
        }
        for file in self._definitions.rules:
            for entry in file.rules:
                rule = _rule(entry, file, sets)
                for node in self._frames[entry.id]:
                    yield rule, node

    def grammar(self) -> Grammar:
        """Return what the reading of a hit's surroundings needs."""
        file = self._definitions.guards
        own = partial(self._source, "self_subjects")
        others = partial(self._source, "other_subjects")
        return Grammar(
            guards=self._guards_by_scope(),
            clause_break=self._lazy("clause_breaks"),
            nearest_subject=LazyPattern(
                lambda: rf"(?s:.*)(?:{own()}|{others()})", "other_subjects"
            ),
            own_subject_last=LazyTest(lambda: rf"{own()}\z", "self_subjects"),
            self_in_hit=self._test("self_in_hit"),
            other_in_hit=self._test("other_in_hit"),
            escalations=tuple(self._escalation(entry) for entry in file.escalations),
            gatherings=_gatherings(file),
        )

    def _source(self, where: str) -> str:
        """Return the RE2 source of any of the frames written at `where`."""
        return f"(?:{'|'.join(map(self._translator.source, self._frames[where]))})"

    def _lazy(self, where: str) -> LazyPattern:
        return LazyPattern(partial(self._source, where), where)

    def _test(self, where: str) -> LazyTest:
        return LazyTest(partial(self._source, where), where)

    def _guard(self, entry: GuardEntry) -> Guard:
        scope = _word(entry.id, Scope, entry.scope)
        before = r"\A(?:\xff[\x00-\x7f])*" if scope in (Scope.AFTER, Scope.NEXT) else ""
        behind = r"\z" if scope is Scope.BEFORE else ""
        return Guard(
            id=entry.id,
            scope=scope,
            to=_tier(entry.id, entry.to),
            pattern=LazyPattern(lambda: f"{before}{self._source(entry.id)}{behind}", entry.id),
            unless=self._test(f"{entry.id}.unless") if entry.unless else None,
            unless_in=_word(entry.id, Scope, entry.unless_in) if entry.unless_in else scope,
            unless_hit=self._test(f"{entry.id}.unless_hit") if entry.unless_hit else None,
        )

    def _guards_by_scope(self) -> dict[Scope, LazySet]:
        """Return all guards of each scope, to be searched together."""

        def of(scope: Scope) -> dict[str, str]:
            guards = self._guards.values()
            return {each.id: each.pattern.write() for each in guards if each.scope is scope}

        return {scope: LazySet(partial(of, scope), _GUARD_ROOM) for scope in Scope}

    def _escalation(self, entry: EscalationEntry) -> Escalation:
        return Escalation(
            id=entry.id,
            categories=frozenset(_word(entry.id, Category, name) for name in entry.categories),
            pattern=self._lazy(entry.id),
        )


def _rule(entry: RuleEntry, file: RuleFile, sets: Mapping[str, tuple[Guard, ...]]) -> Rule:
    names = entry.guards if entry.guards is not None else file.guards
    unknown = [name for name in names if name not in sets]
    if unknown:
        raise DefinitionError(entry.id, f"no guard set is called {unknown[0]}")
    tier = _tier(entry.id, entry.tier)
    guards = dict.fromkeys(_for_tier(tier, guard) for name in names for guard in sets[name])
    return Rule(
        id=entry.id,
        tier=tier,
        category=_word(entry.id, Category, entry.category or file.category),
        who=_word(entry.id, Who, entry.who),
        guards=tuple(sorted(guards, key=lambda guard: guard.to)),
    )


def _for_tier(tier: Tier, guard: Guard) -> Guard:
    """Return the guard as it works on rules of this tier: what is merely near silences no crisis.

    People write whole lives without a full stop, so that anything may stand in the sentence.
    """
    if tier >= Tier.CRISIS and guard.scope in _NEAR and guard.to < Tier.CHECK_IN:
        return replace(guard, to=Tier.CHECK_IN)
    return guard


def _guard_set(name: str, ids: Iterable[str], guards: Mapping[str, Guard]) -> tuple[Guard, ...]:
    unknown = [guard_id for guard_id in ids if guard_id not in guards]
    if unknown:
        raise DefinitionError(f"sets.{name}", f"no guard is called {unknown[0]}")
    return tuple(guards[guard_id] for guard_id in ids)


def _gatherings(file: GuardFile) -> tuple[Gathering, ...]:
    """Return the gatherings, the most urgent first."""
    gatherings = (
        Gathering(
            id=entry.id,
            category=_word(entry.id, Category, entry.category),
            weight=entry.weight,
            to=_tier(entry.id, entry.to),
        )
        for entry in file.gatherings
    )
    return tuple(sorted(gatherings, key=lambda gathering: -gathering.to))


def _misspellings(disguise: DisguiseFile) -> dict[str, str]:
    """Return misspelling -> word, without the spellings that are words of their own."""
    real = set(disguise.real_words) | set(disguise.stems)
    near = {
        spelling: stem
        for stem in reversed(disguise.stems)
        for spelling in misspellings_of(stem)
        if spelling not in real
    }
    for word in reversed(disguise.mangled):
        near |= {wrong: word for wrong in manglings(word) if wrong not in real}
    for word, sources in disguise.spellings.items():
        parser = Parser()
        parse_all(sources, f"spellings.{word}", parser)
        near |= dict.fromkeys(parser.literal, word)
    return near | disguise.apostrophes


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
