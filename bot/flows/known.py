"""What is known at a point of the path, looked up symbol by symbol.

A condition mentions a few symbols of some hundred: only those are worked out. The result is the
same as that of `values_of` on the same answers, with the totals of complete instruments added.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bot.core.answers import Answer, AnswerStatus, Value
from bot.core.errors import IncompleteAnswers
from bot.core.instruments import total
from bot.flows.model import Flow


class Known(Mapping[str, Value]):
    """Symbol -> value for what is known; a symbol that is not known has none."""

    __slots__ = ("_answers", "_flow")

    def __init__(self, flow: Flow, answers: Iterable[Answer]) -> None:
        self._flow = flow
        self._answers = {answer.link_id: answer for answer in answers}

    def add(self, answer: Answer) -> None:
        """Take one more answer in."""
        self._answers[answer.link_id] = answer

    def get(self, symbol: str, default: Any = None) -> Any:
        """Return the symbol's value, or `default` when it is not known."""
        source = self._flow.sources.get(symbol)
        if source is None:
            return self._total(symbol, default)
        link_id, part = source
        answer = self._answers.get(link_id)
        if answer is None or answer.status is not AnswerStatus.ANSWERED:
            return default
        return answer.parts.get(part, default) if part else answer.value

    def _total(self, symbol: str, default: Any) -> Any:
        instrument = self._flow.totals.get(symbol)
        if instrument is None:
            return default
        try:
            return total(instrument, self._answers)
        except IncompleteAnswers:
            return default  # a total with a gap is not known

    def __getitem__(self, symbol: str) -> Value:
        value: Value = self.get(symbol)
        if value is None:
            raise KeyError(symbol)
        return value

    def __iter__(self) -> Iterator[str]:
        return (symbol for symbol in self._flow.symbols if self.get(symbol) is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)
