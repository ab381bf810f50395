"""A text as word codes that knows, when asked, which words its codes stand for."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from functools import cached_property
from itertools import accumulate

from bot.rules.crisis.lexicon import Lexicon

_CODE_BYTES = 2
_LINE_END = "\n"


class Coded:
    """The codes of one folded text. Where they stand is worked out only for the hits reported."""

    def __init__(self, text: str, lexicon: Lexicon) -> None:
        """Encode `text`."""
        self._text = text
        self._lexicon = lexicon
        self._chunks = text.replace(_LINE_END, f" {_LINE_END} ").split(" ")
        self._parts = lexicon.parts(self._chunks)
        self.codes = b"".join(self._parts)

    @cached_property
    def _code_ends(self) -> list[int]:
        return list(accumulate(map(len, self._parts)))

    @cached_property
    def _chunk_ends(self) -> list[int]:
        return list(accumulate(map(len, self._chunks)))

    def _chunk_start(self, index: int) -> int:
        """Return where a chunk begins; the blanks put around a line's end are not in the text."""
        chunk = self._chunks[index]
        start = self._chunk_ends[index] - len(chunk) + index
        line_ends = self._line_ends
        return start - 2 * bisect_left(line_ends, index) - (chunk == _LINE_END)

    @cached_property
    def _line_ends(self) -> list[int]:
        """The indexes of the chunks that are the end of a line."""
        if _LINE_END not in self._text:
            return []
        return [index for index, chunk in enumerate(self._chunks) if chunk == _LINE_END]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the range of the text that `codes[start:end]`, not empty, stands for."""
        return self._place(start)[0], self._place(end - _CODE_BYTES)[1]

    def _place(self, position: int) -> tuple[int, int]:
        """Return the range of the word or mark whose codes hold `position`."""
        index = bisect_right(self._code_ends, position)
        start = self._chunk_start(index)
        chunk = self._chunks[index]
        reached = self._code_ends[index] - len(self._parts[index])
        for codes, piece_start, piece_end in self._lexicon.pieces(chunk):
            reached += len(codes)
            if position < reached:
                return start + piece_start, start + piece_end
        return start, start + len(chunk)
