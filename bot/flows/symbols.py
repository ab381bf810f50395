"""The names that conditions may use: one per question, and one per further part of its answer."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from bot.core.conditions import Symbol, SymbolType
from bot.core.errors import DefinitionError
from bot.core.instruments import Instrument
from bot.flows.files import Ask, Link, Summary
from bot.flows.layout import Place
from bot.flows.questions import Kind

CONFIRMED = "confirmed"
LINK_VALUES = frozenset({"text", "web"})

_TYPES = {
    Kind.YES_NO: SymbolType.BOOLEAN,
    Kind.ONE_OF: SymbolType.TEXT,
    Kind.MANY_OF: SymbolType.TEXTS,
    Kind.INTEGER: SymbolType.NUMBER,
    Kind.DECIMAL: SymbolType.NUMBER,
    Kind.DATE: SymbolType.TEXT,
    Kind.PLACE: SymbolType.TEXT,
    Kind.TEXT: SymbolType.TEXT,
    Kind.MEDICATIONS: SymbolType.TEXTS,
    Kind.BLOOD_PRESSURE: SymbolType.TEXT,
}
_PARTS: dict[Kind, dict[str, SymbolType]] = {
    Kind.DATE: {"age_years": SymbolType.NUMBER},
    Kind.PLACE: {"country": SymbolType.TEXT},
    Kind.MEDICATIONS: {
        "classes": SymbolType.TEXTS,
        "unrecognised": SymbolType.TEXTS,
        "written": SymbolType.TEXTS,
        "count": SymbolType.NUMBER,
    },
    Kind.BLOOD_PRESSURE: {"systolic": SymbolType.NUMBER, "diastolic": SymbolType.NUMBER},
}
_ALL_PARTS = frozenset({"score"}).union(*_PARTS.values())


def collect_symbols(
    places: Sequence[Place], instruments: Mapping[str, Instrument]
) -> dict[str, Symbol]:
    """Return every symbol of a laid-out flow.

    Raises:
        DefinitionError: two questions would give the same symbol.
    """
    symbols: dict[str, Symbol] = {}
    for instrument in instruments.values():
        _add(symbols, instrument.symbols, f"instruments.{instrument.id}")
    for place in places:
        if isinstance(place.node, Ask):
            _add(symbols, _of_question(place.node), place.path)
        elif isinstance(place.node, Link):
            _add(symbols, {place.id: Symbol(SymbolType.TEXT, LINK_VALUES)}, place.path)
        elif isinstance(place.node, Summary):
            confirmed = Symbol(SymbolType.TEXT, frozenset({CONFIRMED}))
            _add(symbols, {place.id: confirmed}, place.path)
    return symbols


def symbol_sources(
    symbols: Mapping[str, Symbol], answered: Collection[str]
) -> dict[str, tuple[str, str]]:
    """Return for each symbol the link_id whose answer gives it and the part ("": its value).

    Totals, which no single answer gives, and symbols of items that are not asked are left out.
    """
    found = {name: (name, "") for name in symbols if name in answered}
    for link_id in answered:
        for part in _ALL_PARTS:
            symbol = f"{link_id}_{part}"
            if symbol in symbols and symbol not in found:
                found[symbol] = (link_id, part)
    return found


def _of_question(node: Ask) -> dict[str, Symbol]:
    codes = frozenset(choice.value for choice in node.choices) or None
    found = {node.id: Symbol(_TYPES[node.kind], codes)}
    for part, type_ in _PARTS.get(node.kind, {}).items():
        found[f"{node.id}_{part}"] = Symbol(type_)
    return found


def _add(symbols: dict[str, Symbol], more: Mapping[str, Symbol], path: str) -> None:
    for name, symbol in more.items():
        if name in symbols:
            raise DefinitionError(f"{path}.id", f"symbol {name!r} is used twice")
        symbols[name] = symbol
