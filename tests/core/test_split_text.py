"""A text too long for one message is parted where it hurts least, and nothing of it is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.segments import GRAPHEME, PART_UNITS, split_text

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
ACCENTED = "e" + "\u0301" * 5


def units(text):
    return len(text.encode("utf-16-le")) // 2


@pytest.mark.parametrize("length", [1, PART_UNITS - 1, PART_UNITS])
def test_what_fits_leaves_as_one(length):
    assert split_text("a" * length) == ("a" * length,)


def test_one_character_more_makes_two():
    assert [len(part) for part in split_text("a" * (PART_UNITS + 1))] == [PART_UNITS, 1]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("One line here\nand a sentence. And words", "One line here\n"),
        ("Some sentence here. And more words", "Some sentence here. "),
        ("only some words in a long row of words", "only some words in a "),
        ("withoutanyspacewithoutanyspacewithout", "withoutanyspacewithoutany"),
        ("a\nbcdefghijklmnopqrstuvwxyzabcdefgh", "a\nbcdefghijklmnopqrstuvwx"),
    ],
)
def test_a_part_ends_at_a_line_else_a_sentence_else_a_word(text, first):
    assert split_text(text, units=25)[0] == first


@pytest.mark.parametrize("grapheme", [FAMILY, ACCENTED, "\U0001f1fa\U0001f1f8", "\r\n"])
def test_no_grapheme_is_parted(grapheme):
    for part in split_text("x" + grapheme * 40, units=25):
        assert units(part) <= 25
        rest = part.removeprefix("x")
        assert rest == grapheme * (len(rest) // len(grapheme))


def test_a_grapheme_longer_than_a_part_is_parted_and_nothing_is_lost():
    text = "a" + "\u0301" * 1600
    assert "".join(split_text(text)) == text
    assert all(units(part) <= PART_UNITS for part in split_text(text))


def test_white_space_alone_is_no_part():
    assert split_text(" \n ") == ()
    assert split_text("a" + " " * 60, units=25) == ("a" + " " * 24,)


@given(st.text(alphabet=st.sampled_from("ab. \n\u0301\u200d\U0001f468é"), max_size=200))
def test_parts_fit_and_together_are_the_text(text):
    parts = split_text(text, units=25)
    assert all(units(part) <= 25 and part.strip() for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())
    if all(units(found) <= 25 for found in GRAPHEME.findall(text)):
        assert [g for p in parts for g in GRAPHEME.findall(p) if g.strip()] == [
            g for g in GRAPHEME.findall(text) if g.strip()
        ]
