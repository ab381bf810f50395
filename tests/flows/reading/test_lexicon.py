"""The word lists: complete in both languages, and refused when they are wrong."""

from __future__ import annotations

import pytest

from bot.core.errors import DefinitionError
from bot.flows.questions import Unit
from bot.flows.reading.lexicon import (
    DEFINITIONS,
    Lean,
    LexiconFile,
    lexicon,
    load_lexicon,
    read_definition,
)
from bot.flows.reading.spelling import phrase_of

SOURCE = (DEFINITIONS / "lexicon.yaml").read_text(encoding="utf-8")


def load_changed(tmp_path, old, new):
    file = tmp_path / "lexicon.yaml"
    assert old in SOURCE
    file.write_text(SOURCE.replace(old, new, 1), encoding="utf-8")
    return load_lexicon(file)


def test_every_language_has_words_for_every_lean():
    source = read_definition(DEFINITIONS / "lexicon.yaml", LexiconFile)
    for language in source.languages:
        assert set(source.polarity[language]) == set(Lean)
        assert all(source.polarity[language].values())


def test_no_phrase_leans_two_ways():
    source = read_definition(DEFINITIONS / "lexicon.yaml", LexiconFile)
    leans = {}
    for table in source.polarity.values():
        for lean, phrases in table.items():
            for phrase in phrases:
                leans.setdefault(phrase_of(phrase), set()).add(lean)
    assert {phrase for phrase, found in leans.items() if len(found) > 1} == set()


def test_a_phrase_that_means_two_things_is_in_no_table(tmp_path):
    changed = load_changed(tmp_path, '"sí", "si", "s"', '"sí", "si", "s", "nope"')
    assert lexicon().polarity["nope"] is Lean.NO
    assert "nope" not in changed.polarity


def test_every_stored_unit_has_a_word_and_its_conversion():
    known = lexicon()
    assert set(known.stored_units) == {unit.value for unit in Unit}
    assert known.units["week"].factor == 7 * known.units["day"].factor
    assert known.units["year"].factor == 12 * known.units["month"].factor
    assert known.units["lb"].factor == pytest.approx(453.59237)
    assert known.units["in"].factor == pytest.approx(2.54)
    assert known.units["ft"].factor == pytest.approx(12 * known.units["in"].factor)


def test_every_month_has_a_name_in_both_languages():
    source = read_definition(DEFINITIONS / "lexicon.yaml", LexiconFile)
    for language in source.languages:
        assert set(source.months[language].values()) == set(range(1, 13))


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("negators:", "negations:", "negat"),
        ("hundred: 100", "hundred: many", "int"),
        ('languages: [en, es]', "languages: [en, es, fr]", "no words in fr"),
        ("decimal_mark: {en", "decimal_mark: {de", "no words in en"),
        ("polarity:", "polarity: [", "lexicon.yaml"),
        ('"says yes": ["i do"', '"says maybe": ["i do"', "says maybe"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_refused_with_the_path_to_the_fault(tmp_path, old, new, problem):
    with pytest.raises(DefinitionError, match=problem):
        load_changed(tmp_path, old, new)


def test_a_missing_file_is_a_definition_error(tmp_path):
    with pytest.raises(DefinitionError, match="absent.yaml"):
        load_lexicon(tmp_path / "absent.yaml")


def test_yaml_does_not_turn_words_into_booleans():
    assert lexicon().polarity["yes"] is Lean.YES
    assert lexicon().polarity["no"] is Lean.NO
    assert lexicon().polarity["true"] is Lean.YES
