"""A text's word codes as sentences, which is how the scorecard reads them."""

from __future__ import annotations

from bot.rules.crisis.lexicon import ASKED, END, ENDS, FIRST_MARK, QUESTION, START
from bot.rules.crisis.neighbours import CODE_BYTES

MOST_WORDS_COUNTED = 25
"""A sentence is no longer than that, for the points that its length has."""
EDGES = 2
Sentence = list[bytes]
"""Its words between its two edges, which neighbour the first word and the last one."""


def counted_words(words: Sentence) -> int:
    """Return how many words of a sentence count for its length: 25 at most."""
    return min(len(words) - EDGES, MOST_WORDS_COUNTED)


def stretch_around(codes: bytes, place: int) -> tuple[int, int]:
    """Return where the sentence that holds `place` begins, and ends with its mark."""
    before = max(codes.rfind(mark, 0, place) for mark in ENDS)
    behind = (codes.find(mark, place) for mark in ENDS)
    return (before + CODE_BYTES if before >= 0 else 0), min(
        (found + CODE_BYTES for found in behind if found >= 0), default=len(codes)
    )


def sentences_of(
    codes: bytes, passed_over: frozenset[bytes] = frozenset()
) -> list[tuple[Sentence, list[int]]]:
    """Return the word codes of each sentence with its edges, and where they stand.

    Other marks are left out. An edge stands where its neighbour does. What is said twice is one
    sentence.
    """
    found: dict[bytes, tuple[Sentence, list[int]]] = {}
    words, places = [START], [0]
    for place in range(0, len(codes), CODE_BYTES):
        code = codes[place : place + CODE_BYTES]
        if code[0] != FIRST_MARK:
            if code not in passed_over:
                words.append(code)
                places.append(place)
        elif code in ENDS and len(words) > 1:
            _close(found, words, places, ASKED if code == QUESTION else END)
            words, places = [START], [0]
    if len(words) > 1:
        _close(found, words, places, END)
    return list(found.values())


def _close(
    found: dict[bytes, tuple[Sentence, list[int]]], words: Sentence, places: list[int], edge: bytes
) -> None:
    words.append(edge)
    places[0] = places[1]
    places.append(places[-1])
    found.setdefault(b"".join(words), (words, places))


def wordings_of(codes: bytes, passed_over: frozenset[bytes]) -> list[Sentence]:
    """Return the sentences of `sentences_of` without their places."""
    if FIRST_MARK in codes:
        return [words for words, _ in sentences_of(codes, passed_over)]
    every = [codes[place : place + CODE_BYTES] for place in range(0, len(codes), CODE_BYTES)]
    words = every if passed_over.isdisjoint(every) else [w for w in every if w not in passed_over]
    return [[START, *words, END]] if words else []
