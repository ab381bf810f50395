"""The words patients use, read once from definitions/lexicon.yaml.

What must stay true: a phrase that means one thing in English and another in Spanish is in
neither table; where both mean the same, or only one knows it, it counts whatever language the
conversation is in, because people mix.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TypeVar

import msgspec
import yaml

from bot.core.errors import DefinitionError
from bot.flows.reading.spelling import phrase_of

T = TypeVar("T")
V = TypeVar("V")

DEFINITIONS = Path(__file__).resolve().parent.parent / "definitions"


class Lean(StrEnum):
    """Which way a phrase leans when it answers a yes/no question, as the lexicon names it."""

    YES = "yes"
    SAYS_YES = "says yes"
    NO = "no"
    LEANS_YES = "leans yes"
    LEANS_NO = "leans no"
    HEDGED = "hedged"
    UNSURE = "unsure"
    NEITHER = "neither"


ByLanguage = dict[str, list[str]]


class _Numbers(msgspec.Struct, forbid_unknown_fields=True):
    plain: dict[str, int]
    times: dict[str, int]
    nothing: list[str]
    half: list[str]
    joiner: list[str]
    article: list[str]


class _Selection(msgspec.Struct, forbid_unknown_fields=True):
    all: ByLanguage
    none: ByLanguage
    both: ByLanguage
    # `except` is a Python keyword
    exceptions: ByLanguage = msgspec.field(name="except")


class _Pressure(msgspec.Struct, forbid_unknown_fields=True):
    over: ByLanguage
    filler: ByLanguage
    pulse: ByLanguage


class LexiconFile(msgspec.Struct, forbid_unknown_fields=True):
    """The file's shape; an unknown or missing key is refused."""

    version: str
    languages: list[str]
    polarity: dict[str, dict[Lean, list[str]]]
    negators: ByLanguage
    contrasts: ByLanguage
    narrowing: ByLanguage
    filler: ByLanguage
    joiners: ByLanguage
    pointers: ByLanguage
    partitives: ByLanguage
    ranges: ByLanguage
    selection: _Selection
    ordinals: dict[str, dict[str, int]]
    numbers: dict[str, _Numbers]
    approximately: ByLanguage
    bounds: ByLanguage
    units: dict[str, dict[str, float]]
    stored_units: dict[str, str]
    months: dict[str, dict[str, int]]
    date_filler: ByLanguage
    relative_days: dict[str, dict[str, int]]
    date_order: dict[str, str]
    decimal_mark: dict[str, str]
    pressure: _Pressure
    place_filler: ByLanguage
    commands: dict[str, ByLanguage]
    back_steps: ByLanguage
    switch_language: ByLanguage


@dataclass(frozen=True, slots=True)
class NumberWords:
    """Number words of all languages; a word counts differently in two of them at most.

    `plain` gives every value a word has, per language of the conversation, that language's first.
    """

    plain: Mapping[str, Mapping[str, tuple[int, ...]]]
    times: Mapping[str, int]
    nothing: frozenset[str]
    half: frozenset[str]
    joiner: frozenset[str]
    article: frozenset[str]


@dataclass(frozen=True, slots=True)
class UnitWord:
    """A unit as written: its dimension and how many of the dimension's base unit it is."""

    dimension: str
    factor: float


@dataclass(frozen=True, slots=True)
class Lexicon:
    """All words in lookup form. Sets hold the words of every language."""

    languages: tuple[str, ...]
    polarity: Mapping[str, Lean]
    negators: frozenset[str]
    contrasts: frozenset[str]
    narrowing: frozenset[str]
    filler: frozenset[str]
    joiners: frozenset[str]
    pointers: frozenset[str]
    partitives: frozenset[str]
    ranges: frozenset[str]
    all_of_them: frozenset[str]
    none_of_them: frozenset[str]
    both_of_them: frozenset[str]
    except_for: frozenset[str]
    ordinals: Mapping[str, int]
    numbers: NumberWords
    approximately: frozenset[str]
    bounds: frozenset[str]
    units: Mapping[str, UnitWord]
    stored_units: Mapping[str, UnitWord]
    months: Mapping[str, int]
    date_filler: frozenset[str]
    relative_days: Mapping[str, int]
    date_order: Mapping[str, str]
    decimal_mark: Mapping[str, str]
    pressure_over: frozenset[str]
    pressure_filler: frozenset[str]
    pulse: frozenset[str]
    place_filler: frozenset[str]
    commands: Mapping[str, str]
    back_steps: frozenset[str]
    switch_language: Mapping[str, str]


