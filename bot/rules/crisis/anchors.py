"""Choosing, for every frame, words without which it cannot match: they make up the gate.

Sound by construction: each alternative of a frame contributes a word (or the words of one of its
mandatory groups or classes), so a text with none of them cannot match. Rare words are preferred,
so that most texts stop at the gate.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.core.errors import DefinitionError
from bot.rules.crisis.pattern import Vocabulary, translate

_COMMON_COST = 300.0
_SHORT_COST = 15.0
_SHORT_LETTERS = 2
_MANDATORY_WORD = re.compile(r"(?P<stem>[a-z0-9']+)(?P<rest>[^ \0]*)")
_OPTIONAL = re.compile(r"[?*]|\{\d")
_PIECE = re.compile(
    r" ?\{\d-\d\} ?|\{(?P<name>[a-z][a-z0-9_]*)\}(?P<often>[?*]?)|<[a-z0-9_]+> |(?P<group>\()|(?P<text>.)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True, order=True)
class Anchor:
    """A word, or the beginning of one, that a match must hold."""

    stem: str
    leet: bool
    opens_word: bool
    ends_word: bool

    def source(self, vocabulary: Vocabulary) -> str:
        """Return the RE2 source of the anchor."""
        inner = translate(self.stem, vocabulary, leet=self.leet)
        left = r"\b" if self.opens_word else ""
        right = r"\b" if self.ends_word else ""
        return f"{left}{inner}{right}"


def anchors_of(
    source: str, vocabulary: Vocabulary, common: frozenset[str], *, leet: bool = False
) -> set[Anchor]:
    """Return the anchors of a frame. Raises DefinitionError when an alternative has none."""
    return _cheapest(source, _Search(vocabulary, common), leet=leet)[1]


@dataclass(frozen=True, slots=True)
class _Search:
    vocabulary: Vocabulary
    common: frozenset[str]

    def cost(self, anchor: Anchor) -> float:
        plain = anchor.stem.replace("'", "")
        if plain in self.common and anchor.ends_word:
            return _COMMON_COST
        if len(plain) <= _SHORT_LETTERS:
            return _SHORT_COST
        return 1.0 + 3.0 / len(plain)


def _cheapest(source: str, search: _Search, *, leet: bool) -> tuple[float, set[Anchor]]:
    """Return the anchors of all alternatives of `source`, and what they cost together."""
    total, chosen = 0.0, set[Anchor]()
    for branch in branches(source):
        candidates = list(_candidates(branch, search, leet=leet))
        if not candidates:
            raise DefinitionError("patterns", f"an alternative demands no word: {branch[:60]}")
        cost, anchors = min(candidates, key=lambda candidate: candidate[0])
        total += cost
        chosen |= anchors
    return total, chosen


def _candidates(
    branch: str, search: _Search, *, leet: bool
) -> Iterator[tuple[float, set[Anchor]]]:
    """Yield each mandatory part of one alternative with its cost."""
    literal: list[str] = []
    position = 0
    while position < len(branch):
        piece = _PIECE.match(branch, position)
        if piece is None:  # pragma: no cover - the last alternative matches any character
            break
        position = piece.end()
        if piece["text"] is not None:
            literal.append(piece["text"])
            continue
        if piece["group"]:
            end = _closing(branch, position)
            inner = branch[position:end]
            is_optional = _OPTIONAL.match(branch, end + 1) is not None
            position = end + 1
            literal.append("\0")
            if not is_optional:
                yield from _optionally(inner, search, leet=leet)
            continue
        literal.append("\0" if piece["name"] else " ")
        if piece["name"] and not piece["often"] and piece["name"] not in ("start", "end"):
            yield from _of_class(piece["name"], search, leet=leet)
    yield from _words("".join(literal), search, leet=leet)


def _optionally(
    source: str, search: _Search, *, leet: bool
) -> Iterator[tuple[float, set[Anchor]]]:
    """Yield the anchors of a mandatory group, or nothing when one of its branches has none."""
    try:
        yield _cheapest(source, search, leet=leet)
    except DefinitionError:
        return


def _of_class(name: str, search: _Search, *, leet: bool) -> Iterator[tuple[float, set[Anchor]]]:
    alternatives = search.vocabulary.classes.get(name)
    if alternatives is not None:
        inner_leet = leet or name in search.vocabulary.anchors
        yield from _optionally("|".join(alternatives), search, leet=inner_leet)


def _words(literal: str, search: _Search, *, leet: bool) -> Iterator[tuple[float, set[Anchor]]]:
    """Yield each word of the text outside of groups; optional letters cut it short."""
    for word in _MANDATORY_WORD.finditer(literal):
        stem, rest = word["stem"], word["rest"]
        if _OPTIONAL.match(rest):
            stem = stem[:-1]
        if not stem.strip("'"):
            continue
        before = literal[word.start() - 1 : word.start()]
        after = literal[word.end() : word.end() + 1]
        anchor = Anchor(
            stem=stem,
            leet=leet,
            opens_word=before in ("", " "),
            ends_word=not rest and after in ("", " "),
        )
        yield search.cost(anchor), {anchor}


def branches(source: str) -> list[str]:
    """Return the top-level alternatives of `source`."""
    found, depth, start = [], 0, 0
    for index, char in enumerate(source):
        depth += (char == "(") - (char == ")")
        if char == "|" and depth == 0:
            found.append(source[start:index])
            start = index + 1
    return [*found, source[start:]]


def _closing(source: str, position: int) -> int:
    """Return the index of the bracket that closes the group opened before `position`."""
    depth = 1
    for index in range(position, len(source)):
        depth += (source[index] == "(") - (source[index] == ")")
        if depth == 0:
            return index
    raise DefinitionError("patterns", "a bracket is never closed")
