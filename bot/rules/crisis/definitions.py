"""The definition files as read, and every frame in them, parsed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bot.core.errors import DefinitionError
from bot.rules.crisis.frame import Node, parse
from bot.rules.crisis.model import DisguiseFile, GuardFile, RuleFile, WordFile
from bot.rules.crisis.pattern import Vocabulary


@dataclass(frozen=True, slots=True)
class Definitions:
    """All definition files as read, their frames parsed under the name of their owner."""

    words: tuple[WordFile, ...]
    rules: tuple[RuleFile, ...]
    guards: GuardFile
    disguise: DisguiseFile


def parse_all(sources: Iterable[str], where: str) -> tuple[Node, ...]:
    """Return the parsed frames. Raises DefinitionError naming `where` they are written."""
    try:
        return tuple(parse(source) for source in sources)
    except DefinitionError as error:
        raise DefinitionError(where, error.problem) from error


def frames_of(definitions: Definitions) -> Iterator[tuple[str, tuple[Node, ...]]]:
    """Yield every owner of frames with its frames, parsed."""
    for where, sources in _sources_of(definitions):
        yield where, parse_all(sources, where)


def _sources_of(definitions: Definitions) -> Iterator[tuple[str, list[str]]]:
    for file in definitions.rules:
        for entry in file.rules:
            if not entry.patterns:
                raise DefinitionError(entry.id, "a rule needs patterns")
            yield entry.id, entry.patterns
    guards = definitions.guards
    for guard in guards.guards:
        yield guard.id, guard.patterns
        yield f"{guard.id}.unless", guard.unless
        yield f"{guard.id}.unless_hit", guard.unless_hit
    for escalation in guards.escalations:
        yield escalation.id, escalation.patterns
    yield "clause_breaks", guards.clause_breaks
    yield "self_subjects", guards.self_subjects
    yield "other_subjects", guards.other_subjects
    yield "self_in_hit", guards.self_in_hit
    yield "other_in_hit", guards.other_in_hit


def vocabulary_of(files: Iterable[WordFile]) -> Vocabulary:
    """Return all word classes, parsed. Raises DefinitionError when two have one name."""
    classes: dict[str, Node] = {}
    anchors: set[str] = set()
    for file in files:
        anchors.update(file.anchors)
        for name, alternatives in (file.anchors | file.words).items():
            if name in classes:
                raise DefinitionError(name, "two word classes have this name")
            (classes[name],) = parse_all(["|".join(alternatives)], name)
    return Vocabulary(classes, frozenset(anchors))
