r"""The frame language of the definition files: parsing one frame into a tree of words.

A frame is written as one would write the words: `i <adv> want to {die}`.

- words are separated by blanks; `(a|b c)`, `?`, `*`, `+` and `{0,3}` mean what they mean in
  regular expressions; inside a word so do `[oa]`, `(ing|ed)?` and `s?`, and `suicid\w*` is
  every word that begins so;
- `{name}` is a word class; `<name>` is up to two of its members, or none;
- `{0-3}` is a gap of that many words; `{end}` and `{start}` are the ends of a clause;
- `a ~8~ b` is the one and the other in either order, at most so many words apart in a sentence;
  `a ~~8~~ b` may also have ends of sentences between them;
- `{digit}`, `{number}`, `{year}`, `{high_bp}`, `{high_fever}` are numbers of that kind;
- apostrophes are of no account: `don't` is `dont`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import product

import msgspec

from bot.core.errors import DefinitionError
from bot.rules.crisis.fold import FOLD_TABLE

NUMBER_KINDS = ("digit", "number", "year", "high_bp", "high_fever")
_PLAIN_WORD = re.compile(r"[a-z0-9]+(?=[ |]|\Z)")
_PLAIN_PHRASE = re.compile(r"[a-z0-9]+(?: [a-z0-9]+)*")
_PLAIN_CHOICE = re.compile(r"[a-z0-9|]+")
_OPEN_WORD = re.compile(r"([a-z0-9]+)\\w[*+]")
_STRUCTURE = re.compile(
    r"\{(?P<low>\d+)-(?P<high>\d+)\}|\{(?P<name>[a-z][a-z0-9_]*)\}|<(?P<optional>[a-z][a-z0-9_]*)>"
)
_NEAR = re.compile(r" (?P<marks>~~?)(?P<high>\d+)(?P=marks) ")
_BRACKET = re.compile(r"[()]")
_BRANCHING = re.compile(r"[()|]")
_QUANTIFIER = re.compile(r"[?*+]|\{(\d+),(\d*)\}")


class Words(msgspec.Struct, frozen=True, gc=False):
    """Any one of these words, or a word that begins with one of the prefixes."""

    literal: frozenset[str]
    prefixes: frozenset[str] = frozenset()


class ClassRef(msgspec.Struct, frozen=True, gc=False):
    """A word class, or a kind of number, by name."""

    name: str


class Gap(msgspec.Struct, frozen=True, gc=False):
    """Between `low` and `high` words of any kind, in one sentence unless it may cross its end."""

    low: int
    high: int
    crosses: bool = False


class Edge(msgspec.Struct, frozen=True, gc=False):
    """The beginning or the end of a clause."""

    is_start: bool


class Repeat(msgspec.Struct, frozen=True, gc=False):
    """`inner`, `low` to `high` times; `high` None is without end."""

    inner: Node
    low: int
    high: int | None


class Sequence(msgspec.Struct, frozen=True, gc=False):
    """One after the other."""

    items: tuple[Node, ...]


class Choice(msgspec.Struct, frozen=True, gc=False):
    """Any one of these."""

    branches: tuple[Node, ...]


Node = Words | ClassRef | Gap | Edge | Repeat | Sequence | Choice


def parse(source: str) -> Node:
    """Return the tree of a frame. Raises DefinitionError when it cannot be read."""
    plain = source
    if not source.isascii():
        plain = "".join(char if char.isascii() else FOLD_TABLE[ord(char)] for char in source)
    return _choice(plain.replace("'", ""))


@lru_cache(4096)
def _choice(source: str) -> Node:
    """Return the alternatives of `source`; single words become one node, the last."""
    if _PLAIN_CHOICE.fullmatch(source):
        return Words(frozenset(word for word in source.split("|") if word))
    literal: set[str] = set()
    prefixes: set[str] = set()
    branches: list[Node] = []
    for branch in split_branches(source):
        if branch.isalnum() and branch.islower():
            literal.add(branch)
            continue
        node = _sequence(branch)
        if isinstance(node, Words):
            literal |= node.literal
            prefixes |= node.prefixes
        else:
            branches.append(node)
    if literal or prefixes:
        branches.append(Words(frozenset(literal), frozenset(prefixes)))
    return branches[0] if len(branches) == 1 else Choice(tuple(branches))


def split_branches(source: str) -> list[str]:
    """Return the alternatives of `source` that stand outside of brackets."""
    if "(" not in source:
        return source.split("|")
    found, depth, start = [], 0, 0
    for mark in _BRANCHING.finditer(source):
        char = mark[0]
        if char == "|":
            if depth == 0:
                found.append(source[start : mark.start()])
                start = mark.end()
        else:
            depth += 1 if char == "(" else -1
    return [*found, source[start:]]


def _sequence(branch: str) -> Node:
    if _PLAIN_PHRASE.fullmatch(branch):
        words = tuple(map(_one_word, branch.split(" ")))
        return words[0] if len(words) == 1 else Sequence(words)
    near = _NEAR.search(branch) if "~" in branch else None
    while near is not None and not _stands_outside(branch, near.start()):
        near = _NEAR.search(branch, near.end())
    if near is not None:
        return _in_either_order(branch, near)
    items: list[Node] = []
    position = 0
    while position < len(branch):
        if branch[position] in " -?":
            position += 1
            continue
        plain = _PLAIN_WORD.match(branch, position)
        if plain is not None:
            items.append(_one_word(plain[0]))
            position = plain.end()
            continue
        node, position = _item(branch, position)
        items.append(node)
    return items[0] if len(items) == 1 else Sequence(tuple(items))


def _stands_outside(branch: str, position: int) -> bool:
    return branch.count("(", 0, position) == branch.count(")", 0, position)


def _in_either_order(branch: str, near: re.Match[str]) -> Node:
    """Return the choice of both orders of what stands on the sides of a `~8~`."""
    one, other = _sequence(branch[: near.start()]), _sequence(branch[near.end() :])
    gap = Gap(0, int(near["high"]), crosses=len(near["marks"]) == 2)
    return Choice((Sequence((one, gap, other)), Sequence((other, gap, one))))


def _item(branch: str, position: int) -> tuple[Node, int]:
    """Return the item that begins at `position`, and where the next one begins."""
    structure = _STRUCTURE.match(branch, position)
    if structure is not None:
        return _quantified(_structural(structure), branch, structure.end())
    if branch[position] == "(":
        end = closing(branch, position + 1)
        inner = branch[position + 1 : end]
        if not _is_glued(branch, inner, end + 1):
            return _quantified(_choice(inner), branch, end + 1)
    return _word(branch, position)


def _structural(found: re.Match[str]) -> Node:
    if found["high"] is not None:
        return Gap(int(found["low"]), int(found["high"]))
    if found["optional"] is not None:
        return Repeat(ClassRef(found["optional"]), 0, 2)
    name = found["name"]
    return Edge(name == "start") if name in ("start", "end") else ClassRef(name)


def _quantified(node: Node, branch: str, position: int) -> tuple[Node, int]:
    found = _QUANTIFIER.match(branch, position)
    if found is None:
        return node, position
    if found[1] is not None:
        return Repeat(node, int(found[1]), int(found[2]) if found[2] else None), found.end()
    low, high = {"?": (0, 1), "*": (0, None), "+": (1, None)}[found[0]]
    return Repeat(node, low, high), found.end()


def _is_glued(branch: str, inner: str, after: int) -> bool:
    """Return whether the bracket is part of a word: no blank in it, a letter behind it."""
    if " " in inner or "{" in inner or "<" in inner:
        return False
    quantifier = _QUANTIFIER.match(branch, after)
    after = quantifier.end() if quantifier else after
    return branch[after : after + 1].isalnum()


@lru_cache(4096)
def _one_word(word: str) -> Words:
    return Words(frozenset((word,)))


def _word(branch: str, position: int) -> tuple[Node, int]:
    """Return the word that begins at `position`, with every spelling its pattern allows."""
    end = position
    while end < len(branch) and branch[end] not in " -":
        if branch[end] == "(":
            close = closing(branch, end + 1)
            inner = branch[end + 1 : close]
            if " " in inner or "{" in inner or "<" in inner:
                break
            end = close
        elif _STRUCTURE.match(branch, end):
            break
        end += 1
    run = branch[position:end]
    if not run:
        raise DefinitionError("patterns", f"unreadable at: {branch[position : position + 30]}")
    open_word = _OPEN_WORD.fullmatch(run)
    if open_word is not None:
        return Words(frozenset(), frozenset((open_word[1],))), end
    return Words(frozenset(_spellings(run))), end


def _spellings(run: str) -> Iterator[str]:
    """Yield every word the run stands for. Raises DefinitionError when there is no end of them."""
    parts: list[list[str]] = []
    position = 0
    while position < len(run):
        options, position = _spelling_part(run, position)
        parts.append(options)
    for chosen in product(*parts):
        word = "".join(chosen)
        if word:
            yield word


def _spelling_part(run: str, position: int) -> tuple[list[str], int]:
    char = run[position]
    if char == "(":
        end = closing(run, position + 1)
        inner = [
            word for each in split_branches(run[position + 1 : end]) for word in _options(each)
        ]
        position = end + 1
    elif char == "[":
        end = run.index("]", position)
        inner = list(run[position + 1 : end])
        position = end + 1
    elif char.isalnum() or not char.isascii() or char < " ":
        inner = [char]
        position += 1
    else:
        raise DefinitionError("patterns", f"a word cannot hold {char}: {run[:40]}")
    if run[position : position + 1] == "?":
        return [*inner, ""], position + 1
    return inner, position


def _options(each: str) -> list[str]:
    return list(_spellings(each)) if each else [""]


def closing(source: str, position: int) -> int:
    """Return the index of the bracket that closes the one opened before `position`."""
    depth = 1
    for bracket in _BRACKET.finditer(source, position):
        depth += 1 if bracket[0] == "(" else -1
        if depth == 0:
            return bracket.start()
    raise DefinitionError("patterns", f"a bracket is never closed: {source[:40]}")
