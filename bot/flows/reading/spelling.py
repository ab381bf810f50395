"""The forms in which a text is looked up: folded, and cut into words.

Every phrase of the lexicon and every reply goes through the same two functions, so what is equal
for a reader is equal here: case, accents, width, digits of other scripts, curly quotes, emoji
skin tones and invisible characters make no difference. All of it is linear in the length.
"""

from __future__ import annotations

import re
import unicodedata

BREAK = ","
"""The one word that stands for every mark that ends a clause."""

# NUL and friends, lone surrogates and non-characters cannot be stored; line breaks and tabs can.
_UNSTORABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
# Not every digit is a number: NFKC would turn the square sign into a 2 and one half into 1/2.
_RAISED_DIGITS = "\u00b2\u00b3\u00b9\u2070\u2074\u2075\u2076\u2077\u2078\u2079" + "".join(
    chr(code) for code in range(0x2080, 0x208A)
)
_BEFORE_NFKC = str.maketrans(
    {
        **dict.fromkeys(_RAISED_DIGITS, "\ufffd"),
        "\u00bd": " 1/2 ",
        "\u00bc": " 1/4 ",
        "\u00be": " 3/4 ",
        "\u2019": "'",
        "\u2018": "'",
        "\u02bc": "'",
        "\u00b4": "'",
        "`": "'",
        "\u2032": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u2033": '"',
        "\u2010": "-",
        "\u2011": "-",
        "\u2012": "-",
        "\u2013": "-",
        "\u2014": " - ",
        "\u2212": "-",
        "\u00bf": " ",
        "\u00a1": " ",
    }
)
_DROPPED_CATEGORIES = frozenset({"Cf", "Cs", "Mn", "Me", "Cc", "Co", "Cn", "Sk"})
_SPACES = re.compile(r"\s+")
_DRAWN_OUT = re.compile(r"([a-z])\1{2,}")
_JOINED_WORDS = re.compile(r"(?<=[a-z])-(?=[a-z])")
_DASH = re.compile(r"(?<!\d) - | - (?!\d)")
_BARE_POINT = re.compile(r"(?<![\w.,])\.(?=\d)")
_APOSTROPHE = re.compile(r"(?<![0-9])'")
_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+|[^\s\w]|_")
_CLAUSE_MARKS = frozenset(',;:.!?()[]{}\n|*_"')


def storable(text: str) -> str:
    """Return the text as it may be kept: without control characters, lone surrogates, outer space.

    Nothing else changes, and nothing is cut off: emoji, joiners and direction marks stay.
    """
    return _UNSTORABLE.sub("", text).strip()


def fold(text: str) -> str:
    """Return the text in lookup form: plain lower-case letters, ASCII digits, single spaces."""
    if text.isascii():
        lowered = text.lower()
        kept = lowered if lowered.isprintable() else "".join(map(_kept_of, lowered))
    else:
        decomposed = unicodedata.normalize("NFKD", text.translate(_BEFORE_NFKC).casefold())
        kept = "".join(map(_kept_of, decomposed.casefold()))
    return _DRAWN_OUT.sub(r"\1", _SPACES.sub(" ", kept).strip())


def _kept_of(character: str) -> str:
    if "\x20" <= character <= "\x7e":
        return character
    if character.isspace():
        return " "
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    return "" if unicodedata.category(character) in _DROPPED_CATEGORIES else character


def words_of(folded: str) -> list[str]:
    """Cut a folded text into numbers, runs of letters, single symbols, and BREAK for clauses."""
    pointed = _BARE_POINT.sub("0.", folded)
    joined = _JOINED_WORDS.sub(" ", _APOSTROPHE.sub("", _DASH.sub(BREAK, pointed)))
    return [BREAK if word in _CLAUSE_MARKS else word for word in _WORD.findall(joined)]


def phrase_of(text: str) -> str:
    """Return the phrase by which a text is looked up: its words without any clause mark."""
    return " ".join(word for word in words_of(fold(text)) if word != BREAK)
