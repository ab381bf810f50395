"""The definition files as read, and every frame in them, parsed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from bot.core.errors import DefinitionError
from bot.rules.crisis.frame import ClassRef, Node
from bot.rules.crisis.lexicon import NUMBER_CODES
from bot.rules.crisis.model import AnswerFile, DisguiseFile, GuardFile, RuleFile, WordFile
from bot.rules.crisis.parsing import Parser
from bot.rules.crisis.pattern import QUESTION_CLASS, Vocabulary, leaves_of
from bot.rules.crisis.points_file import Points, PointsFile


@dataclass(frozen=True, slots=True)
class Definitions:
    """All definition files as read, their frames parsed under the name of their owner."""

    words: tuple[WordFile, ...]
    rules: tuple[RuleFile, ...]
    guards: GuardFile
    disguise: DisguiseFile
    scoring: PointsFile
    points: Points
    families: Mapping[str, str]
    answers: AnswerFile


def parse_all(sources: Iterable[str], where: str, parser: Parser) -> tuple[Node, ...]:
    """Return the parsed frames. Raises DefinitionError naming `where` they are written."""
    try:
        return tuple(map(parser.parse, sources))
    except DefinitionError as error:
        raise DefinitionError(where, error.problem) from error


def frames_of(
    definitions: Definitions, vocabulary: Vocabulary, parser: Parser
) -> Iterator[tuple[str, tuple[Node, ...]]]:
    """Yield every owner of frames with its frames, parsed.

    Raises DefinitionError naming the owner of a frame that names an unknown class.
    """
    known = {*vocabulary.classes, *NUMBER_CODES, QUESTION_CLASS}
    for where, sources in _sources_of(definitions):
        parser.classes.clear()
        frames = parse_all(sources, where, parser)
        for name in parser.classes - known:
            raise DefinitionError(where, f"no word class is called {name}")
        yield where, frames


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


def vocabulary_of(files: Iterable[WordFile], parser: Parser) -> Vocabulary:
    """Return all word classes, parsed.

    Raises DefinitionError when two have one name, or one names an unknown one or leads to itself.
    """
    classes: dict[str, Node] = {}
    anchors: set[str] = set()
    for file in files:
        anchors.update(file.anchors)
        for name, alternatives in (file.anchors | file.words).items():
            if name in classes:
                raise DefinitionError(name, "two word classes have this name")
            (classes[name],) = parse_all(["|".join(alternatives)], name, parser)
    vocabulary = Vocabulary(classes, frozenset(anchors))
    _refuse_circles(vocabulary)
    return vocabulary


def _refuse_circles(vocabulary: Vocabulary) -> None:
    """Raise DefinitionError when a class names an unknown one, or leads back to itself."""
    reached: set[str] = set()
    for name in vocabulary.classes:
        _follow(name, (), vocabulary, reached)


def _follow(name: str, path: tuple[str, ...], vocabulary: Vocabulary, reached: set[str]) -> None:
    if name in path:
        raise DefinitionError(".".join(path), f"class {name} refers to itself")
    if name in reached or name in NUMBER_CODES or name == QUESTION_CLASS:
        return
    node = vocabulary.classes.get(name)
    if node is None:
        raise DefinitionError(".".join(path), f"no word class is called {name}")
    for leaf in leaves_of([node]):
        if isinstance(leaf, ClassRef):
            _follow(leaf.name, (*path, name), vocabulary, reached)
    reached.add(name)
