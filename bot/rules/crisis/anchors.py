"""Choosing, for every frame, words without which it cannot match: they make up the gate.

Sound by construction: each alternative of a frame contributes one of its mandatory words, classes
or groups, so a text with none of them cannot match. Rare words are preferred, so that most texts
stop at the gate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf

from bot.core.errors import DefinitionError
from bot.rules.crisis.frame import Choice, ClassRef, Node, Repeat, Sequence, Words
from bot.rules.crisis.lexicon import NUMBER_CODES
from bot.rules.crisis.pattern import Translator

_NUMBER_PRICE = 1000.0
_WORD_PRICE = 1.0
_PREFIX_PRICE = 3.0


@dataclass(frozen=True, slots=True)
class AnchorChoice:
    """Chooses anchors; words that have a price are taken only for want of a cheaper choice.

    What stands in a frame beside something cheaper is looked at no further than it takes to see
    that it costs more: most of a frame's words are never priced. Nodes are known by identity,
    since frames share many; whoever asks keeps them alive meanwhile.
    """

    translator: Translator
    prices: Mapping[str, float]
    _priced: frozenset[str] = field(init=False, compare=False)
    _classes: dict[str, float] = field(default_factory=dict, compare=False)
    _words: dict[int, float] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        """Know which words have a price."""
        object.__setattr__(self, "_priced", frozenset(self.prices))

    def of(self, node: Node) -> tuple[float, frozenset[bytes]]:
        """Return what the anchors of `node` cost, and their codes; every match holds one of them.

        Raises DefinitionError when the frame can match without any word of its own.
        """
        codes: set[bytes] = set()
        cost = self._choose(node, codes)
        if cost == inf:
            raise DefinitionError("patterns", "an alternative demands no word")
        return cost, frozenset(codes)

    def _choose(self, node: Node, codes: set[bytes]) -> float:
        """Add the codes of the cheapest anchors of `node`, and return what they cost."""
        if isinstance(node, Sequence):
            cost, chosen = self._cheapest(node, inf)
            if chosen is not None:
                self._choose(chosen, codes)
            return cost
        if isinstance(node, Choice):
            return sum(self._choose(branch, codes) for branch in node.branches) or inf
        if isinstance(node, Repeat):
            return (self._choose(node.inner, codes) if node.low else 0.0) or inf
        cost = self._cost(node, inf)
        if isinstance(node, Words):
            codes |= self.translator.codes(node)
        elif isinstance(node, ClassRef) and node.name in NUMBER_CODES:
            codes |= self.translator.number_codes(node.name)
        elif isinstance(node, ClassRef) and cost < inf:
            self._choose(self.translator.vocabulary.classes[node.name], codes)
        return cost

    def _cheapest(self, node: Sequence, limit: float) -> tuple[float, Node | None]:
        """Return the item with the cheapest anchors below `limit`, if any, and their cost."""
        best = limit
        chosen: Node | None = None
        later: list[Node] = []
        for item in node.items:
            if not isinstance(item, Words | ClassRef):
                later.append(item)  # what is quick to price makes short work of these
            elif 0 < (cost := self._cost(item, best)) < best:
                best, chosen = cost, item
        for item in later:
            cost = self._cost(item, best)
            if 0 < cost < best:
                best, chosen = cost, item
        return (inf if chosen is None else best), chosen

    def _cost(self, node: Node, limit: float) -> float:
        """Return the cost of the cheapest anchors of `node`; if it is not below `limit`, infinity.

        It is infinite when the node demands no word, and nothing when it is a filler.
        """
        if isinstance(node, Words):
            known = self._words.get(id(node))
            return self._cost_of_words(node) if known is None else known
        if isinstance(node, ClassRef):
            return self._cost_of_class(node.name)
        if isinstance(node, Sequence):
            return self._cheapest(node, limit)[0]
        if isinstance(node, Choice):
            return self._cost_of_choice(node, limit)
        return (
            self._cost(node.inner, limit) if isinstance(node, Repeat) and node.low else 0
        ) or inf

    def _cost_of_choice(self, node: Choice, limit: float) -> float:
        total = 0.0
        if len(node.branches) - 1 >= limit:
            return inf  # all but the single words cost something
        for branch in reversed(node.branches):
            total += self._cost(branch, limit - total)
            if total >= limit:
                return inf
        return total or inf

    def _cost_of_words(self, words: Words) -> float:
        literal = words.literal
        if not words.prefixes and literal <= self.translator.lexicon.fillers:
            return 0.0
        cost = _WORD_PRICE * len(literal) + _PREFIX_PRICE * len(words.prefixes)
        if not literal.isdisjoint(self._priced):
            cost += sum(self.prices[word] - _WORD_PRICE for word in literal & self._priced)
        self._words[id(words)] = cost
        return cost

    def _cost_of_class(self, name: str) -> float:
        if name in NUMBER_CODES:
            return _NUMBER_PRICE
        if name not in self._classes:
            node = self.translator.vocabulary.classes.get(name)
            self._classes[name] = inf if node is None else self._cost(node, inf) or inf
        return self._classes[name]
