"""Choosing, for every branch of a frame, words without which it cannot match: they make the gate.

Sound by construction: whatever a branch says one after the other it says all of, so that a text
without any of the words of one such item cannot match. Rare words are preferred, so that most
texts stop at the gate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import inf

from bot.core.errors import DefinitionError
from bot.rules.crisis.frame import Choice, ClassRef, Node, Repeat, Sequence, Words
from bot.rules.crisis.lexicon import NUMBER_CODES
from bot.rules.crisis.pattern import Translator

_NUMBER_PRICE = 1000.0
_WORD_PRICE = 1.0
_PREFIX_PRICE = 3.0
MOST_ANCHORS = 3

Anchors = frozenset[bytes]
"""The codes of words of which every match holds at least one."""


def branches_of(node: Node) -> Iterator[Node]:
    """Yield the alternatives of a frame, and the alternatives of these."""
    if isinstance(node, Choice):
        for branch in node.branches:
            yield from branches_of(branch)
    else:
        yield node


def _items_of(node: Node) -> Iterator[Node]:
    """Yield what a branch says one after the other, always."""
    if isinstance(node, Sequence):
        for item in node.items:
            yield from _items_of(item)
    elif isinstance(node, Repeat) and node.low:
        yield from _items_of(node.inner)
    else:
        yield node


@dataclass(frozen=True, slots=True)
class AnchorChoice:
    """Chooses anchors; words that have a price are taken only for want of a cheaper choice.

    Nodes are known by identity, since frames share many; whoever asks keeps them alive meanwhile.
    """

    translator: Translator
    prices: Mapping[str, float]
    _priced: frozenset[str] = field(init=False, compare=False)
    _classes: dict[str, tuple[float, Anchors]] = field(default_factory=dict, compare=False)
    _costs: dict[int, float] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        """Know which words have a price."""
        object.__setattr__(self, "_priced", frozenset(self.prices))

    def of(self, branch: Node) -> list[Anchors]:
        """Return up to three sets of anchors, the cheapest first; a match holds one of each.

        Raises DefinitionError when the branch can match without any word of its own.
        """
        priced = [(cost, item) for item in _items_of(branch) if (cost := self._cost(item)) > 0]
        priced.sort(key=lambda each: each[0])
        chosen = [item for cost, item in priced[:MOST_ANCHORS] if cost < inf]
        if not chosen:
            raise DefinitionError("patterns", "an alternative demands no word")
        return [self._anchors(item) for item in chosen]

    def _cheapest(self, node: Sequence) -> tuple[float, Node]:
        """Return what the anchors of a sequence cost, and the item they are taken from."""
        best = inf
        chosen: Node = node
        for item in node.items:
            if 0 < (cost := self._cost(item)) < best:
                best, chosen = cost, item
        return best, chosen

    def _cost(self, node: Node) -> float:
        """Return what the cheapest anchors of `node` cost.

        It is infinite when the node demands no word, and nothing when it is a filler.
        """
        known = self._costs.get(id(node))
        if known is None:
            known = self._costs[id(node)] = self._cost_of(node)
        return known

    def _cost_of(self, node: Node) -> float:
        if isinstance(node, Words):
            return self._cost_of_words(node)
        if isinstance(node, ClassRef):
            return self._class(node.name)[0]
        if isinstance(node, Sequence):
            return self._cheapest(node)[0]
        if isinstance(node, Choice):
            return sum(map(self._cost, node.branches)) or inf
        return (self._cost(node.inner) if isinstance(node, Repeat) and node.low else 0) or inf

    def _cost_of_words(self, words: Words) -> float:
        literal = words.literal
        cost = 0.0
        if words.prefixes or not literal <= self.translator.lexicon.fillers:
            cost = _WORD_PRICE * len(literal) + _PREFIX_PRICE * len(words.prefixes)
            if not literal.isdisjoint(self._priced):
                cost += sum(self.prices[word] - _WORD_PRICE for word in literal & self._priced)
        return cost

    def _class(self, name: str) -> tuple[float, Anchors]:
        """Return what the anchors of a class cost, and the anchors."""
        known = self._classes.get(name)
        if known is None:
            known = self._classes[name] = self._class_priced(name)
        return known

    def _class_priced(self, name: str) -> tuple[float, Anchors]:
        if name in NUMBER_CODES:
            return _NUMBER_PRICE, self.translator.number_codes(name)
        node = self.translator.vocabulary.classes.get(name)
        cost = inf if node is None else self._cost(node) or inf
        return cost, self._anchors(node) if node is not None and cost < inf else frozenset()

    def _anchors(self, node: Node) -> Anchors:
        """Return the cheapest anchors of a node that has some."""
        if isinstance(node, Words):
            return frozenset(self.translator.codes(node))
        if isinstance(node, ClassRef):
            return self._class(node.name)[1]
        if isinstance(node, Sequence):
            return self._anchors(self._cheapest(node)[1])
        if isinstance(node, Choice):
            return frozenset[bytes]().union(*map(self._anchors, node.branches))
        return self._anchors(node.inner) if isinstance(node, Repeat) else frozenset()