def load_lexicon(path: Path = DEFINITIONS / "lexicon.yaml") -> Lexicon:
    """Read and check the file; raises DefinitionError naming the path to the fault."""
    source = read_definition(path, LexiconFile)
    _check_languages(source)
    units = {
        phrase_of(word): UnitWord(dimension, factor)
        for dimension, words in source.units.items()
        for word, factor in words.items()
    }
    return Lexicon(
        languages=tuple(source.languages),
        polarity=_polarity(source),
        negators=_all(source.negators),
        contrasts=_all(source.contrasts),
        narrowing=_all(source.narrowing),
        filler=_all(source.filler),
        joiners=_all(source.joiners),
        pointers=_all(source.pointers),
        partitives=_all(source.partitives),
        ranges=_all(source.ranges),
        all_of_them=_all(source.selection.all),
        none_of_them=_all(source.selection.none),
        both_of_them=_all(source.selection.both),
        except_for=_all(source.selection.exceptions),
        ordinals=_flat(source.ordinals),
        numbers=_number_words(source),
        approximately=_all(source.approximately),
        bounds=_all(source.bounds),
        units=units,
        stored_units={name: units[phrase_of(word)] for name, word in source.stored_units.items()},
        months=_flat(source.months),
        date_filler=_all(source.date_filler),
        relative_days=_flat(source.relative_days),
        date_order=source.date_order,
        decimal_mark=source.decimal_mark,
        pressure_over=_all(source.pressure.over),
        pressure_filler=_all(source.pressure.filler),
        pulse=_all(source.pressure.pulse),
        place_filler=_all(source.place_filler),
        commands=_meanings(source.commands),
        back_steps=_all(source.back_steps),
        switch_language=_agreed(
            (phrase, language)
            for language, phrases in source.switch_language.items()
            for phrase in phrases
        ),
    )


@cache
def lexicon() -> Lexicon:
    """Return the project's lexicon, read at the first call."""
    return load_lexicon()


def read_definition(path: Path, shape: type[T]) -> T:
    """Read a YAML file into its shape; raises DefinitionError naming the path to the fault.

    Every scalar is read as text first: YAML would turn the words yes, no and on into booleans.
    """
    try:
        raw = yaml.load(path.read_bytes(), Loader=yaml.CBaseLoader)  # noqa: S506  plain text only
        return msgspec.convert(raw, shape, strict=False)
    except (yaml.YAMLError, msgspec.ValidationError, OSError) as error:
        raise DefinitionError(path.name, str(error).splitlines()[0]) from error


def _all(words: ByLanguage) -> frozenset[str]:
    return frozenset(_form(word) for phrases in words.values() for word in phrases)


def _form(word: str) -> str:
    # a clause mark is looked up as itself
    return phrase_of(word) or word


def _flat(words: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    return _agreed((word, value) for table in words.values() for word, value in table.items())


def _agreed(pairs: Iterable[tuple[str, V]]) -> dict[str, V]:
    """Return phrase -> meaning without the phrases that have two meanings."""
    agreed: dict[str, V] = {}
    disputed: set[str] = set()
    for written, meaning in pairs:
        phrase = _form(written)
        if agreed.setdefault(phrase, meaning) != meaning:
            disputed.add(phrase)
    return {phrase: meaning for phrase, meaning in agreed.items() if phrase not in disputed}


def _polarity(source: LexiconFile) -> dict[str, Lean]:
    return _agreed(
        (phrase, lean)
        for table in source.polarity.values()
        for lean, phrases in table.items()
        for phrase in phrases
    )


def _meanings(commands: Mapping[str, ByLanguage]) -> dict[str, str]:
    return _agreed(
        (phrase, kind)
        for kind, words in commands.items()
        for phrases in words.values()
        for phrase in phrases
    )


def _number_words(source: LexiconFile) -> NumberWords:
    tables = source.numbers
    plain: dict[str, dict[str, tuple[int, ...]]] = {}
    for language in source.languages:
        ordered = [language, *(other for other in source.languages if other != language)]
        values: dict[str, dict[int, None]] = {}
        for spoken in ordered:
            for word, value in tables[spoken].plain.items():
                values.setdefault(_form(word), {})[value] = None
        plain[language] = {word: tuple(found) for word, found in values.items()}
    return NumberWords(
        plain=plain,
        times={word: value for table in tables.values() for word, value in table.times.items()},
        nothing=_all({language: table.nothing for language, table in tables.items()}),
        half=_all({language: table.half for language, table in tables.items()}),
        joiner=_all({language: table.joiner for language, table in tables.items()}),
        article=_all({language: table.article for language, table in tables.items()}),
    )


def _check_languages(source: LexiconFile) -> None:
    for name in ("polarity", "numbers", "date_order", "decimal_mark", "months", "ordinals"):
        missing = set(source.languages) - set(getattr(source, name))
        if missing:
            raise DefinitionError(f"lexicon.yaml:{name}", f"no words in {', '.join(missing)}")
