"""Numbers with and without units: exact, in range, never moved into it."""

from __future__ import annotations

import pytest

from bot.flows.reading import Ambiguous, Unclear, Unsure
from tests.flows.reading.sample import (
    AGE,
    COUNT,
    DAYS,
    DOSE_MG,
    HEIGHT_CM,
    HEIGHT_IN,
    PRESSURE,
    WEEKS,
    WEIGHT_KG,
    WEIGHT_LB,
    read,
    reason_of,
    value_of,
)


@pytest.mark.parametrize(
    ("question", "text", "value"),
    [
        (WEEKS, "6", 6), (WEEKS, "0", 0), (WEEKS, "520", 520), (WEEKS, "6 weeks", 6),
        (WEEKS, "6weeks", 6), (WEEKS, "6 wks", 6), (WEEKS, "six", 6), (WEEKS, "six weeks", 6),
        (WEEKS, "about 6", 6), (WEEKS, "about six weeks", 6), (WEEKS, "~6", 6),
        (WEEKS, "around 6 weeks", 6), (WEEKS, "6 weeks or so", 6), (WEEKS, "like 6 weeks", 6),
        (WEEKS, "14 days", 2), (WEEKS, "6 weeks on zoloft", 6), (WEEKS, "6 semanas", 6),
        (WEEKS, "seis semanas", 6), (WEEKS, "como 6 semanas", 6), (WEEKS, "unas seis semanas", 6),
        (WEEKS, "6 weeks and 7 days", 7), (WEEKS, "it was 6 weeks", 6), (WEEKS, "for 6 weeks", 6),
        (WEEKS, "６", 6), (WEEKS, "٦", 6), (WEEKS, "۶", 6), (WEEKS, "6️⃣", 6), (WEEKS, "6.", 6),
        (WEEKS, "6.0", 6), (WEEKS, "a fortnight", None), (WEEKS, "twenty-two", 22),
        (WEEKS, "twenty two weeks", 22), (WEEKS, "a hundred", 100), (WEEKS, "one hundred", 100),
        (WEEKS, "one hundred and four", 104), (WEEKS, "two hundred sixty", 260),
        (WEEKS, "treinta y cinco", 35), (WEEKS, "ciento cuatro", 104), (WEEKS, "veintidós", 22),
        (WEEKS, "doscientas", 200), (WEEKS, "maybe 6", 6), (WEEKS, "I think 6 weeks", 6),
        (WEEKS, "creo que 6", 6), (WEEKS, "hace 6 semanas", 6), (WEEKS, "6 weeks ago", 6),
        (DAYS, "2 weeks", 14), (DAYS, "10 días", 10), (DAYS, "1 week", 7), (DAYS, "3 d", 3),
        (DAYS, "1,200", 1200), (DAYS, "one week", 7), (DAYS, "1 week 3 days", 10),
        (AGE, "34", 34), (AGE, "I'm 34", 34), (AGE, "I’m 34", 34), (AGE, "34 years old", 34),
        (AGE, "34 yo", 34), (AGE, "34yo", 34), (AGE, "34 y/o", 34), (AGE, "34 years", 34),
        (AGE, "thirty four", 34), (AGE, "thirty-four", 34), (AGE, "tengo 34 años", 34),
        (AGE, "34 años", 34), (AGE, "treinta y cuatro años", 34), (AGE, "120", 120),
        (AGE, "just turned 18", 18), (AGE, "age 34", 34), (AGE, "24 months", 2),
        (AGE, "12 months", 1),
        (COUNT, "2", 2), (COUNT, "two", 2), (COUNT, "twice", 2), (COUNT, "3x", 3),
        (COUNT, "3 times", 3), (COUNT, "tres veces", 3), (COUNT, "none", 0), (COUNT, "zero", 0),
        (COUNT, "never", 0), (COUNT, "ninguno", 0), (COUNT, "cero", 0), (COUNT, "nunca", 0),
        (COUNT, "3 antidepressants", 3), (COUNT, "3 different ones", 3), (COUNT, "2 in total", 2),
        (COUNT, "dos medicinas", 2), (COUNT, "just 2", 2), (COUNT, "only one", 1),
        (COUNT, "one", 1),
        (COUNT, "I have tried 3", None), (COUNT, "uno", 1), (COUNT, "una vez", 1),
        (COUNT, "un", 1),
        (HEIGHT_IN, "68", 68), (HEIGHT_IN, "68 in", 68), (HEIGHT_IN, '68"', 68),
        (HEIGHT_IN, "68 inches", 68), (HEIGHT_IN, "5'8", 68), (HEIGHT_IN, "5'8\"", 68),
        (HEIGHT_IN, "5’8”", 68), (HEIGHT_IN, "5′8″", 68), (HEIGHT_IN, "5' 8\"", 68),
        (HEIGHT_IN, "5 ft 8", 68), (HEIGHT_IN, "5ft8", 68), (HEIGHT_IN, "5ft 8in", 68),
        (HEIGHT_IN, "5 feet 8 inches", 68), (HEIGHT_IN, "5 foot 8", 68), (HEIGHT_IN, "6 ft", 72),
        (HEIGHT_IN, "5 pies 8 pulgadas", 68), (HEIGHT_IN, "five foot eight", 68),
        (HEIGHT_IN, "5'", 60), (HEIGHT_IN, "1.73 m", 68), (HEIGHT_IN, "173 cm", 68),
        (HEIGHT_IN, "173cm", 68), (HEIGHT_IN, "mido 1,73 m", 68), (HEIGHT_IN, "I'm 5'8", 68),
        (HEIGHT_IN, "5 feet and 8 inches", 68), (HEIGHT_IN, "5''", None),
        (HEIGHT_CM, "173", 173.0), (HEIGHT_CM, "1.73 m", 173.0), (HEIGHT_CM, "5'8", 172.72),
        (HEIGHT_CM, "1,73 metros", 173.0), (HEIGHT_CM, "1 m 73 cm", 173.0),
        (WEIGHT_LB, "180", 180.0), (WEIGHT_LB, "180 lb", 180.0), (WEIGHT_LB, "180lbs", 180.0),
        (WEIGHT_LB, "180 pounds", 180.0), (WEIGHT_LB, "about 150", 150.0),
        (WEIGHT_LB, "180.5", 180.5), (WEIGHT_LB, "82 kg", 180.78), (WEIGHT_LB, "80,5 kg", 177.47),
        (WEIGHT_LB, "I weigh 180", 180.0), (WEIGHT_LB, "peso 180 libras", 180.0),
        (WEIGHT_LB, "one hundred eighty", 180.0), (WEIGHT_LB, "13 stone", 182.0),
        (WEIGHT_LB, "180#", 180.0), (WEIGHT_LB, "one eighty", None),
        (WEIGHT_LB, "11 stone 6 lb", 160.0),
        (WEIGHT_KG, "82", 82), (WEIGHT_KG, "82 kilos", 82), (WEIGHT_KG, "180 lb", 82),
        (DOSE_MG, "50", 50.0), (DOSE_MG, "50mg", 50.0), (DOSE_MG, "0.5 mg", 0.5),
        (DOSE_MG, ".5", 0.5),
        (DOSE_MG, "1 g", 1000.0), (DOSE_MG, "100 mcg", 0.1), (DOSE_MG, "12½", 12.5),
        (DOSE_MG, "12 1/2", 12.5), (DOSE_MG, "three and a half", 3.5),
        (DOSE_MG, "3 and a half", 3.5),
        (DOSE_MG, "tres y media", 3.5), (DOSE_MG, "1,200", 1200.0), (DOSE_MG, "1,200.5", 1200.5),
        (DOSE_MG, "1.200,5", 1200.5), (DOSE_MG, "half", 0.5), (DOSE_MG, "37,5", 37.5),
        (DOSE_MG, "1/2", 0.5), (DOSE_MG, "2 1/4", 2.25),
    ],
)  # fmt: skip
def test_a_number_is_read_in_the_questions_unit(question, text, value):
    found = value_of(question, text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("question", "text", "reason"),
    [
        (WEEKS, "521", "out_of_range"), (WEEKS, "-3", "out_of_range"), (WEEKS, "- 3",
        "out_of_range"),
        (WEEKS, "100000", "out_of_range"), (WEEKS, "3.5", "not_whole"), (WEEKS, "10 days",
        "not_whole"),
        (WEEKS, "three and a half", "not_whole"), (WEEKS, "2 months", "inexact_unit"),
        (WEEKS, "1 year", "inexact_unit"), (WEEKS, "6 hours", "wrong_unit"),
        (WEEKS, "6 lb", "wrong_unit"), (WEEKS, "6-8", "several_numbers"),
        (WEEKS, "6 - 8 weeks", "several_numbers"), (WEEKS, "6 to 8", "several_numbers"),
        (WEEKS, "6 8", "several_numbers"), (WEEKS, "between 6 and 8", "several_numbers"),
        (WEEKS, "over 6", "not_exact"), (WEEKS, "more than 6 weeks", "not_exact"),
        (WEEKS, "at least 6", "not_exact"), (WEEKS, "less than 6", "not_exact"),
        (WEEKS, "6+", "not_exact"), (WEEKS, "6 or more", "not_a_number"), (WEEKS, "almost 6",
        "not_exact"),
        (WEEKS, ">6", "not_exact"), (WEEKS, "más de 6", "not_exact"), (WEEKS, "a couple",
        "not_a_number"),
        (WEEKS, "a few weeks", "not_a_number"), (WEEKS, "un par", "not_exact"),
        (WEEKS, "a while", "not_a_number"), (WEEKS, "²", "not_a_number"), (WEEKS, "6²",
        "not_a_number"),
        (WEEKS, "long", "not_a_number"), (WEEKS, "", "empty"), (WEEKS, "?", "not_a_number"),
        (WEEKS, "since 2019", "not_a_number"), (WEEKS, "3/10", "not_a_number"),
        (WEEKS, "5%", "not_a_number"), (WEEKS, "not 6", "not_a_number"),
        (WEEKS, "6 but stopped", "not_a_number"),
        (WEEKS, "1e3", "several_numbers"), (WEEKS, "9" * 40, "not_a_number"),
        (WEEKS, "x" * 1001, "too_long"),
        (DAYS, "1 month", "inexact_unit"), (DAYS, "1.5 weeks", "not_whole"),
        (AGE, "121", "out_of_range"), (AGE, "18 months", "not_whole"), (AGE, "340",
        "out_of_range"),
        (AGE, "34 weeks", "inexact_unit"), (AGE, "34.5", "not_whole"), (AGE, "1990",
        "out_of_range"),
        (COUNT, "31", "out_of_range"), (COUNT, "a few", "not_a_number"), (COUNT, "several",
        "not_a_number"),
        (COUNT, "2 or 3", "not_a_number"), (COUNT, "2½", "not_whole"), (COUNT, "2 weeks",
        "wrong_unit"),
        (COUNT, "3 a week", "wrong_unit"), (COUNT, "too many", "not_a_number"), (COUNT, "no",
        "not_a_number"),
        (COUNT, "muchas", "not_a_number"), (COUNT, "varios", "not_a_number"), (COUNT, "2 2",
        "several_numbers"),
        (HEIGHT_IN, "5.8", "not_whole"), (HEIGHT_IN, "5", "out_of_range"), (HEIGHT_IN, "5 8",
        "several_numbers"),
        (HEIGHT_IN, "180 lb", "wrong_unit"), (HEIGHT_IN, "9'", "out_of_range"),
        (HEIGHT_IN, "1.73", "not_whole"),
        (HEIGHT_IN, "5'8\" 180 lb", "several_numbers"), (HEIGHT_IN, "8 in 5 ft",
        "several_numbers"),
        (HEIGHT_CM, "1.73", "out_of_range"), (HEIGHT_CM, "173 kg", "wrong_unit"),
        (WEIGHT_LB, "5", "out_of_range"), (WEIGHT_LB, "180 cm", "wrong_unit"),
        (WEIGHT_LB, "1000", "out_of_range"),
        (WEIGHT_LB, "1,200", "out_of_range"), (WEIGHT_KG, "82.5", "not_whole"),
        (DOSE_MG, "50 weeks", "wrong_unit"), (DOSE_MG, "6000", "out_of_range"), (DOSE_MG, "-50",
        "out_of_range"),
        (DOSE_MG, "50 ml", "not_a_number"), (DOSE_MG, "1.2.3", "not_a_number"),
    ],
)  # fmt: skip
def test_what_is_no_exact_number_in_range_has_no_value(question, text, reason):
    found = reason_of(question, text)
    assert found == reason


