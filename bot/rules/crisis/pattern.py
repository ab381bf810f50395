"""From frames to RE2 patterns over word codes, compiled once, searched in linear time."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import re2

from bot.core.errors import DefinitionError
from bot.rules.crisis.frame import (
    Choice,
    ClassRef,
    Edge,
    Gap,
    Node,
    Repeat,
    Sequence,
    Words,
)
from bot.rules.crisis.lexicon import NUMBER_CODES, Lexicon, kind_of_number

SOFT_MARKS = r"(?:\xff[\x01-\x0f])*"
_ANY_MARKS = r"(?:\xff[\x01-\x1f])*"
ANY_WORD = r"[\x80-\xfe][\x00-\x7f]"
_START = r"(?:\A|\xff[\x01-\x1f])"
_END = r"(?:\xff[\x01-\x1f]|\z)"


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The word classes, parsed, and which of them are anchors (their letters may be disguised)."""

    classes: Mapping[str, Node]
    anchors: frozenset[str]


def words_of(nodes: Iterable[Node]) -> Iterator[Words]:
    """Yield all words that `nodes` name, classes apart."""
    for node in nodes:
        yield from _words(node)


def _words(node: Node) -> Iterator[Words]:
    if isinstance(node, Words):
        yield node
    elif isinstance(node, Repeat):
        yield from _words(node.inner)
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from _words(item)
    elif isinstance(node, Choice):
        for branch in node.branches:
            yield from _words(branch)


@dataclass(frozen=True, slots=True)
class Translator:
    """Translates parsed frames to RE2 source; every word stands with the marks behind it."""

    vocabulary: Vocabulary
    lexicon: Lexicon
    _classes: dict[str, str] = field(default_factory=dict, compare=False)
    _words: dict[frozenset[str], str] = field(default_factory=dict, compare=False)
    _starting: dict[str, frozenset[bytes]] = field(default_factory=dict, compare=False)

    def source(self, node: Node, path: tuple[str, ...] = ()) -> str:
        """Return the RE2 source of `node`. Raises DefinitionError on an unknown class."""
        if isinstance(node, Words):
            return self._words_source(node)
        if isinstance(node, ClassRef):
            return self._class_source(node.name, path)
        if isinstance(node, Gap):
            return _gap_source(node)
        if isinstance(node, Edge):
            return f"{_START}{SOFT_MARKS}" if node.is_start else _END
        if isinstance(node, Repeat):
            high = "" if node.high is None else node.high
            return f"(?:{self.source(node.inner, path)}){{{node.low},{high}}}"
        if isinstance(node, Sequence):
            return "".join(self.source(item, path) for item in node.items)
        return self._choice_source(node, path)

    def _words_source(self, words: Words) -> str:
        if words.prefixes:
            return self._any_word_of([words])
        known = self._words.get(words.literal)
        if known is None:
            known = self._words[words.literal] = self._any_word_of([words])
        return known

    def _choice_source(self, node: Choice, path: tuple[str, ...]) -> str:
        single = [branch for branch in node.branches if isinstance(branch, Words)]
        others = [branch for branch in node.branches if not isinstance(branch, Words)]
        sources = [self.source(branch, path) for branch in others]
        sources.append(self._any_word_of(single))
        sources = [source for source in sources if source]
        return f"(?:{'|'.join(sources)})"

    def _class_source(self, name: str, path: tuple[str, ...]) -> str:
        if name == "question":
            return rf"(?:\xff\x11{SOFT_MARKS})+"
        if name in NUMBER_CODES:
            return codes_source(self.number_codes(name))
        if name in path:
            raise DefinitionError(".".join(path), f"class {name} refers to itself")
        known = self._classes.get(name)
        if known is None:
            node = self.vocabulary.classes.get(name)
            if node is None:
                raise DefinitionError(".".join(path) or name, f"no word class is called {name}")
            known = self._classes[name] = f"(?:{self.source(node, (*path, name))})"
        return known

    def _any_word_of(self, words: list[Words]) -> str:
        """Return the source of any of `words`; fillers have no code and are passed over."""
        codes = {code for each in words for code in self.codes(each)}
        return codes_source(codes) if codes else ""

    def codes(self, words: Words) -> set[bytes]:
        """Return the codes of every word that `words` stands for."""
        found = {self.lexicon.codes[word] for word in words.literal}
        for prefix in words.prefixes:
            found |= self._beginning_with(prefix)
        found.discard(b"")
        return found

    def number_codes(self, kind: str) -> frozenset[bytes]:
        """Return the code of a kind of number, and those of such numbers that frames spell out."""
        known = self._starting.get(kind)
        if known is None:
            code, codes = NUMBER_CODES[kind], self.lexicon.codes
            literal = (word for word in self.lexicon.named if word.isdigit())
            same = {codes[word] for word in literal if kind_of_number(word) == code}
            known = self._starting[kind] = frozenset({code, *same})
        return known

    def _beginning_with(self, prefix: str) -> frozenset[bytes]:
        known = self._starting.get(f"{prefix}*")
        if known is None:
            named, codes = self.lexicon.named, self.lexicon.codes
            first = bisect_left(named, prefix)
            last = bisect_left(named, prefix + "\x7f")
            opened = self.lexicon.prefixes.items()
            known = self._starting[f"{prefix}*"] = frozenset(
                [codes[word] for word in named[first:last]]
                + [code for each, code in opened if each.startswith(prefix)]
            )
        return known


