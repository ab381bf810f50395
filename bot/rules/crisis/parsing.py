"""Parsing frames into trees of words; `frame.py` describes the language.

Several thousand frames are read at every start, so patterns do what they can of it: one knows
brackets inside brackets, up to a depth that no frame may pass.
"""

from __future__ import annotations

import re

from bot.core.errors import DefinitionError
from bot.rules.crisis.fold import FOLD_TABLE
from bot.rules.crisis.frame import Choice, ClassRef, Edge, Gap, Node, Repeat, Sequence, Words
from bot.rules.crisis.spelled import words_meant

_PLAIN = r"[^()]*+"
_INMOST = rf"\({_PLAIN}\)"
_INNER = rf"\({_PLAIN}(?:{_INMOST}{_PLAIN})*+\)"
_MIDDLE = rf"\({_PLAIN}(?:{_INNER}{_PLAIN})*+\)"
_OUTER = rf"\({_PLAIN}(?:{_MIDDLE}{_PLAIN})*+\)"
BRACKET = rf"\({_PLAIN}(?:{_OUTER}{_PLAIN})*+\)"
"""A bracket with all that stands in it, brackets five deep at most."""
_BRANCH = re.compile(rf"((?:[^()|]++|{BRACKET})*+)\|")
_LONE_BRACKET = re.compile(r"[()]")
_BRACKETS = re.compile(BRACKET)
_PLAIN_WORDS = re.compile(r"[a-z0-9]+(?: [a-z0-9]+)*(?= |\Z)")
_PLAIN_CHOICE = re.compile(r"[a-z0-9|]+")
_STRUCTURE = re.compile(
    r"\{(?P<low>\d+)-(?P<high>\d+)\}|\{(?P<name>[a-z][a-z0-9_]*)\}|<(?P<optional>[a-z][a-z0-9_]*)>"
)
_NEAR = re.compile(r" (?P<marks>~~?)(?P<high>\d+)(?P=marks) ")
_QUANTIFIER = re.compile(r"[?*+]|\{(\d+),(\d*)\}")
_OFTEN: dict[str, tuple[int, int | None]] = {"?": (0, 1), "*": (0, None), "+": (1, None)}


