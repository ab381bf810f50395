"""Medications: generic and brand names with typos, and ordinary words that are none."""

from __future__ import annotations

import pytest

from bot.core.errors import DefinitionError
from bot.flows.reading import MedicationMention, Unclear, Understood, Unsure, recognise_medications
from bot.flows.reading.formulary import formulary, load_formulary
from tests.flows.reading.sample import MEDICATIONS, read, reason_of, rows

CLASSES = {
    "ssri", "snri", "tca", "maoi", "atypical-antidepressant", "benzodiazepine", "opioid",
    "sedative", "stimulant", "antipsychotic", "mood-stabiliser", "theophylline", "decongestant",
    "ketamine", "antihypertensive", "thyroid", "other",
}  # fmt: skip


def names(text):
    return [mention.name for mention in recognise_medications(text)]


def test_the_formulary_is_as_large_as_it_has_to_be():
    known = formulary()
    generics = {
        name for named in known.names.values() for name, _ in named.medications if name is not None
    }
    assert set(known.classes) == CLASSES
    assert len(generics) >= 250
    assert len(known.names) >= 500


def test_every_name_is_recognised_as_itself():
    wrong = {
        name
        for name, named in formulary().names.items()
        if tuple((one.name, one.drug_class) for one in recognise_medications(name))
        != named.medications
    }
    assert wrong == set()


@pytest.mark.parametrize("row", rows("medication_typos"))
def test_a_misspelt_name_is_recognised(row):
    written, name, drug_class = row.split("|")
    (mention,) = recognise_medications(written)
    assert (mention.name, mention.drug_class) == (name, drug_class)
    assert mention.written == written


def test_an_ordinary_word_is_never_taken_for_a_medication():
    words = rows("ordinary_words")
    assert len(words) > 1000
    taken = {
        text
        for word in words
        for text in (word, word.capitalize(), f"I take {word}")
        if any(mention.recognised for mention in recognise_medications(text))
    }
    assert taken == set()


@pytest.mark.parametrize(
    ("text", "mentions"),
    [
        ("zoloft 50mg", [("zoloft 50mg", "sertraline", "ssri", "50mg", None, None)]),
        ("lexipro 10 mg", [("lexipro 10 mg", "escitalopram", "ssri", "10 mg", None, None)]),
        ("welbutrin xl 300",
         [("welbutrin xl 300", "bupropion", "atypical-antidepressant", "300", None, None)]),
        ("10mg lexapro", [("10mg lexapro", "escitalopram", "ssri", "10mg", None, None)]),
        ("prozac for 6 weeks", [("prozac for 6 weeks", "fluoxetine", "ssri", None, 6, None)]),
        ("prozac 20mg for 3 months",
         [("prozac 20mg for 3 months", "fluoxetine", "ssri", "20mg", None, 3)]),
        ("paxil two years", [("paxil two years", "paroxetine", "ssri", None, None, 24)]),
        ("paxil for a year", [("paxil for a year", "paroxetine", "ssri", None, None, 12)]),
        ("zoloft 14 days", [("zoloft 14 days", "sertraline", "ssri", None, 2, None)]),
        ("zoloft 10 days", [("zoloft", "sertraline", "ssri", None, None, None)]),
        ("zoloft 6-8 weeks", [("zoloft", "sertraline", "ssri", None, None, None)]),
        ("zoloft since 2019", [("zoloft", "sertraline", "ssri", None, None, None)]),
        ("zoloft 2019", [("zoloft", "sertraline", "ssri", None, None, None)]),
        ("2 xanax a day", [("xanax", "alprazolam", "benzodiazepine", None, None, None)]),
        ("xanax 2 a day", [("xanax", "alprazolam", "benzodiazepine", None, None, None)]),
        ("xanax 2 pills", [("xanax", "alprazolam", "benzodiazepine", None, None, None)]),
        ("synthroid 88 mcg", [("synthroid 88 mcg", "levothyroxine", "thyroid",
        "88 mcg", None, None)]),
        ("sertralina 50 mg por 8 semanas",
         [("sertralina 50 mg por 8 semanas", "sertraline", "ssri", "50 mg", 8, None)]),
        ("lamictal 200 lithium 900",
         [("lamictal 200", "lamotrigine", "mood-stabiliser", "200", None, None),
          ("lithium 900", "lithium", "mood-stabiliser", "900", None, None)]),
        ("zoloft 50mg for 6 weeks, lexapro 10 mg 3 months",
         [("zoloft 50mg for 6 weeks", "sertraline", "ssri", "50mg", 6, None),
          ("lexapro 10 mg 3 months", "escitalopram", "ssri", "10 mg", None, 3)]),
        ("klonopin 0.5", [("klonopin 0.5", "clonazepam", "benzodiazepine", "0.5", None, None)]),
        ("Zoloft, 50 mg", [("Zoloft, 50 mg", "sertraline", "ssri", "50 mg", None, None)]),
        ("benzos", [("benzos", None, "benzodiazepine", None, None, None)]),
        ("bp meds", [("bp meds", None, "antihypertensive", None, None, None)]),
        ("pastillas para dormir", [("pastillas para dormir", None, "sedative", None, None, None)]),
        ("Symbyax", [("Symbyax", "olanzapine", "antipsychotic", None, None, None),
                     ("Symbyax", "fluoxetine", "ssri", None, None, None)]),
        ("flurbnix 20mg", [("flurbnix 20mg", None, None, "20mg", None, None)]),
        ("Claritin-D", [("Claritin-D", "pseudoephedrine", "decongestant", None, None, None)]),
        ("claritin", [("claritin", "loratadine", "other", None, None, None)]),
        ("st. john’s wort", None),
    ],
)  # fmt: skip
def test_dose_and_duration_go_with_the_name_they_stand_beside(text, mentions):
    found = recognise_medications(text)
    if mentions is None:
        assert [one.name for one in found][-1] == "st johns wort"
    else:
        assert list(found) == [MedicationMention(*mention) for mention in mentions]


