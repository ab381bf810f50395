"""Free text is kept whole, and folding makes equal what readers see as equal."""

from __future__ import annotations

import pytest

from bot.flows.reading import Understood
from bot.flows.reading.spelling import BREAK, fold, phrase_of, storable, words_of
from tests.flows.reading.sample import TEXT, read, reason_of


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("hello", "hello"), ("  hello \n", "hello"), ("a\nb\tc", "a\nb\tc"), ("a\x00b", "ab"),
        ("a\ud800b", "ab"), ("\x1b[31mred", "[31mred"), ("a\x7fb\x9fc", "abc"), ("1", "1"),
        ("no", "no"),
        ("👨‍👩‍👧 fam", "👨‍👩‍👧 fam"), ("\u202eabc", "\u202eabc"), ("e\u0301", "e\u0301"), ("²",
        "²"), ("a\r\nb", "a\r\nb"), ("\ufffea", "a"), ("<b>x</b>", "<b>x</b>"),
    ],
)  # fmt: skip
def test_text_is_kept_without_control_characters_and_otherwise_untouched(text, kept):
    reading = read(TEXT, text)
    assert isinstance(reading, Understood)
    assert reading.value == kept
    assert reading.written == kept


@pytest.mark.parametrize("length", [4000, 4001, 50_000])
def test_long_text_is_kept_whole(length):
    assert read(TEXT, "a" * length).value == "a" * length


@pytest.mark.parametrize("text", ["", "   ", "\n", "\x00\x01", "\u200b", "\u200d\ufeff", "\u2028"])
def test_invisible_text_is_empty(text):
    assert reason_of(TEXT, text) == "empty"


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("SÍ", "si"), ("Ｙｅｓ", "yes"), ("don’t", "don't"), ("don´t", "don't"), ("yesss", "yes"),
        ("1️⃣", "1"), ("👍🏽", "👍"), ("٣", "3"), ("۳", "3"), ("３", "3"), ("²", "\ufffd"), ("₂",
        "\ufffd"),
        ("½", "1/2"), ("3½", "3 1/2"), ("ﬁne", "fine"), ("a\u00adb", "ab"), ("a\u200bb", "ab"),
        ("\u202eyes", "yes"), ("ñandú", "nandu"), ("𝐲𝐞𝐬", "yes"), ("  a \n b ", "a b"),
        ("¿Qué?", "que?"),
        ("“hi”", '"hi"'), ("1–2", "1-2"), ("111", "111"), ("\ud800", ""), ("ſure", "sure"),
        ("①", "1"),
    ],
)  # fmt: skip
def test_folding_makes_equal_what_looks_equal(written, folded):
    assert fold(written) == folded


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("no, never", ["no", BREAK, "never"]), ("forty-two", ["forty", "two"]), ("5mg", ["5",
        "mg"]),
        ("don't", ["dont"]), ("1,200.5", ["1,200.5"]), ("2 - days", ["2", BREAK, "days"]),
        ("3-4", ["3", "-", "4"]), ("3 - 4", ["3", "-", "4"]), (".5", ["0.5"]), ("5'8", ["5",
        "'", "8"]),
        ("'90", ["90"]), ("a/b", ["a", "/", "b"]), ("¡Sí!", ["si", BREAK]), ("", []),
    ],
)  # fmt: skip
def test_a_folded_text_is_cut_into_words(written, words):
    assert words_of(fold(written)) == words


def test_a_phrase_has_no_clause_marks():
    assert phrase_of("No. Never!") == "no never"


def test_folding_twice_changes_nothing():
    for text in ("Sí, SEÑOR", "yesss", "3½ lb", "5'8\"", "ﬁ²", "¿Qué?"):
        assert fold(fold(text)) == fold(text)


def test_storing_twice_changes_nothing():
    assert storable(storable(" \x00 a \ud800 ")) == storable(" \x00 a \ud800 ")
