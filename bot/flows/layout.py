"""Laying a flow out flat: sub-flows inlined, instruments spread into their items.

Each place knows by name where it leads: `following` when it is taken, `passed` when it is passed
over. An instrument or a sub-flow begins with a gate of its own that carries its condition.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.core.errors import DefinitionError
from bot.core.instruments import Instrument, InstrumentItem
from bot.flows.files import AskInstrument, Bundle, FlowFile, NodeFile, SubFlow, Triage


@dataclass(frozen=True, slots=True)
class Place:
    """One step to be: its node, and for an instrument's question the item.

    `siblings` are the ids of the nodes of the same file, the only legal targets.
    """

    id: str
    path: str
    node: NodeFile
    following: str | None
    passed: str | None
    siblings: frozenset[str]
    item: InstrumentItem | None = None

    def target(self, node_id: str, field: str, index: Mapping[str, int]) -> int:
        """Return the index of a node of the same file.

        Raises:
            DefinitionError: there is no such node.
        """
        if node_id not in self.siblings:
            raise DefinitionError(f"{self.path}.{field}", f"there is no node {node_id!r} here")
        return index[node_id]


def lay_out(bundle: Bundle, instruments: Mapping[str, Instrument]) -> tuple[Place, ...]:
    """Return every place of the bundle's flow in order.

    Raises:
        DefinitionError: a cyclic or missing sub-flow, a missing instrument or item, a target
            that does not exist, an id that is used twice.
    """
    layout = _Layout(bundle, instruments)
    layout.add_flow(bundle.flows[bundle.id], prefix="", tail=None, trail=(bundle.id,))
    return tuple(layout.places)


class _Layout:
    def __init__(self, bundle: Bundle, instruments: Mapping[str, Instrument]) -> None:
        self.places: list[Place] = []
        self._seen: set[str] = set()
        self._bundle = bundle
        self._instruments = instruments
        self._languages = bundle.flows[bundle.id].languages

    def add_flow(
        self, file: FlowFile, *, prefix: str, tail: str | None, trail: tuple[str, ...]
    ) -> None:
        """Add the nodes of one file; what leaves its end goes on at `tail`."""
        missing = sorted(set(self._languages) - set(file.languages))
        if missing:
            raise DefinitionError(f"{prefix}languages", f"lacks {', '.join(missing)}")
        siblings = frozenset(node.id for node in file.nodes)
        for number, node in enumerate(file.nodes):
            last = number + 1 == len(file.nodes)
            passed = tail if last else file.nodes[number + 1].id
            following = _jump(node) or passed
            path = f"{prefix}nodes[{number}]"
            place = Place(node.id, path, node, following, passed, siblings)
            _refuse_bad_jump(place)
            self._add_node(place, trail)

    def _add_node(self, place: Place, trail: tuple[str, ...]) -> None:
        if isinstance(place.node, SubFlow):
            self._add_sub_flow(place, place.node, trail)
        elif isinstance(place.node, AskInstrument):
            self._add_instrument(place, place.node)
        else:
            self._add(place)

    def _add(self, place: Place) -> None:
        if place.id in self._seen:
            raise DefinitionError(f"{place.path}.id", f"{place.id!r} is used twice")
        self._seen.add(place.id)
        self.places.append(place)

    def _add_sub_flow(self, place: Place, node: SubFlow, trail: tuple[str, ...]) -> None:
        if node.flow in trail:
            problem = f"leads in a circle: {' > '.join((*trail, node.flow))}"
            raise DefinitionError(f"{place.path}.flow", problem)
        file = self._bundle.flows.get(node.flow)
        if file is None:
            raise DefinitionError(f"{place.path}.flow", f"there is no flow {node.flow!r}")
        self._add(_gate(place, file.nodes[0].id))
        tail = place.following
        self.add_flow(file, prefix=f"{node.flow}:", tail=tail, trail=(*trail, node.flow))

    def _add_instrument(self, place: Place, node: AskInstrument) -> None:
        items = self._items(place, node)
        self._add(_gate(place, items[0].link_id))
        after = [item.link_id for item in items[1:]]
        for item, following in zip(items, [*after, place.following], strict=True):
            self._add(
                Place(
                    id=item.link_id,
                    path=f"{place.path}.{item.link_id}",
                    node=node,
                    following=following,
                    passed=following,
                    siblings=place.siblings,
                    item=item,
                )
            )

    def _items(self, place: Place, node: AskInstrument) -> Sequence[InstrumentItem]:
        instrument = self._instruments.get(node.instrument)
        if instrument is None:
            problem = f"there is no instrument {node.instrument!r}"
            raise DefinitionError(f"{place.path}.instrument", problem)
        known = {item.link_id for item in instrument.items}
        for number, link_id in enumerate(node.items or ()):
            if link_id not in known:
                path = f"{place.path}.items[{number}]"
                raise DefinitionError(path, f"{node.instrument} has no item {link_id!r}")
        if node.items is None:
            return instrument.items
        chosen = tuple(item for item in instrument.items if item.link_id in node.items)
        if not chosen:
            raise DefinitionError(f"{place.path}.items", "must name at least one item")
        return chosen


def _jump(node: NodeFile) -> str | None:
    """Return where a node leads by name: `next`, or `otherwise` of a triage."""
    return node.otherwise if isinstance(node, Triage) else getattr(node, "next", None)


def _refuse_bad_jump(place: Place) -> None:
    target = _jump(place.node)
    if target is not None and target not in place.siblings:
        field = "otherwise" if isinstance(place.node, Triage) else "next"
        raise DefinitionError(f"{place.path}.{field}", f"there is no node {target!r} here")


def _gate(place: Place, first: str) -> Place:
    return Place(place.id, place.path, place.node, first, place.passed, place.siblings)
