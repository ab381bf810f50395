"""From a folded text to word codes: two bytes a word, and what makes spellings the same word.

Every word that a definition names has a code; all other words share one. The first byte of a code
is >= 0x80 and the second below, so a pattern over codes can never match across two of them.
Looking a word up forgives stretched and doubled letters, digits and symbols for letters, Spanish
written by ear, and one edit on the anchor stems; fillers have no code at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.rules.crisis.memory import Memory
from bot.rules.crisis.search import LazyPattern
from bot.rules.crisis.spelling import (
    doubled,
    halved,
    sound,
    squeeze,
    uncensored,
)

UNKNOWN = b"\x82\x00"
LONG = b"\x82\x01"
BACKWARDS = b"\x82\x02"
FRAGMENT = b"\x82\x03"
SOFT = b"\xff\x01"
QUOTE = b"\xff\x02"
NEWLINE = b"\xff\x03"
HARD = b"\xff\x10"
QUESTION = b"\xff\x11"
FIRST_MARK = 0xFF
"""The first byte of every mark."""
ENDS = frozenset((HARD, QUESTION, NEWLINE))
"""The marks that end a sentence."""
NUMBER_CODES = {
    "digit": b"\x81\x00",
    "number": b"\x81\x01",
    "year": b"\x81\x02",
    "high_bp": b"\x81\x03",
    "high_fever": b"\x81\x04",
}
START, END, ASKED = b"\x81\x10", b"\x81\x11", b"\x81\x12"
"""What the scorecard reads before a sentence, and behind it: behind a question another one."""
EDGE_CODES = {"start": START, "end": END, "asked": ASKED}
_LONG_LETTERS = 20
_LONGEST_WORD = 60
_PIECE = re.compile(r"[a-z0-9~'](?:[a-z0-9~'@$!|*+]*[a-z0-9~'])?|\.\.+|[\x02-\x06]|[^a-z0-9~' ]")
_DISGUISED = re.compile(
    r"[a-z][a-z0134@$!]*[a-z]|[a-z]{3,}[013]|(?=(?:[^a-z]*[a-z]){4})[a-z][a-z0134@$!]*[013]"
)
_SPLIT_NUMBER = re.compile(r"(\d+)([a-z]+)")
_MIXED = re.compile(r"[a-z]+|\d+")
_DIGIT_WORDS = {"2": "to", "4": "for"}
_INNER = re.compile(r"[a-z0-9~']+|[@$!|*+]+")
_LEET = (
    str.maketrans("01345789@$!|+", "oieastbgasiit"),
    str.maketrans("01345789@$!|+", "oleastbgaslit"),
)


def kind_of_number(digits: str) -> bytes:
    """Return the code of a number written in digits."""
    value = int(digits[:6])
    if len(digits) == 1:
        return NUMBER_CODES["digit"]
    if len(digits) == 4 and 1900 <= value < 2100:
        return NUMBER_CODES["year"]
    if 180 <= value < 300:
        return NUMBER_CODES["high_bp"]
    return NUMBER_CODES["high_fever" if 103 <= value <= 107 else "number"]


@dataclass(frozen=True)
class Lexicon:
    """Looks words up: `codes` is exact, the other maps come after it; `named` is sorted.

    `fillers` are the words without a code; `opened` are the `prefixes`, sorted. `families` tells
    the code of a word's family; `related` are words that nothing but a family names.
    """

    codes: Mapping[str, bytes]
    named: tuple[str, ...]
    fillers: frozenset[str]
    squeezed: Mapping[str, bytes]
    sounded: Mapping[str, bytes]
    censored: Mapping[str, tuple[str, ...]]
    broken: LazyPattern
    anchors: frozenset[str]
    prefixes: Mapping[str, bytes]
    opened: tuple[str, ...]
    prefix_lengths: tuple[int, ...]
    joined: Mapping[str, Sequence[str]]
    joined_run: Any
    shortened: Mapping[bytes, tuple[bytes, ...]]
    families: Mapping[bytes, bytes]
    family_codes: Mapping[str, bytes]
    related: Mapping[str, bytes]
    remembered: Memory = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Begin with an empty memory."""
        object.__setattr__(self, "remembered", Memory(self.codes, self._codes_of))

    def parts(self, chunks: Iterable[str]) -> list[bytes]:
        """Return the codes of each stretch without blanks; a line's end is one by itself."""
        return [*map(self.remembered.__getitem__, chunks)]

    def pieces(self, chunk: str) -> Iterator[tuple[bytes, int, int]]:
        """Yield the codes of each piece of a stretch without blanks, and where it stands."""
        for piece in _PIECE.finditer(chunk):
            yield self.remembered[piece[0]], *piece.span()

    def _codes_of(self, chunk: str) -> bytes:
        """Return the codes of a stretch without blanks that is no single known word."""
        pieces = _PIECE.findall(chunk)
        if len(pieces) == 1 and pieces[0] == chunk:
            return self._mark_or_word(chunk)
        return b"".join(self.parts(pieces))

    def _mark_or_word(self, piece: str) -> bytes:
        """Return the codes of a piece that is not in the lexicon as it stands."""
        if not (piece[0].isalnum() or piece[0] in "~'"):
            return punctuation(piece)
        word = piece.replace("'", "")
        if not word:
            return b""
        known = self.codes.get(word)
        if known is not None:
            return known
        if word.isdigit():
            return kind_of_number(word)
        respelled = self._respelled(word)
        return self._unknown(word) if respelled is None else respelled

    def _respelled(self, word: str) -> bytes | None:
        """Return the code of the word this one is a spelling of, if any."""
        if word.isalpha():
            return self._respelled_letters(word)
        if "*" in word:
            meant = uncensored(word, self.censored)
            if meant is not None:
                return self.codes[meant]
        for table in _LEET:
            spelled = word.translate(table)
            plain = squeeze(spelled)
            if plain in self.anchors:
                return self.squeezed.get(plain)
            if _DISGUISED.fullmatch(word) and spelled in self.codes:
                return self.codes[spelled]
        return None

    def _respelled_letters(self, word: str) -> bytes | None:
        """Return the code of a word with letters too many or too few, or of words run together."""
        plain = squeeze(word)
        if len(plain) > _LONGEST_WORD:
            return None
        for spelling in (doubled(word), halved(word), plain) if plain != word else (word,):
            known = self.codes.get(spelling, self.squeezed.get(spelling))
            if known is not None:
                return known
        known = None
        if len(word) > 4:
            known = self.codes.get(f"{word}g") if word.endswith("in") else None
            known = self.codes.get(word[:-1]) if word.endswith("s") else known
        return known or self.sounded.get(sound(word)) or self._segmented(word)

    def _unknown(self, word: str) -> bytes:
        """Return what stands for a word that only a family names, or no definition at all."""
        known = self.related.get(word)
        if known is not None:
            return known
        split = _SPLIT_NUMBER.fullmatch(word)
        if split is not None:
            return kind_of_number(split[1]) + (self.codes.get(split[2]) or UNKNOWN)
        pieces = _MIXED.findall(word)
        if len(pieces) > 1 and all(each in self.codes or each in _DIGIT_WORDS for each in pieces):
            return b"".join(self.codes[_DIGIT_WORDS.get(each, each)] for each in pieces)
        if not word.isalnum() and "~" not in word:
            parts = _INNER.findall(word)
            if len(parts) > 1:
                return b"".join(self.codes.get(part) or self._mark_or_word(part) for part in parts)
        for length in self.prefix_lengths:
            code = self.prefixes.get(word[:length])
            if code is not None:
                return code
        return LONG if len(word) >= _LONG_LETTERS else UNKNOWN

    def _segmented(self, word: str) -> bytes | None:
        """Return the codes of words run together (`iwanttodie`), when every piece is known."""
        if not 5 <= len(word) <= _LONGEST_WORD or self.joined_run.fullmatch(word.encode()) is None:
            return None
        reached: dict[int, bytes] = {0: b""}
        for start in range(len(word)):
            before = reached.get(start)
            if before is None:
                continue
            for piece in self.joined.get(word[start], ()):
                end = start + len(piece)
                if end not in reached and word.startswith(piece, start):
                    reached[end] = before + self.codes[piece]
        found = reached.get(len(word))
        return found if found is not None and len(found) >= 4 else None


MARKS = {".": HARD, "!": HARD, ";": HARD, "?": QUESTION, '"': QUOTE, "\n": NEWLINE, " ": b""}
MARKS |= dict.fromkeys(",:()-/*&#%+=@$|[]{}<>^\\", SOFT)


def punctuation(piece: str) -> bytes:
    """Return the code of a mark: it ends a clause, quotes, or only separates."""
    return MARKS.get(piece, SOFT)
