"""Word codes as numbers: what only has to be told apart is quicker to tell apart so."""

from __future__ import annotations

import sys

from bot.rules.crisis.lexicon import FIRST_MARK

MARK = FIRST_MARK << (0 if sys.byteorder == "little" else 8)
"""The bits that are set in the number of a mark, and not all of them in a word's."""


def number_of(code: bytes) -> int:
    """Return the number of one code."""
    return int.from_bytes(code, sys.byteorder)


def numbers_of(codes: bytes) -> list[int]:
    """Return the number of every word and mark of `codes`, in order."""
    return memoryview(codes).cast("H").tolist()
