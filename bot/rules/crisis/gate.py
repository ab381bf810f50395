"""Frames searched together, and the gate that says which of them a text could match."""

from __future__ import annotations

from collections.abc import Iterable

from bot.rules.crisis import pattern
from bot.rules.crisis.frame import Node
from bot.rules.crisis.lexicon import BACKWARDS, FRAGMENT, HARD, LONG
from bot.rules.crisis.model import Gate, Rule, RuleGroup
from bot.rules.crisis.pattern import Translator
from bot.rules.crisis.search import LazySet, compile_set

_GATE_MEMORY_MB = 16
_GROUP_MEMORY_MB = 32
_SPELLED_LETTERS = 3
_SINGLE_LETTER = r"\x80[a-z](?:\xff[\x00-\x7f])*"
_DOTTED_WORDS = 3
_FIRST_AND_LAST = ("k l", "d e", "s e", "h g", "c t", "m f", "g n", "h t")
_CENSORED = "|".join(
    r"\x80{}(?:\xff[\x00-\x7f])*\x80{}".format(*pair.split()) for pair in _FIRST_AND_LAST
)
_DOTTED = (
    rf"(?:{pattern.ANY_WORD}{pattern.codes_source([HARD])}){{{_DOTTED_WORDS},}}{pattern.ANY_WORD}"
)
_BROKEN = f"{pattern.codes_source([FRAGMENT])}|{_CENSORED}|{_DOTTED}"


class Shelf:
    """Frames that will be searched together, collected rule by rule."""

    def __init__(self, name: str) -> None:
        """Begin an empty shelf."""
        self.name = name
        self.anchors: set[bytes] = set()
        self._rules: dict[str, Rule] = {}
        self._frames: dict[str, list[Node]] = {}

    def add(self, rule: Rule, frame: Node, anchors: frozenset[bytes]) -> None:
        """Put one frame of `rule` on the shelf."""
        self.anchors |= anchors
        self._rules[rule.id] = rule
        self._frames.setdefault(rule.id, []).append(frame)

    def group(self, translator: Translator) -> RuleGroup:
        """Return the shelf's frames as one set."""

        def write() -> dict[str, str]:
            return {
                rule_id: "|".join(map(translator.source, frames))
                for rule_id, frames in self._frames.items()
            }

        return RuleGroup(self.name, LazySet(write, _GROUP_MEMORY_MB), tuple(self._rules.values()))


def gate_of(shelves: list[Shelf], weighty: Iterable[bytes]) -> Gate:
    """Return the gate: each shelf's anchors, the `weighty` words, then the signs of disguise."""
    sources = [pattern.codes_source(shelf.anchors) for shelf in shelves]
    sources.append(pattern.codes_source(weighty))
    sources.append(f"(?:{_SINGLE_LETTER}){{{_SPELLED_LETTERS},}}")
    sources.extend(pattern.codes_source([code]) for code in (LONG, BACKWARDS))
    sources.append(_BROKEN)
    shelf_names = [shelf.name for shelf in shelves]
    names = [*shelf_names, "points", "spelled", "encoded", "backwards", "broken"]
    compiled = compile_set(sources, names=names, memory_mb=_GATE_MEMORY_MB)
    return Gate(compiled, *range(len(shelves), len(names)))
