"""From frames to the source of RE2 patterns over word codes."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

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

QUESTION_CLASS = "question"
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


def leaves_of(nodes: Iterable[Node]) -> list[Words | ClassRef]:
    """Return the words and the names of classes that `nodes` hold, in no order, each node once."""
    found: dict[int, Words | ClassRef] = {}
    left = list(nodes)
    for node in left:
        if isinstance(node, Words | ClassRef):
            found[id(node)] = node
        elif isinstance(node, Sequence):
            left.extend(node.items)
        elif isinstance(node, Choice):
            left.extend(node.branches)
        elif isinstance(node, Repeat):
            left.append(node.inner)
    return list(found.values())


def words_of(nodes: Iterable[Node]) -> list[Words]:
    """Return all words that `nodes` name, classes apart."""
    return [leaf for leaf in leaves_of(nodes) if isinstance(leaf, Words)]


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
        if name == QUESTION_CLASS:
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
        """Return the codes of every word that `words` stands for, short forms included."""
        found = {self.lexicon.codes[word] for word in words.literal}
        for code in found & self.lexicon.shortened.keys():
            found.update(self.lexicon.shortened[code])
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
            named, opened, codes = self.lexicon.named, self.lexicon.opened, self.lexicon.codes
            prefixes = self.lexicon.prefixes
            known = self._starting[f"{prefix}*"] = frozenset(
                [codes[word] for word in named[_beginning(named, prefix)]]
                + [prefixes[each] for each in opened[_beginning(opened, prefix)]]
            )
        return known


def _beginning(words: tuple[str, ...], prefix: str) -> slice:
    """Return where the words that begin with `prefix` stand among sorted ones."""
    return slice(bisect_left(words, prefix), bisect_left(words, prefix + "\x7f"))


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
