"""Searching word codes with RE2: compiled at first use, in time linear in the text's length.

What is kept of RE2 is its bare object: the wrapper around it only adds ways to read str and to ask
for groups, and costs as much again as a search of one message.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

import re2

from bot.core.errors import DefinitionError

_NOTHING: frozenset[str] = frozenset()
_ANYWHERE = re2._Anchor.UNANCHORED
_START = itemgetter(0)
Span = tuple[int, int]


class Room(NamedTuple):
    """What RE2 may keep of one pattern or set: at least so many MB, more for long sources.

    It bounds what texts of every kind can make RE2 keep: a full cache is emptied. Without room for
    its largest states a single pattern reads thirteen times slower, hence its share is larger; a
    set sees nothing at all, but a test reads with half of the room and misses nothing.
    """

    least_mb: float
    source_per_mb: int

    def bytes_for(self, size: int) -> int:
        """Return the memory in bytes for sources of `size` characters."""
        return int(max(self.least_mb, size / self.source_per_mb) * (1 << 20))


PATTERN_ROOM = Room(4, 4096)
BRANCH_ROOM = Room(0.25, 8192)
"""Of a single branch of a frame: there are thousands, each with few states."""
_TEST_ROOM = Room(4, 8192)


class LazyPattern:
    """An RE2 pattern compiled at its first search: most rules never match, loading stays quick."""

    __slots__ = ("_compiled", "_room", "_where", "write")

    def __init__(self, write: Callable[[], str], where: str, room: Room = PATTERN_ROOM) -> None:
        """Take what writes the RE2 source, where its frames were written, and its room."""
        self.write = write
        self._where = where
        self._room = room
        self._compiled: Any = None

    def compile(self) -> Any:
        """Return RE2's own matching. Raises DefinitionError naming where it was written."""
        if self._compiled is None:
            source = self.write()
            self._compiled = compile_one(source, where=self._where, room=self._room).Match
        return self._compiled

    def search(self, codes: bytes, start: int = 0) -> Span | None:
        """Return where the leftmost match from `start` on begins and ends, or None."""
        found: Span = self.compile()(_ANYWHERE, codes, start, len(codes))[0]
        return found if found[0] >= 0 else None

    def spans(self, codes: bytes) -> Iterator[Span]:
        """Yield where each match begins and ends, from left to right."""
        return spans_of([self], codes)


class Spans:
    """What one pattern of all these alternatives would match, found from left to right.

    Of matches that begin in the same place the first pattern's counts.
    """

    __slots__ = ("_ahead", "_codes", "_patterns")

    def __init__(self, patterns: Sequence[LazyPattern], codes: bytes) -> None:
        """Search `codes`, which hold no place before the first."""
        self._patterns = patterns
        self._codes = codes
        self._ahead = [pattern.search(codes) for pattern in patterns]

    def from_(self, start: int) -> Span | None:
        """Return the leftmost match from `start` on, or None; `start` never goes back."""
        for place, span in enumerate(self._ahead):
            if span is not None and span[0] < start:
                self._ahead[place] = self._patterns[place].search(self._codes, start)
        return min(filter(None, self._ahead), key=_START, default=None)


def spans_of(patterns: Sequence[LazyPattern], codes: bytes) -> Iterator[Span]:
    """Yield what one pattern of all these alternatives would match, from left to right."""
    spans = Spans(patterns, codes)
    found = spans.from_(0)
    while found is not None:
        yield found
        found = None if found[1] == len(codes) else spans.from_(behind(found))


def behind(span: Span) -> int:
    """Return where what comes after a match may begin."""
    return max(span[1], span[0] + 1)


class LazySet:
    """Frames that are searched together, compiled when a text first opens their gate.

    A server lets every rule prove its example before it serves. `match` returns the indexes of
    the sources that match somewhere in the codes; once compiled it is RE2's own.
    """

    __slots__ = ("_compiled", "_names", "_room", "_write", "match")

    def __init__(self, write: Callable[[], Mapping[str, str]], room: Room) -> None:
        """Take what writes the RE2 sources by name, in the order of their indexes."""
        self._write = write
        self._names: tuple[str, ...] = ()
        self._room = room
        self._compiled: Any = None
        self.match: Callable[[bytes], list[int]] = self._first_match

    @property
    def compiled(self) -> Any:
        """The compiled set. Raises DefinitionError with the name of the source at fault."""
        if self._compiled is None:
            sources = self._write()
            self._names = tuple(sources)
            self._compiled = compile_set(sources.values(), names=self._names, room=self._room)
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
        super().__init__(lambda: {where: write()}, _TEST_ROOM)

    def met(self, codes: bytes) -> bool:
        """Return whether the frame matches somewhere in `codes`."""
        return bool(self.match(codes))


def options(memory_bytes: int) -> Any:
    """Return RE2's options for code bytes: no chatter, so much cache."""
    chosen = re2.Options()
    chosen.encoding = re2.Options.Encoding.LATIN1
    chosen.never_capture = True
    chosen.log_errors = False
    chosen.dot_nl = True
    chosen.max_mem = memory_bytes
    return chosen


def compile_one(source: str, *, where: str, room: Room = PATTERN_ROOM) -> Any:
    """Return the bare RE2 of `source`. Raises DefinitionError naming `where`."""
    chosen = options(room.bytes_for(len(source)))
    try:
        return re2.compile(source.encode("latin-1"), chosen)._regexp
    except re2.error as error:
        raise DefinitionError(where, f"not a linear pattern ({str(error)[:40]})") from error


def compile_set(sources: Iterable[str], *, names: Iterable[str], room: Room) -> Any:
    """Return a bare RE2 set whose matches are indexes of `sources`.

    Raises DefinitionError with the name of the source at fault.
    """
    named = list(zip(names, sources, strict=True))
    size = sum(len(source) for _, source in named)
    chosen = re2.Set.SearchSet(options(room.bytes_for(size)))
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
