"""Loads the triage rules: read, checked, compiled, and pinned by the hash of their content.

A rule set is the triage rules and the scoring rules together. Its `source` is a canonical form
of both, from which the same rule set can be made again long after the files have changed; its
`content_hash` is the SHA-256 of that form, so comments and layout do not count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import msgspec

from bot.core.conditions import Condition, Symbol, compile_condition
from bot.core.decisions import Disposition, FiredRule, Priority
from bot.core.errors import DefinitionError
from bot.core.instruments import Instrument
from bot.rules.definition_file import read_struct
from bot.rules.derived import Derivations, derivations_of, derived_symbols, origins_of
from bot.rules.resources import ALWAYS, CLINIC, LANGUAGES, LINES
from bot.rules.scores import Scorers, ScoresFile, build_scorers
from bot.rules.triage_file import (
    DISPOSITIONS,
    Fact,
    Flags,
    OnUnknown,
    PreferredRoute,
    RuleEntry,
    TriageFile,
)
from bot.rules.wording import Wording, build_wording

DEFINITIONS = Path(__file__).parent / "definitions"
TRIAGE = "triage.yaml"
SCORES = "scores.yaml"
NOT_ASKED = "not asked"

Origins = Mapping[str, tuple[str, ...]]
"""Symbol -> the link_ids of the questions it comes from."""


class RulesetSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything a rule set is made of."""

    triage: TriageFile
    scores: ScoresFile


@dataclass(frozen=True, slots=True)
class Rule:
    """One compiled rule. `symbols` are those of its condition, in alphabetical order.

    `origins` tell which questions each of them comes from. `unknown_routes` is what it asks for
    when its condition cannot be decided; None when another rule covers that. `unasked` is what it
    comes to while none of its questions has been asked, `untouched` its condition's verdict then.
    """

    id: str
    entry: RuleEntry
    when: Condition
    not_needed_when: Condition | None
    routes: Mapping[str, Disposition]
    worst: Disposition
    unknown_routes: Mapping[str, Disposition] | None
    unknown_worst: Disposition
    unasked: FiredRule
    untouched: bool | None
    symbols: tuple[str, ...]
    origins: Origins
    source: str


@dataclass(frozen=True, slots=True)
class Ruleset:
    """The compiled rules, in the order of the file, and the texts they may point to."""

    version: str
    content_hash: str
    source: bytes
    routes: tuple[str, ...]
    preferred_route: PreferredRoute
    flags: Flags
    facts: tuple[Fact, ...]
    rules: tuple[Rule, ...]
    derivations: Derivations
    instruments: tuple[Instrument, ...]
    scorers: Scorers
    texts: Mapping[str, Wording]
    always_with_not_now: str


def load_ruleset(
    symbols: Mapping[str, Symbol],
    instruments: Mapping[str, Instrument],
    *,
    triage: Path = DEFINITIONS / TRIAGE,
    scores: Path = DEFINITIONS / SCORES,
) -> Ruleset:
    """Return the rules in the files, compiled for a flow's `symbols` and `instruments`.

    Raises DefinitionError with the path to the fault: `rules[3].when` uses a name that no question
    of the flow has, a fact or a text that is missing, a rule nobody covers when unknown.
    """
    source = RulesetSource(
        triage=read_struct(triage.read_bytes(), TriageFile, triage.name),
        scores=read_struct(scores.read_bytes(), ScoresFile, scores.name),
    )
    return _build(source, symbols, instruments)


def ruleset_from_source(
    source: bytes, symbols: Mapping[str, Symbol], instruments: Mapping[str, Instrument]
) -> Ruleset:
    """Return the rule set whose `source` this is, hash and all. Raises DefinitionError."""
    try:
        decoded = msgspec.json.decode(source, type=RulesetSource)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise DefinitionError("ruleset", "this is not the source of a rule set") from None
    return _build(decoded, symbols, instruments)


def _build(
    source: RulesetSource, symbols: Mapping[str, Symbol], instruments: Mapping[str, Instrument]
) -> Ruleset:
    file, scorers = source.triage, build_scorers(source.scores)
    asked = tuple(instruments.values())
    _refuse_other_maximum(asked, scorers)
    known = {**symbols, **derived_symbols(symbols, asked, scorers)}
    if file.preferred_route.symbol not in known:
        raise DefinitionError("preferred_route.symbol", "the flow does not ask that")
    texts = _texts(file)
    rules = _rules(file, known, origins_of(known, asked, scorers))
    _refuse_uncovered(rules)
    canonical = msgspec.json.encode(source, order="sorted")
    return Ruleset(
        version=file.version,
        content_hash=sha256(canonical).hexdigest(),
        source=canonical,
        routes=file.routes,
        preferred_route=file.preferred_route,
        flags=file.flags,
        facts=file.facts,
        rules=rules,
        derivations=derivations_of(symbols, asked, scorers),
        instruments=asked,
        scorers=scorers,
        texts=texts,
        always_with_not_now=file.always_with_not_now,
    )


