"""Codes for the words that the lexicon has none for, so that they may have points."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from benchmarks.regression import LEAST_TEXTS
from bot.rules.crisis.fold import fold
from bot.rules.crisis.lexicon import EDGE_CODES, NUMBER_CODES, UNKNOWN, Lexicon

MOST_NEW_WORDS = 1_800


def with_new_words(lexicon: Lexicon, texts: Iterable[str]) -> tuple[Lexicon, dict[bytes, str]]:
    """Return the lexicon with codes for the words it lacks, and the name of every code."""
    shared = {UNKNOWN, *lexicon.family_codes.values()}
    counts = Counter(word for text in texts for word in _new_words(lexicon, shared, text))
    taken = {*lexicon.codes.values(), *lexicon.family_codes.values()}
    free = (bytes(pair) for pair in _codes() if bytes(pair) not in taken)
    often = sorted(counts, key=lambda word: (-counts[word], word))
    wanted = [word for word in often[:MOST_NEW_WORDS] if counts[word] >= LEAST_TEXTS]
    new = dict(zip(wanted, free, strict=False))
    families = {
        code: lexicon.related[word] for word, code in new.items() if word in lexicon.related
    }
    codes = dict(lexicon.codes) | new
    wider = replace(lexicon, codes=codes, families={**lexicon.families, **families})
    return wider, names_of(lexicon, codes)


def names_of(lexicon: Lexicon, codes: Mapping[str, bytes]) -> dict[bytes, str]:
    """Return how a file of points names each code: of a word, a beginning, a number, a family."""
    names = {
        code: word for word, code in reversed([*codes.items()]) if len(code) == 2 and word > " "
    }
    names |= {code: f"{prefix}*" for prefix, code in lexicon.prefixes.items()}
    names |= {code: f"{{{kind}}}" for kind, code in (NUMBER_CODES | EDGE_CODES).items()}
    names |= {code: f"[{family}]" for family, code in lexicon.family_codes.items()}
    return names


def _codes() -> Iterator[tuple[int, int]]:
    return ((high, low) for high in range(0x83, 0xFF) for low in range(0x80))


def _new_words(lexicon: Lexicon, shared: set[bytes], text: str) -> set[str]:
    """Return the words that have no code, or only that of their family."""
    words = (word.replace("'", "") for word in re.findall(r"[a-z']+", fold(text).text))
    return {word for word in words if 1 < len(word) < 20 and shared & {*lexicon.parts([word])}}