@pytest.mark.parametrize(
    ("text", "generics"),
    [
        ("zoloft, prozac, lexapro", ["sertraline", "fluoxetine", "escitalopram"]),
        ("Zoloft and Xanax", ["sertraline", "alprazolam"]),
        ("zoloft prozac", ["sertraline", "fluoxetine"]),
        ("zoloft/prozac", ["sertraline", "fluoxetine"]),
        ("zoloft\nprozac\nlithium", ["sertraline", "fluoxetine", "lithium"]),
        ("1. zoloft 2. prozac", ["sertraline", "fluoxetine"]),
        ("- zoloft\n- prozac", ["sertraline", "fluoxetine"]),
        ("I've been on Effexor XR 150 and lamotrigine", ["venlafaxine", "lamotrigine"]),
        ("I take lisinopril for blood pressure and metformin", ["lisinopril", "metformin"]),
        ("tomo sertralina y alprazolam", ["sertraline", "alprazolam"]),
        ("litio, quetiapina y fluoxetina", ["lithium", "quetiapine", "fluoxetine"]),
        ("ZOLOFT!!!", ["sertraline"]),
        ("zo\u200bloft", ["sertraline"]),
        ("\u202ezoloft", ["sertraline"]),
        ("ｚｏｌｏｆｔ", ["sertraline"]),
        ("tried prozac, zoloft (didn't work) and now wellbutrin", ["fluoxetine", "sertraline",
        "bupropion"]),
        ("adderall xr 20mg every morning", ["mixed amphetamine salts"]),
        ("ambien at night as needed", ["zolpidem"]),
        ("aspirin 81", ["aspirin"]),
        ("aspirina", ["aspirin"]),
        ("vitamin d", ["vitamin d"]),
        ("vitamin d3 and b12", ["vitamin d", "cyanocobalamin"]),
        ("birth control", [None]),
    ],
)  # fmt: skip
def test_several_medications_are_found_in_order(text, generics):
    assert names(text) == generics


