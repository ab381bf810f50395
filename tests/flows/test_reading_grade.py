"""Reading grades follow their published formulas; syllables are counted by rule."""

import pytest

from bot.flows.reading_grade import (
    english_syllables,
    inflesz_grade,
    reading_grade,
    spanish_syllables,
)

ENGLISH = {
    1: "the care we i yes does goes safe used asked bleed need pause breathe times through eye",
    2: "clinic being wanted table questions answers science voices sometimes little pressure"
    " people nervous quiet reading depressed create anxious special cautious",
    3: "assistant medicine family idea radio clinician usual anyone previous serious mania video",
    4: "automated emergency medication",
}
SPANISH = {
    1: "que muy hoy y bien seis",
    2: "día días país aún usted leer guerra siete fuego cuidar seguir",
    3: "respuesta preguntas clínica cuidado ahora corazón héroe pingüino tranquilo",
    4: "medicina aéreo realidad teléfono",
    5: "automático",
    6: "antidepresivo",
}
PAIRS_EN = [(word, count) for count, words in ENGLISH.items() for word in words.split()]
PAIRS_ES = [(word, count) for count, words in SPANISH.items() for word in words.split()]


@pytest.mark.parametrize(("word", "count"), PAIRS_EN)
def test_english_syllables(word, count):
    assert english_syllables(word) == count


@pytest.mark.parametrize(("word", "count"), PAIRS_ES)
def test_spanish_syllables(word, count):
    assert spanish_syllables(word) == count


def test_english_follows_flesch_and_kincaid():
    # 2 sentences, 8 words, 8 syllables
    text = "The cat sat down. The dog ran off."
    assert reading_grade(text, "en") == pytest.approx(0.39 * 8 / 2 + 11.8 * 8 / 8 - 15.59)


@pytest.mark.parametrize(
    ("text", "grade"),
    [
        # 8 words, 12 syllables, 2 sentences: 206.835 - 62.3 * 1.5 - 4 = 109.385
        ("El gato duerme hoy. El perro no está.", 1.0),
        # 4 words, 10 syllables, 1 sentence: 206.835 - 155.75 - 4 = 47.085, between 55 and 40
        ("La respuesta es automática", pytest.approx(10 + (55 - 47.085) / 15 * 2)),
    ],
)
def test_spanish_follows_inflesz(text, grade):
    assert reading_grade(text, "es") == grade


def test_the_limit_of_primary_school_is_grade_six():
    steps = [(80.0, 5.0), (65.0, 6.0), (64.0, 6.4), (55.0, 10.0), (40.0, 12.0), (-20.0, 18.0)]
    assert [(p, pytest.approx(inflesz_grade(p))) for p, _ in steps] == steps
    assert inflesz_grade(120.0) == 1.0


def test_harder_words_and_longer_sentences_raise_the_grade():
    for language, easy, hard in (
        ("en", "We ask you. You say no.", "We administer questionnaires, you deny."),
        ("es", "Le pregunto. Diga no.", "Administramos cuestionarios diferenciados."),
    ):
        assert reading_grade(easy, language) < reading_grade(hard, language)


def test_a_placeholder_is_one_short_word():
    assert reading_grade("We are {clinic_name}.", "en") == reading_grade("We are it.", "en")


@pytest.mark.parametrize(("text", "language"), [("", "en"), ("...", "es"), ("Bonjour", "fr")])
def test_without_words_or_formula_there_is_no_grade(text, language):
    assert reading_grade(text, language) is None
