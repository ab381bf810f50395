"""Spellings of one word: letters too many, hidden, mistaken, or written as they sound."""

from __future__ import annotations

import re
from collections.abc import Iterator

_REPEATED = re.compile(r"(.)(?=\1)", re.DOTALL)
_STRETCHED = re.compile(r"(.)\1{2,}")
_SHORTEST_SOUNDED = 4
_SOUNDS = (
    *(("sh", "~"), ("ch", "~"), ("h", ""), ("ll", "y"), ("qu", "k"), ("ce", "se"), ("ci", "si")),
    *(("c", "k"), ("q", "k"), ("z", "s"), ("v", "b"), ("gue", "ge"), ("gui", "gi")),
    *(("ge", "je"), ("gi", "ji"), ("y", "i")),
)
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def squeeze(word: str) -> str:
    """Return `word` with every repeated letter written once."""
    return _REPEATED.sub("", word)


def doubled(word: str) -> str:
    """Return `word` with every letter that is repeated more than once written twice."""
    return _STRETCHED.sub(r"\1\1", word)


def halved(word: str) -> str:
    """Return `word` with each letter once for two, when all are doubled: `ggoooodd`, `good`."""
    if len(word) % 2 or word[::2] != word[1::2]:
        return word
    return word[::2]


def sound(word: str) -> str:
    """Return how a Spanish word sounds, letters that sound alike being one: `voy`, `boi`."""
    if len(word) < _SHORTEST_SOUNDED:
        return ""
    for letters, one in _SOUNDS:
        word = word.replace(letters, one)
    return squeeze(word)


def starred(word: str) -> Iterator[str]:
    """Yield the word with one or two neighbouring inner letters hidden behind stars."""
    for index in range(1, len(word)):
        yield word[:index] + "*" + word[index + 1 :]
        if index + 2 <= len(word):
            yield word[:index] + "**" + word[index + 2 :]


def misspellings_of(stem: str) -> set[str]:
    """Return every spelling one edit away from `stem` that keeps its first letter."""
    spellings: set[str] = set()
    for index in range(1, len(stem) + 1):
        head, tail = stem[:index], stem[index:]
        spellings.update(head + letter + tail for letter in _LETTERS)
        if not tail:
            continue
        spellings.add(head + tail[1:])
        spellings.update(head + letter + tail[1:] for letter in _LETTERS)
        if len(tail) > 1:
            spellings.add(head + tail[1] + tail[0] + tail[2:])
    spellings.discard(stem)
    return spellings
