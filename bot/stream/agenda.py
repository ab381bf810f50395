"""Who is to be looked at: those told of first, then everybody in turn, some at a time.

A look at thousands takes a good part of a second; whoever knocks meanwhile must not wait for all
of it, nor those whose news were told.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain, islice

from bot.stream.visitors import Visitor

AT_ONCE = 250
"""A look at so many takes about ten milliseconds, and a few tens when all of them have news."""


@dataclass(slots=True)
class Agenda:
    """Nobody stands in it twice, and who waits keeps their place however many come after."""

    _told: dict[Visitor, None] = field(default_factory=dict)
    _others: dict[Visitor, None] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether anybody waits."""
        return bool(self._told or self._others)

    def put_first(self, visitors: Iterable[Visitor]) -> None:
        """Let these be looked at before all others."""
        self._told.update(dict.fromkeys(visitors))

    def put(self, visitors: Iterable[Visitor]) -> None:
        """Let these be looked at in turn."""
        self._others.update(dict.fromkeys(visitors))

    def take(self) -> list[Visitor]:
        """Return the next few, who wait no longer."""
        taken = list(islice(chain(self._told, self._others), AT_ONCE))
        for visitor in taken:
            self._told.pop(visitor, None)
            self._others.pop(visitor, None)
        return taken

    def clear(self) -> None:
        """Forget everybody; a later look finds what they have missed."""
        self._told.clear()
        self._others.clear()
