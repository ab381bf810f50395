"""Searching: several patterns find what one pattern of all of them would."""

from __future__ import annotations

from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from bot.rules.crisis.search import LazyPattern, spans_of

A, B, C = "\\x83\\x01", "\\x83\\x02", "\\x83\\x03"
SOURCES = [f"{A}{B}", f"{B}{A}?", f"{A}(?:{C}{A})*", f"{C}{{2}}"]
words = st.sampled_from([b"\x83\x01", b"\x83\x02", b"\x83\x03"])


def pattern(source: str) -> LazyPattern:
    return LazyPattern(partial(str, source), "a test")


PATTERNS = list(map(pattern, SOURCES))
TOGETHER = pattern("|".join(SOURCES))


@given(st.lists(words, max_size=12).map(b"".join))
def test_alternatives_searched_one_by_one_match_what_they_match_together(codes: bytes) -> None:
    assert list(spans_of(PATTERNS, codes)) == list(TOGETHER.spans(codes))


def test_of_matches_that_begin_in_one_place_the_first_patterns_counts() -> None:
    codes = b"\x83\x01\x83\x02"
    short, long = pattern(A), pattern(f"{A}{B}")
    assert list(spans_of([short, long], codes)) == [(0, 2)]
    assert list(spans_of([long, short], codes)) == [(0, 4)]
