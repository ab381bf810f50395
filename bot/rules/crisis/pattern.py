"""The frame language of the definition files, and its translation to RE2.

A pattern is written as one would write the words: `i <adv> want to {die}`. The translation makes
it blind to how people type:

- a space is any run of separators that does not end a clause (`want, to` but not `want. To`);
- a letter also stands for itself repeated (`dieee`), a doubled letter for a single one (`kil`);
- an apostrophe may be missing (`don't`, `dont`);
- `{name}` is a word class; `<name>` is up to two of its words, or none;
- ` {0-3} ` is a gap of that many words; `{end}` is the end of a clause, `{start}` its start;
- inside classes declared as anchors, letters also stand for their digits and symbols (`k1ll`).

Everything is compiled by RE2 (linear time). Nothing here backtracks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import re2

from bot.core.errors import DefinitionError
from bot.rules.crisis.fold import FOLD_TABLE

SEPARATOR = r"(?:[^a-z0-9~.;!?]|\.\.+)+"
WORD = r"[a-z0-9~'*@$]+"
START = r"(?:\A|[.;!?\n,:\"(-])[^a-z0-9~]*"
END = r"[^a-z0-9~.;!?\n,]*(?:[.;!?\n,)\"\x02-\x06]|\z)"
_LEET = {
    "a": "[a4@*]", "b": "[b8*]", "e": "[e3*]", "i": "[i1!|l*]", "l": "[l1|i!*]", "o": "[o0*]",
    "s": "[s5$*]", "t": "[t7+*]", "u": "[uv*]", "c": "[ck*]", "d": "[d*]", "m": "[m*]",
}  # fmt: skip
_TOKEN = re.compile(
    r" \{(?P<low>\d)-(?P<high>\d)\} "
    r"|\{(?P<name>[a-z][a-z0-9_]*)\}"
    r"|<(?P<optional>[a-z][a-z0-9_]*)> "
    r"|(?P<bound>\{\d+(?:,\d*)?\})"
    r"|(?P<escape>\\.)"
    r"|(?P<charset>\[[^\]]*\])"
    r"|(?P<letter>[a-z])(?P=letter)*(?P<star>[?*+]?)"
    r"|(?P<other>.)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The word classes: name -> alternatives, and which of them are anchors (read with leet)."""

    classes: Mapping[str, tuple[str, ...]]
    anchors: frozenset[str]
    translated: dict[tuple[str, bool], str] = field(default_factory=dict, compare=False)


def translate(
    source: str, vocabulary: Vocabulary, *, leet: bool = False, path: tuple[str, ...] = ()
) -> str:
    """Return the RE2 source of the frame `source`. Raises DefinitionError on an unknown class."""
    pieces = []
    for token in _TOKEN.finditer(fold_source(source)):
        kind = token.lastgroup
        if kind == "high":
            low, high = token["low"], token["high"]
            pieces.append(f"{SEPARATOR}(?:{WORD}{SEPARATOR}){{{low},{high}}}")
        elif kind == "name":
            pieces.append(_class_source(token["name"], vocabulary, leet=leet, path=path))
        elif kind == "optional":
            inner = _class_source(token["optional"], vocabulary, leet=leet, path=path)
            pieces.append(f"(?:{inner}{SEPARATOR}){{0,2}}")
        elif kind in ("letter", "star"):
            pieces.append(_letter_source(token, leet=leet))
        else:
            pieces.append(_literal_source(token))
    return "".join(pieces)


def fold_source(source: str) -> str:
    """Return `source` with the letters that a folded text cannot hold replaced by theirs."""
    return source if source.isascii() else source.translate(FOLD_TABLE)


def _letter_source(token: re.Match[str], *, leet: bool) -> str:
    letter = token["letter"]
    unit = _LEET.get(letter, letter) if leet else letter
    if token["star"] in ("?", "*"):
        doubled = len(token[0]) > 2
        return f"{unit}+" if doubled else f"{unit}*"
    return f"{unit}+"


def _literal_source(token: re.Match[str]) -> str:
    text = token[0]
    if text == " ":
        return SEPARATOR
    if text == "'":
        return "'?"
    if text == "(":
        return "(?:"
    return text


def _class_source(name: str, vocabulary: Vocabulary, *, leet: bool, path: tuple[str, ...]) -> str:
    if name == "end":
        return END
    if name == "start":
        return START
    if name in path:
        raise DefinitionError(".".join(path), f"class {name} refers to itself")
    alternatives = vocabulary.classes.get(name)
    if alternatives is None:
        raise DefinitionError(".".join(path) or name, f"no word class is called {name}")
    leet = leet or name in vocabulary.anchors
    known = vocabulary.translated.get((name, leet))
    if known is None:
        inside = (*path, name)
        inner = [translate(each, vocabulary, leet=leet, path=inside) for each in alternatives]
        known = vocabulary.translated[name, leet] = f"(?:{'|'.join(inner)})"
    return known


def bounded(source: str, translated: str) -> str:
    """Return `translated` held to whole words at each side that `source` does not bound itself."""
    left = "" if source.startswith(("{start}", r"\A")) else r"\b"
    right = "" if source.endswith(("{end}", r"\z")) else r"\b"
    return f"{left}(?:{translated}){right}"


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

    def search(self, text: bytes) -> Any:
        """Return the leftmost match, or None."""
        return self.compiled.search(text)

    def finditer(self, text: bytes) -> Any:
        """Return the matches from left to right."""
        return self.compiled.finditer(text)


def options(memory_mb: int, *, captures: bool = False) -> Any:
    """Return RE2's options for ASCII bytes: no chatter, `memory_mb` of cache."""
    chosen = re2.Options()
    chosen.encoding = re2.Options.Encoding.LATIN1
    chosen.never_capture = not captures
    chosen.log_errors = False
    chosen.max_mem = memory_mb << 20
    return chosen


def compile_one(source: str, *, where: str, memory_mb: int = 16, captures: bool = False) -> Any:
    """Return the compiled RE2 of `source`. Raises DefinitionError naming `where`."""
    try:
        return re2.compile(source.encode("latin-1"), options(memory_mb, captures=captures))
    except re2.error as error:
        raise DefinitionError(where, f"not a linear pattern ({str(error)[:40]})") from error


def compile_set(
    sources: list[str], *, where: str, memory_mb: int, names: list[str] | None = None
) -> Any:
    """Return an RE2 set whose matches are indexes of `sources`.

    Raises DefinitionError with the name of the source at fault.
    """
    chosen = re2.Set.SearchSet(options(memory_mb))
    for index, source in enumerate(sources):
        try:
            added = chosen.Add(source.encode("latin-1"))
        except re2.error as error:
            raise DefinitionError(names[index] if names else where, "not linear") from error
        if added is not None and added < 0:
            raise DefinitionError(names[index] if names else where, "not a linear pattern")
    chosen.Compile()
    return chosen
