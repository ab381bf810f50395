"""The medications known by name, read once from definitions/medications.yaml."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import msgspec
from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

from bot.core.errors import DefinitionError
from bot.flows.reading.lexicon import DEFINITIONS, ByLanguage, lexicon, read_definition
from bot.flows.reading.spelling import phrase_of

_SHORTEST_MISSPELT = 5
_SHORTEST_FOR_OTHER_INITIAL = 6
_SHORTEST_FOR_TWO_SLIPS = 8


class _Class(msgspec.Struct, forbid_unknown_fields=True):
    source: str
    generics: dict[str, list[str]]
    words: ByLanguage = msgspec.field(default_factory=dict)


class _FormularyFile(msgspec.Struct, forbid_unknown_fields=True):
    version: str
    classes: dict[str, _Class]
    combinations: dict[str, list[str]]
    dose_units: list[str]
    forms: list[str]
    amounts: list[str]
    rates: list[str]
    cues: list[str]
    around: ByLanguage
    separators: ByLanguage
    not_medications: list[str]


@dataclass(frozen=True, slots=True)
class Named:
    """What a name stands for: generics with their classes, or a class alone (name None)."""

    medications: tuple[tuple[str | None, str], ...]


@dataclass(frozen=True, slots=True)
class Formulary:
    """Names (generic, brand, common misspelling, class word) in lookup form -> what they name.

    `single` are the one-word names that a misspelt word is compared with, `openings` the first
    words of all names. `around` are words that
    stand beside medications and name none; `ordinary` are words never taken for a misspelt name.
    `amounts` count doses, not milligrams ("2 tablets"); `rates` say how often ("2 a day").
    `cues` say that a medication is spoken of.
    """

    names: Mapping[str, Named]
    single: tuple[str, ...]
    openings: frozenset[str]
    dose_units: frozenset[str]
    forms: frozenset[str]
    amounts: frozenset[str]
    rates: frozenset[str]
    cues: frozenset[str]
    around: frozenset[str]
    separators: frozenset[str]
    ordinary: frozenset[str]
    classes: tuple[str, ...]
    longest: int


def load_formulary(path: Path = DEFINITIONS / "medications.yaml") -> Formulary:
    """Read and check the file; raises DefinitionError naming the path to the fault."""
    source = read_definition(path, _FormularyFile)
    class_of = _class_of_generics(source)
    names: dict[str, Named] = {}
    for name, named in _all_names(source, class_of):
        phrase = phrase_of(name)
        if names.setdefault(phrase, named) != named:
            raise DefinitionError("medications.yaml", f"{phrase} names two things")
    around = frozenset(phrase_of(w) for words in source.around.values() for w in words)
    return Formulary(
        names=names,
        single=tuple(name for name, named in names.items() if _is_spellable(name, named)),
        openings=frozenset(name.partition(" ")[0] for name in names),
        dose_units=frozenset(map(phrase_of, source.dose_units)),
        forms=frozenset(map(phrase_of, source.forms)),
        amounts=frozenset(map(phrase_of, source.amounts)),
        rates=frozenset(map(phrase_of, source.rates)),
        cues=frozenset(map(phrase_of, source.cues)),
        around=around,
        separators=frozenset(w for words in source.separators.values() for w in words),
        ordinary=around.union(
            map(phrase_of, source.not_medications),
            map(phrase_of, source.forms),
            map(phrase_of, source.amounts),
            _known_words(),
        ),
        classes=tuple(source.classes),
        longest=max(name.count(" ") + 1 for name in names),
    )


@cache
def formulary() -> Formulary:
    """Return the project's formulary, read at the first call."""
    return load_formulary()


def _class_of_generics(source: _FormularyFile) -> dict[str, str]:
    class_of: dict[str, str] = {}
    for name, known in source.classes.items():
        for generic in known.generics:
            if class_of.setdefault(generic, name) != name:
                raise DefinitionError(f"medications.yaml:{name}", f"{generic} is in two classes")
    return class_of


def _all_names(source: _FormularyFile, class_of: Mapping[str, str]) -> Iterator[tuple[str, Named]]:
    for drug_class, known in source.classes.items():
        for generic, others in known.generics.items():
            for name in (generic, *others):
                yield name, Named(((generic, drug_class),))
        for words in known.words.values():
            for word in words:
                yield word, Named(((None, drug_class),))
    for brand, generics in source.combinations.items():
        missing = [generic for generic in generics if generic not in class_of]
        if missing:
            raise DefinitionError(
                f"medications.yaml:combinations.{brand}", f"unknown {missing[0]}"
            )
        yield brand, Named(tuple((generic, class_of[generic]) for generic in generics))


def _is_spellable(name: str, named: Named) -> bool:
    return " " not in name and named.medications[0][0] is not None


def _known_words() -> frozenset[str]:
    """Return every word of the lexicon: none of them is a misspelt medication."""
    known = lexicon()
    phrases = (
        *known.polarity,
        *known.commands,
        *known.negators,
        *known.contrasts,
        *known.narrowing,
        *known.filler,
        *known.joiners,
        *known.units,
        *known.months,
        *known.ordinals,
        *known.bounds,
        *known.approximately,
        *known.pressure_filler,
        *known.date_filler,
        *known.place_filler,
        *known.numbers.times,
        *(word for table in known.numbers.plain.values() for word in table),
    )
    return frozenset(word for phrase in phrases for word in phrase.split())


def nearest(form: str, known: Formulary) -> Named | None:
    """Return what a misspelt word names, None unless exactly one medication is near enough."""
    if len(form) < _SHORTEST_MISSPELT or form in known.ordinary:
        return None
    allowed = 2 if len(form) >= _SHORTEST_FOR_TWO_SLIPS else 1
    near = [
        (slips, known.names[name])
        for name, slips, _ in extract(
            form, known.single, scorer=OSA.distance, score_cutoff=allowed, limit=8
        )
        if len(name) >= _SHORTEST_MISSPELT and _same_start(form, name, slips)
    ]
    if not near:
        return None
    best = min(slips for slips, _ in near)
    named = {candidate for slips, candidate in near if slips == best}
    return named.pop() if len(named) == 1 else None


def _same_start(form: str, name: str, slips: float) -> bool:
    """Whether both begin alike; one slip may be the first letter of a long word ("symbalta")."""
    if form[0] == name[0]:
        return True
    return slips == 1 and len(form) >= _SHORTEST_FOR_OTHER_INITIAL
