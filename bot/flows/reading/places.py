"""Reading where a patient is: a state or territory of the United States, or another country.

A place must be named at the end of what is said ("Austin, TX"); a city alone is never looked up,
because towns share names ("Kansas City", "Portland"). Where a name fits two states, both are
asked back. A licence depends on this answer, so nothing is inferred.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import msgspec

from bot.core.errors import DefinitionError
from bot.flows.reading.lexicon import DEFINITIONS, Lean, Lexicon, read_definition
from bot.flows.reading.polarity import HEDGED, hedge, polarity_of
from bot.flows.reading.reply import Reply
from bot.flows.reading.results import (
    Ambiguous,
    AmbiguousReason,
    Reading,
    Unclear,
    UnclearReason,
    Understood,
)
from bot.flows.reading.spelling import BREAK, phrase_of
from bot.flows.reading.typos import candidates, is_certain

_UNKNOWN = Unclear(UnclearReason.UNKNOWN_PLACE)
_POSTCODE = 5


class _State(msgspec.Struct, forbid_unknown_fields=True):
    names: list[str]
    short: list[str]


class _Either(msgspec.Struct, forbid_unknown_fields=True):
    names: list[str]
    first: str
    second: str


class _PlacesFile(msgspec.Struct, forbid_unknown_fields=True):
    version: str
    home_country: str
    states: dict[str, _State]
    either: list[_Either]
    also_words: list[str]
    never_alone: list[str]
    countries: dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Places:
    """Phrase -> the codes it may mean (one, or two to ask about), and which abbreviations trap.

    `names` are full names only, for misspellings.
    """

    home_country: str
    codes: Mapping[str, tuple[str, ...]]
    names: tuple[tuple[str, tuple[str, ...]], ...]
    also_words: frozenset[str]
    never_alone: frozenset[str]
    longest: int


def load_places(path: Path = DEFINITIONS / "places.yaml") -> Places:
    """Read and check the file; raises DefinitionError naming the path to the fault."""
    source = read_definition(path, _PlacesFile)
    codes: dict[str, tuple[str, ...]] = {}
    for code, state in source.states.items():
        for name in (*state.names, *state.short):
            _claim(codes, name, (code,))
    for code, names in source.countries.items():
        for name in names:
            _claim(codes, name, (code,))
    for pair in source.either:
        for name in pair.names:
            codes[phrase_of(name)] = (pair.first, pair.second)
    short = {phrase_of(word) for state in source.states.values() for word in state.short}
    return Places(
        home_country=source.home_country,
        codes=codes,
        names=tuple((name, found) for name, found in codes.items() if name not in short),
        also_words=frozenset(map(phrase_of, source.also_words)),
        never_alone=frozenset(map(phrase_of, source.never_alone)),
        longest=max(name.count(" ") + 1 for name in codes),
    )


def _claim(codes: dict[str, tuple[str, ...]], name: str, claim: tuple[str, ...]) -> None:
    phrase = phrase_of(name)
    if codes.setdefault(phrase, claim) != claim:
        raise DefinitionError(f"places.yaml:{claim[0]}", f"{phrase} already names another place")


@cache
def places() -> Places:
    """Return the project's places, read at the first call."""
    return load_places()


def read_place(reply: Reply) -> Reading:
    """Read a state as ISO 3166-2 ("US-CA") or a country as ISO 3166-1; part country."""
    known = places()
    whole = known.codes.get(reply.phrase)
    if whole is not None:
        return _UNKNOWN if _is_trap(reply, reply.phrase, known) else _reading(reply, whole, known)
    lean = polarity_of(reply.words, reply.lexicon).lean
    if lean in (Lean.UNSURE, Lean.HEDGED):
        return hedge(reply.question, lean) if lean is Lean.UNSURE else HEDGED
    if reply.lexicon.negators.intersection(reply.plain):
        return _UNKNOWN
    return _found_in(reply, known)