def _gap_source(gap: Gap) -> str:
    if gap.crosses:
        return f"{_ANY_MARKS}(?:{ANY_WORD}{_ANY_MARKS}){{{gap.low},{gap.high}}}"
    return f"(?:{ANY_WORD}{SOFT_MARKS}){{{gap.low},{gap.high}}}"


def codes_source(codes: Iterable[bytes]) -> str:
    """Return the source of any one of `codes` and the soft marks behind it."""
    rows: dict[int, list[str]] = {}
    for high, low in sorted({pair for code in codes for pair in _pairs(code)}):
        rows.setdefault(high, []).append(_ESCAPED[low])
    sources = [f"{_ESCAPED[high]}[{''.join(lows)}]" for high, lows in rows.items()]
    return f"(?:(?:{'|'.join(sources)}){SOFT_MARKS})"


_ESCAPED = tuple(rf"\x{byte:02x}" for byte in range(256))


def _pairs(code: bytes) -> Iterable[tuple[int, int]]:
    return ((code[0], code[1]),) if len(code) == 2 else zip(code[::2], code[1::2], strict=True)


class LazyPattern:
    """An RE2 pattern compiled at its first search: most rules never match, loading stays quick."""

    __slots__ = ("_compiled", "_source", "_where")

    def __init__(self, source: str, where: str) -> None:
        self._source = source
        self._where = where
        self._compiled: Any = None

    @property
    def compiled(self) -> Any:
        """The compiled pattern. Raises DefinitionError naming where it was written."""
        if self._compiled is None:
            self._compiled = compile_one(self._source, where=self._where)
        return self._compiled

    def search(self, codes: bytes) -> Any:
        """Return the leftmost match, or None."""
        return self.compiled.search(codes)

    def finditer(self, codes: bytes) -> Any:
        """Return the matches from left to right."""
        return self.compiled.finditer(codes)


class LazySet:
    """Frames that are searched together, compiled when a text first opens their gate.

    `searched` compiles them; a server lets every rule prove its example before it serves.
    """

    __slots__ = ("_compiled", "_memory_mb", "_sources")

    def __init__(self, sources: Mapping[str, str], memory_mb: int) -> None:
        """Take source by name, in the order of their indexes."""
        self._sources = sources
        self._memory_mb = memory_mb
        self._compiled: Any = None

    @property
    def compiled(self) -> Any:
        """The compiled set. Raises DefinitionError with the name of the source at fault."""
        if self._compiled is None:
            self._compiled = compile_set(
                self._sources.values(), names=self._sources, memory_mb=self._memory_mb
            )
        return self._compiled

    def matches(self, codes: bytes) -> list[int]:
        """Return the indexes of the sources that match somewhere in `codes`."""
        found: list[int] | None = self.compiled.Match(codes)
        return found or []


def options(memory_mb: int, *, captures: bool = False) -> Any:
    """Return RE2's options for code bytes: no chatter, `memory_mb` of cache."""
    chosen = re2.Options()
    chosen.encoding = re2.Options.Encoding.LATIN1
    chosen.never_capture = not captures
    chosen.log_errors = False
    chosen.dot_nl = True
    chosen.max_mem = memory_mb << 20
    return chosen


def compile_one(source: str, *, where: str, memory_mb: int = 16, captures: bool = False) -> Any:
    """Return the compiled RE2 of `source`. Raises DefinitionError naming `where`."""
    try:
        return re2.compile(source.encode("latin-1"), options(memory_mb, captures=captures))
    except re2.error as error:
        raise DefinitionError(where, f"not a linear pattern ({str(error)[:40]})") from error


def compile_set(sources: Iterable[str], *, names: Iterable[str], memory_mb: int) -> Any:
    """Return an RE2 set whose matches are indexes of `sources`.

    Raises DefinitionError with the name of the source at fault.
    """
    chosen = re2.Set.SearchSet(options(memory_mb))
    for source, name in zip(sources, names, strict=True):
        try:
            chosen.Add(source.encode("latin-1"))
        except re2.error as error:
            raise DefinitionError(name, "not a linear pattern") from error
    chosen.Compile()
    return chosen