class Parser:
    """Parses frames, and remembers every word, beginning of a word and class that they name."""

    def __init__(self) -> None:
        """Begin without having read anything."""
        self.literal: set[str] = set()
        self.prefixes: set[str] = set()
        self.classes: set[str] = set()
        self._words: dict[str, Words] = {}

    def parse(self, source: str) -> Node:
        """Return the tree of a frame. Raises DefinitionError when it cannot be read."""
        plain = source
        if not source.isascii():
            plain = "".join(char if char.isascii() else FOLD_TABLE[ord(char)] for char in source)
        plain = plain.replace("'", "")
        if _LONE_BRACKET.search(_BRACKETS.sub("", plain)):
            raise DefinitionError("patterns", f"brackets in no pairs, or too deep: {source[:40]}")
        return self._choice(plain)

    def _choice(self, source: str) -> Node:
        """Return the alternatives of `source`; single words become one node, the last."""
        if _PLAIN_CHOICE.fullmatch(source):
            return self._any_of([word for word in source.split("|") if word])
        alternatives = _branches(source)
        single = [each for each in alternatives if each.isalnum()]
        prefixes: set[str] = set()
        branches: list[Node] = []
        for alternative in alternatives:
            if alternative.isalnum():
                continue
            node = self._sequence(alternative)
            if isinstance(node, Words):
                single.extend(node.literal)
                prefixes |= node.prefixes
            else:
                branches.append(node)
        if single or prefixes:
            branches.append(self._any_of(single, prefixes))
        return branches[0] if len(branches) == 1 else Choice(tuple(branches))

    def _any_of(self, words: list[str], prefixes: set[str] | None = None) -> Words:
        self.literal.update(words)
        return Words(frozenset(words), frozenset(prefixes or ()))

    def _word(self, run: str) -> Words:
        node = self._words.get(run)
        if node is None:
            node = self._words[run] = words_meant(run)
            self.literal |= node.literal
            self.prefixes |= node.prefixes
        return node

    def _sequence(self, branch: str) -> Node:
        if "~" in branch:
            for near in _NEAR.finditer(branch):
                if branch.count("(", 0, near.start()) == branch.count(")", 0, near.start()):
                    return self._in_either_order(branch, near)
        items: list[Node] = []
        position = 0
        while position < len(branch):
            if branch[position] in " -?":
                position += 1
                continue
            plain = _PLAIN_WORDS.match(branch, position)
            if plain is not None:
                items.extend(map(self._word, plain[0].split(" ")))
                position = plain.end()
                continue
            node, position = self._item(branch, position)
            items.append(node)
        return _sequence(items)

    def _in_either_order(self, branch: str, near: re.Match[str]) -> Node:
        """Return the choice of both orders of what stands on the sides of a `~8~`."""
        one = self._sequence(branch[: near.start()])
        other = self._sequence(branch[near.end() :])
        gap = Gap(0, int(near["high"]), crosses=len(near["marks"]) == 2)
        return Choice((Sequence((one, gap, other)), Sequence((other, gap, one))))

    def _item(self, branch: str, position: int) -> tuple[Node, int]:
        """Return the item that begins at `position`, and where the next one begins."""
        if branch[position] == "(":
            bracket = _BRACKETS.match(branch, position)
            if bracket is not None and not _is_glued(branch, bracket):
                return _quantified(self._choice(bracket[0][1:-1]), branch, bracket.end())
        elif branch[position] in "{<":
            structure = _STRUCTURE.match(branch, position)
            if structure is not None:
                return _quantified(self._structural(structure), branch, structure.end())
        end = _end_of_word(branch, position)
        if end == position:
            raise DefinitionError("patterns", f"unreadable at: {branch[position : position + 30]}")
        return self._word(branch[position:end]), end

    def _structural(self, found: re.Match[str]) -> Node:
        if found["high"] is not None:
            return Gap(int(found["low"]), int(found["high"]))
        if found["optional"] is not None:
            self.classes.add(found["optional"])
            return Repeat(ClassRef(found["optional"]), 0, 2)
        name = found["name"]
        if name in ("start", "end"):
            return Edge(name == "start")
        self.classes.add(name)
        return ClassRef(name)


def _branches(source: str) -> list[str]:
    """Return the alternatives of `source` that stand outside of brackets."""
    if "(" not in source:
        return source.split("|")
    found: list[str] = _BRANCH.findall(f"{source}|")
    return found


def _sequence(items: list[Node] | list[Words]) -> Node:
    return items[0] if len(items) == 1 else Sequence(tuple(items))


def _quantified(node: Node, branch: str, position: int) -> tuple[Node, int]:
    found = _QUANTIFIER.match(branch, position)
    if found is None:
        return node, position
    if found[1] is not None:
        return Repeat(node, int(found[1]), int(found[2]) if found[2] else None), found.end()
    return Repeat(node, *_OFTEN[found[0]]), found.end()


def _is_glued(branch: str, bracket: re.Match[str]) -> bool:
    """Return whether the bracket is part of a word: no blank in it, a letter behind it."""
    after = bracket.end()
    if after == len(branch) or branch[after] == " " or _holds_several(bracket[0]):
        return False
    quantifier = _QUANTIFIER.match(branch, after)
    after = quantifier.end() if quantifier else after
    return branch[after : after + 1].isalnum()


def _holds_several(bracket: str) -> bool:
    return " " in bracket or "{" in bracket or "<" in bracket


def _end_of_word(branch: str, position: int) -> int:
    """Return where the word that begins at `position` ends, brackets of letters included."""
    end = position
    while end < len(branch) and branch[end] not in " -":
        if branch[end] == "(":
            bracket = _BRACKETS.match(branch, end)
            if bracket is None or _holds_several(bracket[0]):
                break
            end = bracket.end() - 1
        elif branch[end] in "{<" and _STRUCTURE.match(branch, end):
            break
        end += 1
    return end
