"""Reading the definition files into a detector, once, at start.

A file that is wrong refuses to load and the error names the rule. `self_check` further demands of
every rule that its own example fires it and its own near miss does not.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

import msgspec
import yaml

from bot.core.errors import DefinitionError
from bot.core.findings import Tier
from bot.rules.crisis import build
from bot.rules.crisis.context import compile_answers
from bot.rules.crisis.definitions import Definitions
from bot.rules.crisis.detector import GUARD_ID, Detector
from bot.rules.crisis.families import read_families
from bot.rules.crisis.model import (
    AnswerFile,
    DisguiseFile,
    GuardFile,
    RuleEntry,
    RuleFile,
    WordFile,
)
from bot.rules.crisis.points_file import PointsFile, read_points

DEFINITIONS = Path(__file__).parent.parent / "definitions" / "crisis"
_Shape = TypeVar("_Shape")


def load_detector(folder: Path = DEFINITIONS) -> Detector:
    """Return the detector of the definition files in `folder`.

    Raises DefinitionError naming the rule, class or guard that is wrong.
    """
    with _without_collection():
        return _built(_definitions(folder))


def _definitions(folder: Path) -> Definitions:
    definitions = Definitions(
        words=tuple(_read(path, WordFile) for path in sorted(folder.glob("words*.yaml"))),
        rules=tuple(_read(path, RuleFile) for path in _rule_paths(folder)),
        guards=_read(folder / "guards.yaml", GuardFile),
        disguise=_read(folder / "disguise.yaml", DisguiseFile),
        scoring=_read(folder / "points.yaml", PointsFile),
        points=read_points(_text(folder / "points.txt")),
        families=read_families(_text(folder / "families.txt")),
        answers=_read(folder / "answers.yaml", AnswerFile),
    )
    _refuse_double_ids(definitions.rules)
    return definitions


def _built(definitions: Definitions) -> Detector:
    builder = build.Builder(definitions)
    return Detector(
        lexicon=builder.lexicon,
        gate=builder.gate(),
        grammar=builder.grammar(),
        scorecard=builder.scorecard(),
        answers=compile_answers(definitions.answers),
    )


@contextmanager
def _without_collection() -> Iterator[None]:
    """Let nothing be looked for that could be freed: a million objects are made here, to stay.

    Freezing and unfreezing puts them at once where what has stayed long is kept.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if not gc.get_freeze_count():  # nobody else has frozen anything
            gc.freeze()
            gc.unfreeze()
        if was_enabled:
            gc.enable()


def rule_entries(folder: Path = DEFINITIONS) -> Iterator[RuleEntry]:
    """Yield every rule as it is written."""
    for path in _rule_paths(folder):
        yield from _read(path, RuleFile).rules


def self_check(detector: Detector, folder: Path = DEFINITIONS) -> None:
    """Raise DefinitionError naming the first rule that its own examples contradict.

    `fires` must fire the rule with no guard met; `spares` must not. Every frame is compiled, so
    that no message waits for that.
    """
    detector.gate.compile()
    for entry in rule_entries(folder):
        if entry.id not in _standing_rules(detector, entry.fires):
            raise DefinitionError(entry.id, "its own example does not fire it")
        if entry.id in _standing_rules(detector, entry.spares):
            raise DefinitionError(entry.id, "its near miss fires it")
    _check_points(detector, _read(folder / "points.yaml", PointsFile))


def _check_points(detector: Detector, file: PointsFile) -> None:
    weighed, demotes = detector.weigh, partial(_is_demoted, detector)
    checks: tuple[tuple[list[str], Callable[[str], bool], str], ...] = (
        (file.fires, lambda text: weighed(text) is Tier.CRISIS, "does not come to a crisis"),
        (file.spares, lambda text: weighed(text) is not Tier.CRISIS, "comes to a crisis"),
        (file.demotes, demotes, "is not demoted"),
        (file.upholds, lambda text: detector.screen(text).fires, "is demoted"),
    )
    for texts, holds, problem in checks:
        for text in texts:
            if not holds(text):
                raise DefinitionError("points.yaml", f"{problem}: {text}")


def _is_demoted(detector: Detector, text: str) -> bool:
    finding = detector.screen(text)
    return not finding.fires and any(GUARD_ID in hit.guards for hit in finding.rules)


def _standing_rules(detector: Detector, text: str) -> set[str]:
    return {hit.id for hit in detector.screen(text).rules if not hit.guards}


def _rule_paths(folder: Path) -> list[Path]:
    paths = sorted(folder.glob("rules/*.yaml"))
    if not paths:
        raise DefinitionError("rules", "no rule file in the folder")
    return paths


def _refuse_double_ids(files: Iterable[RuleFile]) -> None:
    seen: set[str] = set()
    for file in files:
        for entry in file.rules:
            if entry.id in seen:
                raise DefinitionError(entry.id, "two rules have this id")
            seen.add(entry.id)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DefinitionError(path.name, f"unreadable ({type(error).__name__})") from error


def _read(path: Path, shape: type[_Shape]) -> _Shape:
    try:
        content = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
        return msgspec.convert(content, shape)
    except (OSError, yaml.YAMLError) as error:
        raise DefinitionError(path.name, f"unreadable ({type(error).__name__})") from error
    except msgspec.ValidationError as error:
        raise DefinitionError(path.name, str(error)) from error
