"""Symbols that no question asks for: totals, bands, the screen's result, the licence.

They are added to the patient's answers before the rules look at them. A derived symbol is absent
as long as what it derives from is not known.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from bot.core.answers import Value
from bot.core.conditions import Symbol, SymbolType
from bot.core.decisions import Score
from bot.core.instruments import Instrument
from bot.rules.scores import INCOMPLETE, NOT_ASKED, AsqResult, Scorers

PLACE = "place"
PLACE_LICENSED = "place_licensed"
UNRECOGNISED = "_unrecognised"
UNCLEAR = "_unclear"
NO_VALUE = frozenset({INCOMPLETE, NOT_ASKED})


@dataclass(frozen=True, slots=True)
class Derivations:
    """Names of the derived symbols, by what they come from.

    `totals` and `bands` by instrument, `results` by screen, `unclear` by the symbol that lists
    what was not recognised.
    """

    totals: Mapping[str, str]
    bands: Mapping[str, str]
    results: Mapping[str, str]
    unclear: Mapping[str, str]


def derivations_of(
    symbols: Mapping[str, Symbol], instruments: Iterable[Instrument], scorers: Scorers
) -> Derivations:
    """Return the names that a flow with these symbols and instruments gives rise to."""
    asked = tuple(instruments)
    return Derivations(
        totals={i.id: i.total_link_id for i in asked if i.total_link_id is not None},
        bands={i.id: f"{i.id}_band" for i in asked if i.id in scorers.sums},
        results={i.id: f"{i.id}_result" for i in asked if i.id in scorers.screens},
        unclear={
            name: name.removesuffix(UNRECOGNISED) + UNCLEAR
            for name in symbols
            if name.endswith(UNRECOGNISED)
        },
    )


def derived_symbols(
    symbols: Mapping[str, Symbol], instruments: Iterable[Instrument], scorers: Scorers
) -> dict[str, Symbol]:
    """Return the symbols that `derive` may give a value, for the flow's `symbols`.

    `<instrument>_band` and `<screen>_result` hold codes; `<question>_unclear` says whether a list
    of medicines has a name that was not recognised; `place_licensed` whether the clinic treats
    where the patient is. (Totals are among the flow's symbols already.)
    """
    names = derivations_of(symbols, instruments, scorers)
    found = {
        name: Symbol(SymbolType.TEXT, frozenset(band.band for band in scorers.sums[of].bands))
        for of, name in names.bands.items()
    }
    for name in names.results.values():
        found[name] = Symbol(SymbolType.TEXT, frozenset(result.value for result in AsqResult))
    for name in names.unclear.values():
        found[name] = Symbol(SymbolType.BOOLEAN)
    if PLACE in symbols:
        found[PLACE_LICENSED] = Symbol(SymbolType.BOOLEAN)
    return found


def origins_of(
    symbols: Mapping[str, Symbol], instruments: Iterable[Instrument], scorers: Scorers
) -> dict[str, tuple[str, ...]]:
    """Return symbol -> link_ids of the questions it comes from, derived symbols and parts too."""
    asked = tuple(instruments)
    names = derivations_of(symbols, asked, scorers)
    origins = {name: _question_of(name, symbols) for name in symbols}
    for instrument in asked:
        items = tuple(item.link_id for item in instrument.items if item.scored)
        for by_instrument in (names.totals, names.bands, names.results):
            if instrument.id in by_instrument:
                origins[by_instrument[instrument.id]] = items
    for name in names.unclear.values():
        origins[name] = (name.removesuffix(UNCLEAR),)
    origins[PLACE_LICENSED] = (PLACE,)
    return origins


def _question_of(name: str, symbols: Mapping[str, Symbol]) -> tuple[str, ...]:
    """Return the name itself, and the question whose part it may be: `bp_systolic` of `bp`."""
    head = name.rpartition("_")[0]
    while head and head not in symbols:
        head = head.rpartition("_")[0]
    return (name, head) if head else (name,)


def derive(
    values: dict[str, Value],
    scores: Iterable[Score],
    *,
    derivations: Derivations,
    licensed_states: Collection[str] | None,
) -> None:
    """Add to `values` every derived symbol that is known."""
    for score in scores:
        if score.band in NO_VALUE:
            continue
        if score.total is None:
            values[derivations.results[score.instrument]] = score.band
        else:
            values[derivations.bands[score.instrument]] = score.band
            values[derivations.totals[score.instrument]] = score.total
    for source, name in derivations.unclear.items():
        if (unrecognised := values.get(source)) is not None:
            values[name] = bool(unrecognised)
    place = values.get(PLACE)
    if licensed_states is not None and place is not None:
        values[PLACE_LICENSED] = place in licensed_states
