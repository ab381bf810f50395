r"""The spellings that a word of a frame allows: `hop(e|ing)`, `s[oa]d`, `pills?`, `suicid\w*`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

from bot.core.errors import DefinitionError
from bot.rules.crisis.frame import Words

_PLAIN = re.compile(r"[a-z0-9]+")
_OPEN = re.compile(r"([a-z0-9]+)\\w[*+]")
_MARK = re.compile(r"[(|)]")


def words_meant(run: str) -> Words:
    """Return the words that a run of a frame stands for. Raises DefinitionError."""
    if _PLAIN.fullmatch(run):
        return Words(frozenset((run,)))
    begun = _OPEN.fullmatch(run)
    if begun is not None:
        return Words(frozenset(), frozenset((begun[1],)))
    return Words(frozenset(filter(None, _spellings(run))))


def _spellings(run: str) -> Iterator[str]:
    """Yield every word the run stands for."""
    parts: list[list[str]] = []
    position = 0
    while position < len(run):
        options, position = _part(run, position)
        parts.append(options)
    return map("".join, product(*parts))


def _part(run: str, position: int) -> tuple[list[str], int]:
    """Return what may stand at `position`, and where the next part begins."""
    char = run[position]
    plain = _PLAIN.match(run, position)
    if plain is not None:
        end = plain.end()
        if run[end : end + 1] != "?" or end == position + 1:
            options, position = [plain[0]], end
        else:
            options, position = [plain[0][:-1]], end - 1
    elif char == "(":
        branches, position = _branches(run, position + 1)
        options = [word for each in branches for word in _spellings(each)]
    elif char == "[" and "]" in run[position:]:
        end = run.index("]", position)
        options, position = list(run[position + 1 : end]), end + 1
    elif char.isalnum() or not char.isascii() or char < " ":
        options, position = [char], position + 1
    else:
        raise DefinitionError("patterns", f"a word cannot hold {char}: {run[:40]}")
    if run[position : position + 1] == "?":
        return [*options, ""], position + 1
    return options, position


def _branches(run: str, start: int) -> tuple[list[str], int]:
    """Return the alternatives of the bracket opened before `start`, and what follows it."""
    found, depth = [], 0
    for mark in _MARK.finditer(run, start):
        if mark[0] == "(":
            depth += 1
        elif depth and mark[0] == ")":
            depth -= 1
        elif not depth:
            found.append(run[start : mark.start()])
            start = mark.end()
            if mark[0] == ")":
                break
    return found, start
