"""Choosing, for every frame, words without which it cannot match: they make up the gate.

Sound by construction: each alternative of a frame contributes one of its mandatory words, classes
or groups, so a text with none of them cannot match. Rare words are preferred, so that most texts
stop at the gate.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from bot.core.errors import DefinitionError
from bot.rules.crisis.frame import Choice, ClassRef, Node, Repeat, Sequence, Words
from bot.rules.crisis.lexicon import NUMBER_CODES
from bot.rules.crisis.pattern import Translator

_NUMBER_PRICE = 1000.0
_Priced = tuple[float, frozenset[bytes]]


@dataclass(frozen=True, slots=True)
class AnchorChoice:
    """Chooses anchors; words that have a price are taken only for want of a cheaper choice."""

    translator: Translator
    prices: Mapping[str, float]
    _classes: dict[str, _Priced | None] = field(default_factory=dict, compare=False)
    _words: dict[Words, _Priced | None] = field(default_factory=dict, compare=False)

    def of(self, node: Node) -> _Priced:
        """Return what the anchors of `node` cost, and their codes; every match holds one of them.

        Raises DefinitionError when the frame can match without any word of its own.
        """
        priced = self._price(node)
        if priced is None:
            raise DefinitionError("patterns", "an alternative demands no word")
        return priced

    def _price(self, node: Node) -> _Priced | None:
        """Return the cheapest anchors of `node` and their cost; None when it demands no word."""
        if isinstance(node, Words):
            if node not in self._words:
                self._words[node] = self._price_words(node)
            return self._words[node]
        if isinstance(node, ClassRef):
            return self._price_class(node.name)
        if isinstance(node, Repeat):
            return self._price(node.inner) if node.low > 0 else None
        if isinstance(node, Sequence):
            priced = [each for item in node.items if (each := self._price(item)) is not None]
            return min(priced, key=lambda each: each[0], default=None)
        return self._price_choice(node) if isinstance(node, Choice) else None

    def _price_words(self, words: Words) -> _Priced | None:
        codes = self.translator.codes(words)
        cost = sum(self.prices.get(word, 1.0) for word in words.literal)
        return (cost + 3.0 * len(words.prefixes), frozenset(codes)) if codes else None

    def _price_class(self, name: str) -> _Priced | None:
        if name in NUMBER_CODES:
            return _NUMBER_PRICE, frozenset(self.translator.number_codes(name))
        if name not in self._classes:
            node = self.translator.vocabulary.classes.get(name)
            self._classes[name] = None if node is None else self._price(node)
        return self._classes[name]

    def _price_choice(self, node: Choice) -> _Priced | None:
        branches = [each for each in node.branches if not self._is_filler(each)]
        priced = list(_all_priced(self._price(branch) for branch in branches))
        if not priced or len(priced) < len(branches):
            return None
        codes = frozenset(code for _, each in priced for code in each)
        return sum(cost for cost, _ in priced), codes

    def _is_filler(self, node: Node) -> bool:
        return isinstance(node, Words) and not self.translator.codes(node)


def _all_priced(priced: Iterable[_Priced | None]) -> Iterator[_Priced]:
    for each in priced:
        if each is None:
            return
        yield each