def _refuse_other_maximum(instruments: Sequence[Instrument], scorers: Scorers) -> None:
    for instrument in instruments:
        if instrument.total_link_id is None:
            if instrument.id not in scorers.screens:
                raise DefinitionError(f"screens.{instrument.id}", "no rules for this screen")
            continue
        if instrument.id not in scorers.sums:
            raise DefinitionError(f"instruments.{instrument.id}", "no bands for this instrument")
        highest = sum(max(item.ordinals.values()) for item in instrument.items if item.scored)
        if scorers.sums[instrument.id].bands[-1].up_to != highest:
            raise DefinitionError(
                f"instruments.{instrument.id}.bands", f"the highest total is {highest}"
            )


def _texts(file: TriageFile) -> dict[str, Wording]:
    if file.always_with_not_now not in file.texts:
        raise DefinitionError("always_with_not_now", "no such text")
    return {
        key: build_wording(
            alternatives,
            f"texts.{key}",
            languages=LANGUAGES,
            always=ALWAYS,
            optional=LINES | CLINIC,
        )
        for key, alternatives in file.texts.items()
    }


def _rules(file: TriageFile, symbols: Mapping[str, Symbol], origins: Origins) -> tuple[Rule, ...]:
    sources = {f.id: f"{f.id}: {f.citation} ({f.confidence})" for f in file.facts}
    seen: set[str] = set()
    rules: list[Rule] = []
    for index, entry in enumerate(file.rules):
        path = f"rules[{index}]"
        if entry.id in seen:
            raise DefinitionError(f"{path}.id", f"{entry.id} stands twice")
        seen.add(entry.id)
        _refuse_faults(entry, file, path)
        source = "; ".join(sources[name] for name in entry.facts)
        when = compile_condition(entry.when, symbols, path=f"{path}.when")
        not_needed = _not_needed_when(entry, symbols, f"{path}.not_needed_when")
        rules.append(_rule(entry, when, not_needed, origins=origins, source=source, file=file))
    return tuple(rules)


def _rule(
    entry: RuleEntry,
    when: Condition,
    not_needed_when: Condition | None,
    *,
    origins: Origins,
    source: str,
    file: TriageFile,
) -> Rule:
    routes = {route: DISPOSITIONS[label] for route, label in entry.routes.items()}
    unknown = _unknown_routes(entry, routes)
    symbols = tuple(sorted(when.symbols))
    return Rule(
        id=entry.id,
        entry=entry,
        when=when,
        not_needed_when=not_needed_when,
        routes=routes,
        worst=_worst(routes),
        unknown_routes=unknown,
        unknown_worst=_worst(unknown),
        unasked=FiredRule(
            id=entry.id,
            routes=unknown or {},
            priority=Priority.ROUTINE,
            flag=file.flags.not_asked.format(about=entry.about),
            source=source,
            version=entry.version,
            symbols=tuple((symbol, NOT_ASKED) for symbol in symbols),
            because_unknown=True,
        ),
        untouched=when.evaluate({}),
        symbols=symbols,
        origins={symbol: origins[symbol] for symbol in symbols},
        source=source,
    )


def _worst(routes: Mapping[str, Disposition] | None) -> Disposition:
    """The worst disposition on any route; a rule without routes changes none."""
    return max((routes or {}).values(), default=Disposition.ELIGIBLE)


def _refuse_faults(entry: RuleEntry, file: TriageFile, path: str) -> None:
    if strange := entry.routes.keys() - set(file.routes):
        raise DefinitionError(f"{path}.routes.{min(strange)}", "not a route")
    if ("emergency" in entry.routes.values()) != (entry.priority is Priority.STAT):
        raise DefinitionError(f"{path}.priority", "stat is for emergencies, and all of them")
    if not entry.facts:
        raise DefinitionError(f"{path}.facts", "a rule cites what it rests on")
    if known := set(entry.facts) - {fact.id for fact in file.facts}:
        raise DefinitionError(f"{path}.facts", f"no fact {min(known)}")
    if entry.words and entry.words not in file.texts:
        raise DefinitionError(f"{path}.words", "no such text")
    if set(entry.routes.values()) == {"not-now"} and not entry.words:
        raise DefinitionError(f"{path}.words", "not now owes the patient a next step")


def _not_needed_when(
    entry: RuleEntry, symbols: Mapping[str, Symbol], path: str
) -> Condition | None:
    source = entry.not_needed_when
    return compile_condition(source, symbols, path=path) if source else None


def _unknown_routes(
    entry: RuleEntry, routes: Mapping[str, Disposition]
) -> Mapping[str, Disposition] | None:
    if entry.covered_by:
        return None
    if entry.unknown is OnUnknown.SAME:
        return routes
    return dict.fromkeys(routes, Disposition.REVIEW)


def _refuse_uncovered(rules: Sequence[Rule]) -> None:
    by_id = {rule.id: rule for rule in rules}
    for index, rule in enumerate(rules):
        if not (name := rule.entry.covered_by):
            continue
        cover = by_id.get(name)
        path = f"rules[{index}].covered_by"
        if cover is None or cover.unknown_routes is None:
            raise DefinitionError(path, f"{name} does not ask for review when unknown")
        if not set(rule.symbols) <= set(cover.symbols):
            raise DefinitionError(path, f"{name} does not need the same answers")
        if not rule.routes.keys() <= cover.unknown_routes.keys():
            raise DefinitionError(path, f"{name} does not speak of the same routes")
