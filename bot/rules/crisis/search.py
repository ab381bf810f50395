"""Searching word codes with RE2: compiled at first use, in time linear in the text's length.

What is kept of RE2 is its bare object: the wrapper around it only adds ways to read str and to ask
for groups, and costs as much again as a search of one message.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import re2

from bot.core.errors import DefinitionError

SOURCE_PER_MB = 4096
SET_SOURCE_PER_MB = 8192
PATTERN_MEMORY_MB = 4
_NOTHING: frozenset[str] = frozenset()
_ANYWHERE = re2._Anchor.UNANCHORED


def _room(memory_mb: int, size: int, source_per_mb: int) -> int:
    """Return the memory in MB for sources of `size`.

    It bounds what texts of every kind can make RE2 keep: a full cache is emptied. Without room for
    its largest states a single pattern reads thirteen times slower, hence its share is larger; a
    set sees nothing at all, but a test reads with half of the room and misses nothing.
    """
    return max(memory_mb, size // source_per_mb)


class LazyPattern:
    """An RE2 pattern compiled at its first search: most rules never match, loading stays quick."""

    __slots__ = ("_compiled", "_where", "write")

    def __init__(self, write: Callable[[], str], where: str) -> None:
        """Take what writes the RE2 source, and where its frames were written."""
        self.write = write
        self._where = where
        self._compiled: Any = None

    @property
    def compiled(self) -> Any:
        """RE2's own matching. Raises DefinitionError naming where the pattern was written."""
        if self._compiled is None:
            self._compiled = compile_one(self.write(), where=self._where).Match
        return self._compiled

    def search(self, codes: bytes) -> tuple[int, int] | None:
        """Return where the leftmost match begins and ends, or None."""
        return next(self.spans(codes), None)

    def spans(self, codes: bytes) -> Iterator[tuple[int, int]]:
        """Yield where each match begins and ends, from left to right."""
        match, end = self.compiled, len(codes)
        start, found = 0, match(_ANYWHERE, codes, 0, end)[0]
        while found[0] >= 0:
            yield found
            if found[1] == end:
                return
            start = found[1] if found[1] > start else start + 1
            found = match(_ANYWHERE, codes, start, end)[0]


class LazySet:
    """Frames that are searched together, compiled when a text first opens their gate.

    A server lets every rule prove its example before it serves. `match` returns the indexes of
    the sources that match somewhere in the codes; once compiled it is RE2's own.
    """

    __slots__ = ("_compiled", "_memory_mb", "_names", "_write", "match")

    def __init__(self, write: Callable[[], Mapping[str, str]], memory_mb: int) -> None:
        """Take what writes the RE2 sources by name, in the order of their indexes."""
        self._write = write
        self._names: tuple[str, ...] = ()
        self._memory_mb = memory_mb
        self._compiled: Any = None
        self.match: Callable[[bytes], list[int]] = self._first_match

    @property
    def compiled(self) -> Any:
        """The compiled set. Raises DefinitionError with the name of the source at fault."""
        if self._compiled is None:
            sources = self._write()
            self._names = tuple(sources)
            self._compiled = compile_set(
                sources.values(), names=self._names, memory_mb=self._memory_mb
            )
            self.match = self._compiled.Match
        return self._compiled

    def _first_match(self, codes: bytes) -> list[int]:
        found: list[int] = self.compiled.Match(codes)
        return found

    def names_met(self, codes: bytes) -> frozenset[str]:
        """Return the names of the sources that match somewhere in `codes`."""
        found = self.match(codes)
        return frozenset(self._names[index] for index in found) if found else _NOTHING


class LazyTest(LazySet):
    """One frame of which no more is asked than whether it is met, compiled when first asked."""

    __slots__ = ()

    def __init__(self, write: Callable[[], str], where: str) -> None:
        """Take what writes the RE2 source, and where its frames were written."""
        super().__init__(lambda: {where: write()}, PATTERN_MEMORY_MB)

    def met(self, codes: bytes) -> bool:
        """Return whether the frame matches somewhere in `codes`."""
        return bool(self.match(codes))


def options(memory_mb: int) -> Any:
    """Return RE2's options for code bytes: no chatter, `memory_mb` of cache."""
    chosen = re2.Options()
    chosen.encoding = re2.Options.Encoding.LATIN1
    chosen.never_capture = True
    chosen.log_errors = False
    chosen.dot_nl = True
    chosen.max_mem = memory_mb << 20
    return chosen


def compile_one(source: str, *, where: str) -> Any:
    """Return the bare RE2 of `source`. Raises DefinitionError naming `where`."""
    room = options(_room(PATTERN_MEMORY_MB, len(source), SOURCE_PER_MB))
    try:
        return re2.compile(source.encode("latin-1"), room)._regexp
    except re2.error as error:
        raise DefinitionError(where, f"not a linear pattern ({str(error)[:40]})") from error


def compile_set(sources: Iterable[str], *, names: Iterable[str], memory_mb: int) -> Any:
    """Return a bare RE2 set whose matches are indexes of `sources`.

    Raises DefinitionError with the name of the source at fault.
    """
    named = list(zip(names, sources, strict=True))
    size = sum(len(source) for _, source in named)
    chosen = re2.Set.SearchSet(options(_room(memory_mb, size, SET_SOURCE_PER_MB)))
    for name, source in named:
        try:
            chosen.Add(source.encode("latin-1"))
        except re2.error as error:
            raise DefinitionError(name, "not a linear pattern") from error
    try:
        chosen.Compile()
    except re2.error as error:
        raise DefinitionError(", ".join(name for name, _ in named), "too large a set") from error
    return chosen._set
