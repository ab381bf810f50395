"""From flow files to a compiled flow: laid out flat, checked, and joined with integer targets.

The order is: lay out (inline sub-flows, spread instruments), collect symbols, build the steps,
join them, refuse cycles. Each refuses what it finds wrong, with the path of the fault.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import msgspec

from bot.core.conditions import Condition, Symbol, compile_condition
from bot.core.decisions import Disposition
from bot.core.errors import DefinitionError
from bot.core.instruments import Instrument, load_instrument
from bot.core.messages import Channel
from bot.flows.asking import ask_step, item_step, link_step
from bot.flows.files import (
    Ask,
    AskInstrument,
    Branch,
    Bundle,
    End,
    FlowFile,
    Link,
    Say,
    SubFlow,
    Summary,
    Triage,
)
from bot.flows.graph import refuse_cycles, with_ahead
from bot.flows.layout import Place, lay_out
from bot.flows.model import (
    AskStep,
    BranchStep,
    EndStep,
    Flow,
    FlowStep,
    GateStep,
    SayStep,
    SummaryStep,
    TriageStep,
)
from bot.flows.phrases import CLINIC_WORDS, for_channel, wording
from bot.flows.symbols import collect_symbols, symbol_sources
from bot.flows.texts import checked

_DISPOSITIONS = {disposition.label: disposition for disposition in Disposition}


def compile_flow(bundle: Bundle, source: bytes, content_hash: str) -> Flow:
    """Return the compiled flow of `bundle`.

    Raises:
        DefinitionError: with the path of the fault; faults of a sub-flow begin with its id.
    """
    if bundle.id not in bundle.flows:
        raise DefinitionError("flows", f"lacks {bundle.id!r}")
    file = bundle.flows[bundle.id]
    instruments = _instruments(bundle)
    places = lay_out(bundle, instruments)
    index = {place.id: number for number, place in enumerate(places)}
    symbols = collect_symbols(places, instruments)
    builder = _Builder(file, instruments, symbols, index)
    steps = with_ahead(refuse_cycles(tuple(builder.step(place) for place in places), places))
    answered = [s.id for s in steps if isinstance(s, AskStep | SummaryStep)]
    questions = {s.question.link_id: s.question for s in steps if isinstance(s, AskStep)}
    return Flow(
        id=file.id,
        version=file.version,
        languages=file.languages,
        title=_title(file),
        content_hash=content_hash,
        source=source,
        steps=steps,
        index=index,
        symbols=symbols,
        questions=questions,
        instruments=instruments,
        totals={i.total_link_id: i for i in instruments.values() if i.total_link_id},
        sources=symbol_sources(symbols, answered),
    )


def _title(file: FlowFile) -> Mapping[str, str]:
    if file.title is None:
        return dict.fromkeys(file.languages, file.id)
    checked(file.title, file.languages, "title", frozenset())
    return {lang: for_channel(text, Channel.WEB) for lang, text in file.title.items()}


def _instruments(bundle: Bundle) -> dict[str, Instrument]:
    encoder = msgspec.json.Encoder(order="deterministic")
    return {
        name: load_instrument(encoder.encode(content), f"instruments.{name}")
        for name, content in bundle.instruments.items()
    }


class _Builder:
    """Builds the step of each place."""

    def __init__(
        self,
        file: FlowFile,
        instruments: Mapping[str, Instrument],
        symbols: Mapping[str, Symbol],
        index: Mapping[str, int],
    ) -> None:
        self._languages = file.languages
        self._instruments = instruments
        self._symbols = symbols
        self._index = index
        self._makers: dict[type, Callable[[Any, Place], FlowStep]] = {
            Say: self._say,
            Ask: lambda node, place: ask_step(node, self._languages, place.path),
            AskInstrument: self._instrument,
            SubFlow: lambda node, _: GateStep(id=node.id),
            Branch: self._branch,
            Triage: self._triage,
            Link: lambda node, place: link_step(node, self._languages, place.path),
            Summary: self._summary,
            End: self._end,
        }

    def step(self, place: Place) -> FlowStep:
        """Return the step of `place`, joined to its targets."""
        made = self._makers[type(place.node)](place.node, place)
        when = (*self._conditions(place), *made.when)
        return replace(
            made,
            when=when,
            following=self._follow(place),
            passed=self._passed(place, made, conditional=bool(when)),
        )

    def _conditions(self, place: Place) -> tuple[Condition, ...]:
        source = None if place.item else getattr(place.node, "when", None)
        if source is None:
            return ()
        return (self._condition(source, f"{place.path}.when"),)

    def _condition(self, source: str, path: str) -> Condition:
        return compile_condition(source, self._symbols, path=path)

    def _follow(self, place: Place) -> int:
        if isinstance(place.node, End | Branch):
            return -1
        if place.following is None:
            raise DefinitionError(place.path, "nothing follows; add `next` or an `end` node")
        return self._index[place.following]

    def _passed(self, place: Place, step: FlowStep, *, conditional: bool) -> int:
        if not conditional:
            return -1
        if place.passed is None:
            raise DefinitionError(place.path, "nothing follows when it is passed over")
        return self._index[place.passed]

    def _say(self, node: Say, place: Place) -> FlowStep:
        text = checked(node.text, self._languages, f"{place.path}.text", CLINIC_WORDS)
        return SayStep(id=node.id, text=wording(text, self._languages))

    def _summary(self, node: Summary, place: Place) -> FlowStep:
        text = checked(node.text, self._languages, f"{place.path}.text", CLINIC_WORDS)
        return SummaryStep(id=node.id, text=wording(text, self._languages))

    def _end(self, node: End, place: Place) -> FlowStep:
        text = checked(node.text, self._languages, f"{place.path}.text", CLINIC_WORDS)
        return EndStep(id=node.id, text=wording(text, self._languages), outcome=node.outcome)

    def _instrument(self, node: AskInstrument, place: Place) -> FlowStep:
        if place.item is None:
            return GateStep(id=node.id)
        instrument = self._instruments[node.instrument]
        return item_step(node, instrument, place.item, self._languages, path=place.path)

    def _branch(self, node: Branch, place: Place) -> FlowStep:
        cases = tuple(
            (
                self._condition(case.when, f"{place.path}.cases[{number}].when"),
                place.target(case.to, f"cases[{number}].to", self._index),
            )
            for number, case in enumerate(node.cases)
        )
        otherwise = place.target(node.otherwise, "otherwise", self._index)
        unknown = place.target(node.unknown, "unknown", self._index)
        return BranchStep(id=node.id, cases=cases, otherwise=otherwise, unknown=unknown)

    def _triage(self, node: Triage, place: Place) -> FlowStep:
        cases = {
            _DISPOSITIONS[label]: place.target(target, f"cases.{label}", self._index)
            for label, target in node.cases.items()
        }
        return TriageStep(id=node.id, cases=cases, final=node.final)
