"""Reading the definition files into a detector, once, at start.

A file that is wrong refuses to load and the error names the rule. `self_check` further demands of
every rule that its own example fires it and its own near miss does not.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import msgspec
import yaml

from bot.core.errors import DefinitionError
from bot.rules.crisis import build
from bot.rules.crisis.detector import Detector
from bot.rules.crisis.model import (
    AnswerFile,
    DisguiseFile,
    GuardFile,
    RuleEntry,
    RuleFile,
    WordFile,
)
from bot.rules.crisis.pattern import Vocabulary, fold_source

DEFINITIONS = Path(__file__).parent.parent / "definitions" / "crisis"
_Shape = TypeVar("_Shape")


def load_detector(folder: Path = DEFINITIONS) -> Detector:
    """Return the detector of the definition files in `folder`.

    Raises DefinitionError naming the rule, class or guard that is wrong.
    """
    words = [_read(path, WordFile) for path in sorted(folder.glob("words*.yaml"))]
    vocabulary = _vocabulary(words)
    guards = _read(folder / "guards.yaml", GuardFile)
    files = [_read(path, RuleFile) for path in _rule_paths(folder)]
    _refuse_double_ids(files)
    groups = build.groups(files, guards, vocabulary)
    disguise = _read(folder / "disguise.yaml", DisguiseFile)
    gate = build.gate(files, disguise, vocabulary)
    answers = _read(folder / "answers.yaml", AnswerFile)
    return Detector(
        gate=gate,
        groups=groups,
        misspellings=build.misspellings(disguise),
        fillers=frozenset(word.encode() for word in disguise.fillers),
        grammar=build.grammar(guards, vocabulary),
        answers=build.answers(answers, vocabulary),
    )


def rule_entries(folder: Path = DEFINITIONS) -> Iterator[RuleEntry]:
    """Yield every rule as it is written."""
    for path in _rule_paths(folder):
        yield from _read(path, RuleFile).rules


def self_check(detector: Detector, folder: Path = DEFINITIONS) -> None:
    """Raise DefinitionError naming the first rule that its own examples contradict.

    `fires` must fire the rule with no guard met; `spares` must not.
    """
    for entry in rule_entries(folder):
        if entry.id not in _standing_rules(detector, entry.fires):
            raise DefinitionError(entry.id, "its own example does not fire it")
        if entry.id in _standing_rules(detector, entry.spares):
            raise DefinitionError(entry.id, "its near miss fires it")


def _standing_rules(detector: Detector, text: str) -> set[str]:
    return {hit.id for hit in detector.screen(text).rules if not hit.guards}


def _rule_paths(folder: Path) -> list[Path]:
    paths = sorted(folder.glob("rules/*.yaml"))
    if not paths:
        raise DefinitionError("rules", "no rule file in the folder")
    return paths


def _vocabulary(files: list[WordFile]) -> Vocabulary:
    classes: dict[str, tuple[str, ...]] = {}
    anchors: set[str] = set()
    for file in files:
        anchors.update(file.anchors)
        for name, alternatives in (file.anchors | file.words).items():
            if name in classes:
                raise DefinitionError(name, "two word classes have this name")
            classes[name] = tuple(fold_source(each) for each in alternatives)
    return Vocabulary(classes, frozenset(anchors))


def _refuse_double_ids(files: list[RuleFile]) -> None:
    seen: set[str] = set()
    for file in files:
        for entry in file.rules:
            if entry.id in seen:
                raise DefinitionError(entry.id, "two rules have this id")
            seen.add(entry.id)


def _read(path: Path, shape: type[_Shape]) -> _Shape:
    try:
        content = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)  # noqa: S506
        return msgspec.convert(content, shape)
    except (OSError, yaml.YAMLError) as error:
        raise DefinitionError(path.name, f"unreadable ({type(error).__name__})") from error
    except msgspec.ValidationError as error:
        raise DefinitionError(path.name, str(error)) from error
