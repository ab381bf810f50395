"""Spellings of one word: letters too many, hidden, mistaken, or written as they sound."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

_SHORTEST_SOUNDED = 4
_SOUNDS = (
    *(("sh", "~"), ("ch", "~"), ("h", ""), ("ll", "y"), ("qu", "k"), ("ce", "se"), ("ci", "si")),
    *(("c", "k"), ("q", "k"), ("z", "s"), ("v", "b"), ("gue", "ge"), ("gui", "gi")),
    *(("ge", "je"), ("gi", "ji"), ("y", "i")),
)
_SHORTEST_CUT = 5
_LETTERS_SPARED = 4
_SHORTEST_MIDDLE = 3
_SHORTEST_MANGLED = 4
_FEWEST_CONSONANTS = 3
_JOINTS = r"[ .,*/|+=-]"
IN_WORD = "_"
"""Stands for an apostrophe where only letters and digits make a word; folding leaves no other."""
_VOWELS = re.compile(r"[aeiouy]")
_HEARD = (
    *(("u", ("v",)), ("i", ("y", "ee")), ("c", ("k", "s")), ("k", ("c",)), ("s", ("z",))),
    *(("y", ("i",)), ("ea", ("e", "ee")), ("ng", ("n", "nq")), ("l", ("i", "w")), ("er", ("ur",))),
)
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def _beside() -> dict[str, str]:
    """Return the keys around each key of a keyboard, as a thumb meets them."""
    found: dict[str, str] = {}
    for row, keys in enumerate(_ROWS):
        for place, key in enumerate(keys):
            around = [keys[place - 1 : place] if place else "", keys[place + 1 : place + 2]]
            around += [_ROWS[row - 1][place : place + 2]] if row else []
            below = _ROWS[row + 1] if row + 1 < len(_ROWS) else ""
            around += [below[max(0, place - 1) : place + 1]]
            found[key] = "".join(around)
    return found


_BESIDE = _beside()


def squeeze(word: str) -> str:
    """Return `word` with every repeated letter written once."""
    return _shortened(word, 1)


def doubled(word: str) -> str:
    """Return `word` with every letter that is repeated more than once written twice."""
    return _shortened(word, 2)


def _shortened(word: str, most: int) -> str:
    """Return `word` with no letter more than `most` times in a row: each pass takes a third."""
    for letter in set(word):
        few = letter * most
        while few + letter in word:
            word = word.replace(few + letter, few)
    return word


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


def by_first_letter(words: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the words that may be censored, in order, under their first letter."""
    found: dict[str, tuple[str, ...]] = {}
    for word in words:
        found[word[0]] = (*found.get(word[0], ()), word)
    return found


def uncensored(word: str, candidates: Mapping[str, tuple[str, ...]]) -> str | None:
    """Return the candidate that `word` spells with some letters behind stars, if any.

    Its first letter must be shown and, of the others, the last one or half of them.
    """
    shown = len(word) - word.count("*")
    if not (word[-1] != "*" or shown * 2 >= len(word)):
        return None
    for candidate in candidates.get(word[0], ()):
        if len(candidate) == len(word) and all(
            letter in ("*", meant) for letter, meant in zip(word, candidate, strict=True)
        ):
            return candidate
    head, _, tail = word.partition("*")
    if "*" in tail or len(head) + len(tail) < _SHORTEST_CUT:
        return None
    for candidate in candidates.get(word[0], ()):
        if len(candidate) > len(word) and candidate.startswith(head) and candidate.endswith(tail):
            return candidate
    return None


def manglings(word: str) -> Iterator[str]:
    """Yield how a word comes out in haste or by ear: nothing of those too short to tell."""
    if len(word) < _SHORTEST_MANGLED:
        return
    yield from slips(word)
    yield from heard(word)
    if len(without_vowels(word)) >= _FEWEST_CONSONANTS:
        yield without_vowels(word)


def slips(word: str) -> Iterator[str]:
    """Yield what a slip of the fingers makes of `word`.

    Two letters change places, one is struck twice or, in a longer word, left out, or the key
    beside it is struck instead or as well. The first letter stays, unless it changes places.
    """
    for index in range(len(word)):
        head, letter, tail = word[:index], word[index], word[index + 1 :]
        if tail and tail[0] != letter:
            yield head + tail[0] + letter + tail[1:]
        yield head + letter + letter + tail
        if index and len(word) > _LETTERS_SPARED:
            yield head + tail
        if index:
            for beside in _BESIDE.get(letter, ""):
                yield head + beside + tail
                yield head + letter + beside + tail


def heard(word: str) -> Iterator[str]:
    """Yield other spellings of an English word that are read aloud, or look, the same."""
    for letters, others in _HEARD:
        if letters in word[1:] or letters in ("k", "c", "s"):
            yield from (word.replace(letters, other) for other in others)


def without_vowels(word: str) -> str:
    """Return `word` without its vowels, the first letter apart: `myself`, `mslf`."""
    return word[0] + _VOWELS.sub("", word[1:])


def broken_words(words: Iterable[str]) -> str:
    """Return the RE2 source of `words` with blanks or marks inside them, and of runs of them.

    Apostrophes are searched as `IN_WORD`. A run can be cut into words in more ways than there are
    atoms (`tokilltokill`: each time one word or two), so nothing that backtracks may search it.
    """
    spread = "|".join(f"{_JOINTS}{{0,2}}".join(word) for word in words)
    return rf"\b(?:{spread})(?:{_JOINTS}?(?:{spread}))*\b"


def fragments(word: str) -> Iterator[str]:
    """Yield what is left of `word`, front, back and middle, when blanks are struck inside it."""
    for index in range(2, len(word) - 1):
        yield word[:index]
        yield word[index:]
        yield from (word[index:end] for end in range(index + _SHORTEST_MIDDLE, len(word)))


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
