"""Remembering what stretches of text come to, within a bound."""

from __future__ import annotations

from collections.abc import Callable, Mapping

REMEMBERED_LETTERS = 24
REMEMBERED_STRETCHES = 16_384
"""With the longest stretches that is 2 MB beside the words themselves."""


class Memory(dict[str, bytes]):
    """All words known beforehand, and the codes of short stretches met since, up to a bound.

    Nothing of who wrote them or in what order.
    """

    def __init__(self, known: Mapping[str, bytes], compute: Callable[[str], bytes]) -> None:
        """Begin with what is `known`; `compute` gives the codes of what is met first."""
        super().__init__(known)
        self._known = known
        self._compute = compute

    def __missing__(self, chunk: str) -> bytes:
        """Return the codes of a stretch, and remember them if it is short."""
        codes = self._known.get(chunk)
        if codes is not None:
            return codes  # another thread is forgetting the stretches just now
        codes = self._compute(chunk)
        if len(chunk) <= REMEMBERED_LETTERS:
            if len(self) >= len(self._known) + REMEMBERED_STRETCHES:
                self.clear()
                self.update(self._known)
            self[chunk] = codes
        return codes