@pytest.mark.parametrize(
    ("text", "value", "classes", "unrecognised"),
    [
        ("zolof", ("sertraline",), ("ssri",), ()),
        ("zoloft and lexapro", ("sertraline", "escitalopram"), ("ssri",), ()),
        ("zoloft, zoloft", ("sertraline",), ("ssri",), ()),
        ("benzos and zoloft", ("sertraline",), ("benzodiazepine", "ssri"), ()),
        ("zoloft and flurbnix", ("sertraline",), ("ssri",), ("flurbnix",)),
        ("benzos", (), ("benzodiazepine",), ()),
        ("zoloft, nothing else", ("sertraline",), ("ssri",), ()),
        ("just zoloft", ("sertraline",), ("ssri",), ()),
        ("sudafed", ("pseudoephedrine",), ("decongestant",), ()),
        ("theophylline 200", ("theophylline",), ("theophylline",), ()),
    ],
)
def test_a_reply_gives_generics_classes_and_what_was_not_recognised(
    text, value, classes, unrecognised
):
    reading = read(MEDICATIONS, text)
    assert isinstance(reading, Understood), reading
    assert reading.value == value
    assert reading.parts["classes"] == classes
    assert reading.parts["unrecognised"] == unrecognised


def test_the_count_is_of_products_written():
    assert read(MEDICATIONS, "zoloft 50, Symbyax and flurbnix").parts["count"] == 3
    assert read(MEDICATIONS, "none").parts["count"] == 0


@pytest.mark.parametrize("text", ["flurbnix", "flurbnix 20mg", "I take flurbnix", "tomo flurbnix"])
def test_when_nothing_is_recognised_the_classes_are_not_known(text):
    reading = read(MEDICATIONS, text)
    assert reading.value == ()
    assert len(reading.parts["unrecognised"]) == 1
    assert "classes" not in reading.parts


@pytest.mark.parametrize("text", rows("no_medications"))
def test_no_medications_is_an_empty_answer(text):
    reading = read(MEDICATIONS, text)
    assert isinstance(reading, Understood), reading
    assert reading.value == ()
    assert reading.parts["classes"] == ()
    assert reading.parts["unrecognised"] == ()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("no lithium", "contradictory"), ("I don't take zoloft", "contradictory"),
        ("never took prozac", "contradictory"), ("no tomo sertralina", "contradictory"),
        ("yes", "not_a_medication"), ("???", "not_a_medication"), ("water", "not_a_medication"),
        ("I feel so sad about everything lately", "not_a_medication"), ("", "empty"),
        ("ability", "not_a_medication"), ("x" * 4001, "too_long"), ("123", "not_a_medication"),
    ],
)  # fmt: skip
def test_what_names_no_medication_is_asked_again(text, reason):
    assert reason_of(MEDICATIONS, text) == reason


@pytest.mark.parametrize("text", ["not sure", "idk", "I don't remember", "no me acuerdo", "no sé"])
def test_not_knowing_is_unsure_and_never_none(text):
    assert isinstance(read(MEDICATIONS, text), Unsure)


@pytest.mark.parametrize("text", ["maybe", "not really", "nothing but zoloftish things maybe"])
def test_a_hedge_is_never_none(text):
    reading = read(MEDICATIONS, text)
    assert not (
        isinstance(reading, Understood) and reading.value == () and "classes" in reading.parts
    )


@pytest.mark.parametrize("word", ["flonax", "miralex", "adiphex", "cefalexapro"])
def test_a_word_near_two_medications_or_to_none_is_kept_unrecognised(word):
    (mention,) = recognise_medications(word)
    assert not mention.recognised
    assert mention.written == word


def test_long_texts_are_searched_for_names_spelt_right():
    text = "I feel unwell and tired. " * 400 + "I take zoloft"
    assert names(text) == ["sertraline"]


def test_what_is_negated_elsewhere_stays_a_mention():
    assert read(MEDICATIONS, "zoloft, not sure of the dose").value == ("sertraline",)
    assert isinstance(read(MEDICATIONS, "not zoloft"), Unclear)


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ("snri: {source: s, generics: {alpha: []}}", "alpha is in two classes"),
        ("snri: {source: s, generics: {beta: [Brand]}}", "brand names two things"),
    ],
)
def test_a_name_in_two_places_is_refused(tmp_path, more, problem):
    file = tmp_path / "medications.yaml"
    lists = "dose_units: []\nforms: []\namounts: []\nrates: []\ncues: []\nnot_medications: []\n"
    file.write_text(
        f"version: '1'\ncombinations: {{}}\naround: {{}}\nseparators: {{}}\n{lists}"
        f"classes:\n  ssri: {{source: s, generics: {{alpha: [Brand]}}}}\n  {more}\n"
    )
    with pytest.raises(DefinitionError, match=problem):
        load_formulary(file)