@pytest.mark.parametrize("text", ["idk", "not sure", "no sé", "I don't remember", "no me acuerdo"])
def test_not_knowing_a_number_is_no_number(text):
    assert read(WEEKS, text).hedged
    assert isinstance(read(PRESSURE, text), Unsure)


@pytest.mark.parametrize(("language", "values"), [("en", [1, 11]), ("es", [11, 1])])
def test_once_is_asked_back_because_it_counts_differently_in_two_languages(language, values):
    reading = read(COUNT, "once", language)
    assert isinstance(reading, Ambiguous)
    assert [one.value for one in reading.readings] == values


def test_once_is_clear_where_only_one_meaning_is_in_range():
    assert value_of(HEIGHT_IN, "once", "es") is None
    assert reason_of(HEIGHT_IN, "once") == "out_of_range"


@pytest.mark.parametrize(
    ("text", "language", "values"),
    [
        ("1,200", "en", [1200.0]), ("1.200", "en", [1.2]), ("1.200", "es", [1200.0, 1.2]),
        ("1,200", "es", [1.2, 1200.0]), ("1.200,5", "es", [1200.5]), ("37,5", "es", [37.5]),
        ("37.5", "es", [37.5]), ("1.200.000", "es", []), ("12,00", "en", [12.0]),
    ],
)  # fmt: skip
def test_thousands_and_decimals_follow_the_language(text, language, values):
    reading = read(DOSE_MG, text, language)
    if isinstance(reading, Ambiguous):
        assert [one.value for one in reading.readings] == values
    elif isinstance(reading, Unclear):
        assert values == []
    else:
        assert [reading.value] == values