def _found_in(reply: Reply, known: Places) -> Reading:
    """Read the place that a longer reply ends with, if it names no other."""
    words = _without_postcode(reply)
    named = _named(words, reply.lexicon, known)
    spelt = _misspelt(reply, words, known)
    if not named or (named[0][0] > 0 and len(words) <= known.longest and spelt != _UNKNOWN):
        # "Nw Mexico" is not Mexico
        return spelt
    if len({codes for _, _, codes in named}) > 1:
        return _two(reply, named, known)
    start, end, codes = named[-1]
    before = words[:start]
    phrase = " ".join(words[start:end])
    if not _is_tail(words[end:], reply.lexicon, known) or _is_lower_word(reply, phrase, known):
        return _UNKNOWN
    if _is_idle(before, reply.lexicon) and phrase in known.never_alone:
        return _UNKNOWN
    return _reading(reply, codes, known)


def _without_postcode(reply: Reply) -> list[str]:
    """Return the words without a postcode and without filler at the start."""
    filler = reply.lexicon.place_filler
    words = [word for word in reply.plain if not (word.isdigit() and len(word) == _POSTCODE)]
    start = next((i for i, word in enumerate(words) if word not in filler), len(words) - 1)
    return words[max(start, 0) :]


def _named(
    words: Sequence[str], lexicon: Lexicon, known: Places
) -> list[tuple[int, int, tuple[str, ...]]]:
    """Return each place named: where it starts and ends, and its codes. Longest names first."""
    named: list[tuple[int, int, tuple[str, ...]]] = []
    position = 0
    while position < len(words):
        for end in range(min(len(words), position + known.longest), position, -1):
            phrase = " ".join(words[position:end])
            codes = known.codes.get(phrase)
            # inside a sentence "in", "or" and "me" are what they look like
            inside = phrase in known.also_words and not _is_tail(words[end:], lexicon, known)
            if codes and not inside:
                named.append((position, end, codes))
                position = end
                break
        else:
            position += 1
    return named


def _two(
    reply: Reply, named: Sequence[tuple[int, int, tuple[str, ...]]], known: Places
) -> Reading:
    """Ask which of two places is meant; "LA, California" and "Washington, DC" say it already."""
    distinct = list(dict.fromkeys(codes for _, _, codes in named))
    last = distinct[-1]
    if len(distinct) == 2 and len(last) == 1 and set(last) <= set(distinct[0]):
        return _reading(reply, last, known)
    if len(distinct) != 2 or any(len(codes) > 1 for codes in distinct):
        return _UNKNOWN
    return _reading(reply, (distinct[0][0], distinct[1][0]), known)


def _is_trap(reply: Reply, phrase: str, known: Places) -> bool:
    return phrase in known.never_alone or _is_lower_word(reply, phrase, known)


def _is_lower_word(reply: Reply, phrase: str, known: Places) -> bool:
    """Whether this abbreviation is an ordinary word too and is not written in capitals."""
    return phrase in known.also_words and phrase.upper() not in reply.written


def _is_idle(words: Sequence[str], lexicon: Lexicon) -> bool:
    return all(word in lexicon.place_filler or word == BREAK for word in words)


def _is_tail(words: Sequence[str], lexicon: Lexicon, known: Places) -> bool:
    """Whether these words may follow a place without being one ("right now")."""
    return _is_idle(words, lexicon) and known.codes.keys().isdisjoint(words)


def _reading(reply: Reply, codes: tuple[str, ...], known: Places) -> Reading:
    found = [_understood(reply, code, known) for code in codes]
    if len(found) == 1:
        return found[0]
    return Ambiguous((found[0], found[1]), AmbiguousReason.TWO_PLACES)


def _understood(reply: Reply, code: str, known: Places) -> Understood:
    country = known.home_country if "-" in code else code
    return Understood(code, {"country": country}, reply.written)


def _misspelt(reply: Reply, words: Sequence[str], known: Places) -> Reading:
    written = " ".join(words)
    ranked = candidates(written, [(name, i) for i, (name, _) in enumerate(known.names)])
    distinct = [c for c in ranked if known.names[c.key][1] != known.names[ranked[0].key][1]]
    if ranked and is_certain(written, [ranked[0], *distinct]):
        return _reading(reply, known.names[ranked[0].key][1], known)
    return _UNKNOWN
