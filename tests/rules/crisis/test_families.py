"""Families of words: what is learned of one counts for the others."""

from __future__ import annotations

import pytest

from bot.core.errors import DefinitionError
from bot.rules.crisis import Detector
from bot.rules.crisis.families import families_of_codes, read_families
from bot.rules.crisis.lexicon import UNKNOWN
from bot.rules.crisis.load import DEFINITIONS

FAMILIES = read_families((DEFINITIONS / "families.txt").read_text("utf-8"))


def test_a_line_names_a_family_and_its_words() -> None:
    read = read_families("# families\nbody-part: arm leg\npet: dog\n")
    assert read == {"arm": "body-part", "leg": "body-part", "dog": "pet"}


@pytest.mark.parametrize("line", ["pet dog", "pet:dog", "p3t: dog", "pet: dog, cat", "pet: "])
def test_a_line_that_is_none_is_named(line: str) -> None:
    with pytest.raises(DefinitionError, match="line 2"):
        read_families(f"# families\n{line}\n")


def test_a_word_of_two_families_is_refused() -> None:
    with pytest.raises(DefinitionError, match="two families hold the word bark"):
        read_families("pet: dog bark\ngarden: tree bark\n")


def test_the_own_spelling_of_a_code_decides_its_family() -> None:
    codes = {"die": b"\x90\x01", "dye": b"\x90\x01", "is": b"\x90\x02", "wide": b""}
    families = {"die": "death", "dye": "clothes", "wide": "size"}
    own = families_of_codes(families, {"death": b"\x91\x01", "clothes": b"\x91\x02"}, codes)
    assert own == {b"\x90\x01": b"\x91\x01"}


def test_a_word_that_only_a_family_names_stands_for_the_family(detector: Detector) -> None:
    lexicon = detector.lexicon
    word = next(iter(lexicon.related))
    assert lexicon.parts([word]) == [lexicon.family_codes[FAMILIES[word]]] != [UNKNOWN]


def test_no_family_holds_a_disguised_word() -> None:
    """`k1ll` is read as `kill` by its spelling; in a family it would be no more than related."""
    assert all(word.isalpha() for word in FAMILIES)


def test_a_respelled_word_is_itself_before_it_is_one_of_a_family(detector: Detector) -> None:
    lexicon = detector.lexicon
    assert lexicon.parts(["killl", "k1ll"]) == [lexicon.codes["kill"]] * 2