def test_a_whole_question_needs_no_asking_about_a_thousands_mark():
    assert value_of(DAYS, "1.200", "es") == 1200
    assert value_of(DAYS, "1,200", "es") == 1200


@pytest.mark.parametrize(
    ("text", "systolic", "diastolic"),
    [
        ("138/85", 138, 85), ("138 / 85", 138, 85), ("138 over 85", 138, 85), ("138 85", 138, 85),
        ("138-85", 138, 85), ("BP 138-85", 138, 85), ("bp: 138/85", 138, 85),
        ("138 sobre 85", 138, 85),
        ("138 con 85", 138, 85), ("about 120/80", 120, 80), ("it was 120 over 80", 120, 80),
        ("120/80 this morning", 120, 80), ("138/85 mmHg", 138, 85), ("138/85 pulse 72", 138, 85),
        ("138/85, hr 72", 138, 85), ("138/85 72 bpm", 138, 85), ("mi presión es 138/85", 138, 85),
        ("１３８/８５", 138, 85), ("60/30", 60, 30), ("260/160", 260, 160), ("61/60", 61, 60),
        ("last time it was 145 over 92", 145, 92), ("120 and 80", 120, 80), ("120 y 80", 120, 80),
        ("138\\85", 138, 85), ("138//85", 138, 85), ("138, 85", 138, 85), ("180/120", 180, 120),
    ],
)  # fmt: skip
def test_a_blood_pressure_is_read_with_both_parts(text, systolic, diastolic):
    reading = read(PRESSURE, text)
    assert reading.value == f"{systolic}/{diastolic}"
    assert reading.parts == {"systolic": systolic, "diastolic": diastolic}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("normal", "not_a_number"), ("high", "not_a_number"), ("alta", "not_a_number"),
        ("fine", "not_a_number"), ("138", "not_a_number"), ("85/138", "contradictory"),
        ("80/80", "contradictory"), ("59/40", "out_of_range"), ("261/90", "out_of_range"),
        ("120/29", "out_of_range"), ("200/161", "out_of_range"), ("13/8", "out_of_range"),
        ("13 sobre 8", "out_of_range"), ("120/80 and 130/85", "several_numbers"),
        ("120.5/80", "not_a_number"), ("1200/80", "not_a_number"), ("-120/80", "not_a_number"),
        ("120/80/70", "several_numbers"), ("not 120/80", "not_a_number"), ("²²²/80",
        "not_a_number"),
        ("", "empty"), ("120 over", "not_a_number"), ("120 banana 80", "not_a_number"),
        ("under 120/80", "not_a_number"), ("140s over 90s", "not_a_number"),
    ],
)  # fmt: skip
def test_what_is_no_plausible_pressure_has_no_value(text, reason):
    assert reason_of(PRESSURE, text) == reason
