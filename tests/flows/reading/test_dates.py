"""Dates: every way of writing one, and none guessed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bot.flows.reading import Ambiguous, Unclear, Understood, read_reply
from bot.flows.reading.dates import age_years_on
from tests.flows.reading.sample import ANY_DATE, BORN, TODAY, read, reason_of, rows, value_of


@pytest.mark.parametrize("text", rows("born_14_march_1990"))
@pytest.mark.parametrize("language", ["en", "es"])
def test_one_day_is_read_however_it_is_written(text, language):
    reading = read(BORN, text, language)
    assert isinstance(reading, Understood), reading
    assert reading.value == "1990-03-14"
    assert reading.parts == {"age_years": 36}


@pytest.mark.parametrize(
    ("text", "language", "values"),
    [
        ("3/4/1990", "en", ["1990-03-04", "1990-04-03"]),
        ("3/4/1990", "es", ["1990-04-03", "1990-03-04"]),
        ("03-04-1990", "en", ["1990-03-04", "1990-04-03"]),
        ("3.4.1990", "es", ["1990-04-03", "1990-03-04"]),
        ("3/4/90", "en", ["1990-03-04", "1990-04-03"]),
        ("12 11 1985", "en", ["1985-12-11", "1985-11-12"]),
        ("03041990", "en", ["1990-03-04", "1990-04-03"]),
    ],
)
def test_day_and_month_that_could_be_either_are_asked_back_in_the_usual_order(
    text, language, values
):
    reading = read(BORN, text, language)
    assert isinstance(reading, Ambiguous), reading
    assert [one.value for one in reading.readings] == values
    assert reading.reason == "day_or_month"


def test_the_same_day_and_month_needs_no_asking():
    assert value_of(BORN, "4/4/1990") == "1990-04-04"


def test_a_two_digit_year_has_the_only_century_that_can_be():
    assert value_of(BORN, "3/14/90") == "1990-03-14"
    assert value_of(BORN, "3/14/27") == "1927-03-14"


def test_a_two_digit_year_with_two_possible_centuries_is_asked_back():
    reading = read(BORN, "3/14/10")
    assert [one.value for one in reading.readings] == ["2010-03-14", "1910-03-14"]
    assert reading.reason == "century"


def test_plausible_ages_settle_the_century():
    adults = replace(BORN, minimum_age_years=17)
    assert value_of(adults, "3/14/10") == "1910-03-14"
    younger = replace(BORN, maximum_age_years=100)
    assert value_of(younger, "3/14/10") == "2010-03-14"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2/30/1990", "impossible_date"), ("13/13/1990", "impossible_date"),
        ("1990-13-01", "impossible_date"), ("1990-02-29", "impossible_date"),
        ("31 april 1990", "impossible_date"), ("0/5/1990", "impossible_date"),
        ("12/25/2030", "future_date"), ("2026-11-24", "future_date"), ("tomorrow", "future_date"),
        ("1/1/1850", "out_of_range"), ("1900-01-01", "out_of_range"), ("34", "not_a_date"),
        ("1990", "not_a_date"), ("March 14", "not_a_date"), ("March 1990", "not_a_date"),
        ("34 years old", "not_a_date"), ("tengo 34", "not_a_date"), ("3/4/10", "not_a_date"),
        ("-3/14/1990", "not_a_date"), ("3/14/1990 or 3/15/1990", "not_a_date"),
        ("²/3/1990", "not_a_date"), ("3/14", "not_a_date"), ("314199", "not_a_date"),
        ("banana", "not_a_date"), ("", "empty"), ("3/14/199", "not_a_date"),
        ("3/14/19900", "not_a_date"), ("in the spring of 1990", "not_a_date"),
        ("march march 1990", "not_a_date"), ("14 march april 1990", "not_a_date"),
        ("not 3/14/1990", "not_a_date"), ("9" * 50, "not_a_date"), ("0000-00-00",
        "impossible_date"),
    ],
)  # fmt: skip
def test_what_is_no_single_possible_day_has_no_value(text, reason):
    assert reason_of(BORN, text) == reason


def test_a_future_date_is_read_where_it_is_allowed_and_has_no_age():
    reading = read(ANY_DATE, "2026-12-01")
    assert reading.value == "2026-12-01"
    assert reading.parts == {}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("today", "2026-11-23"), ("hoy", "2026-11-23"), ("yesterday", "2026-11-22"),
        ("ayer", "2026-11-22"), ("tomorrow", "2026-11-24"), ("mañana", "2026-11-24"),
        ("anteayer", "2026-11-21"), ("Yesterday.", "2026-11-22"),
    ],
)  # fmt: skip
def test_a_day_told_by_today_is_read(text, value):
    assert value_of(ANY_DATE, text) == value


@pytest.mark.parametrize("text", ["idk", "no sé", "not sure"])
def test_not_knowing_a_date_is_a_hedge(text):
    assert read(BORN, text).hedged


@pytest.mark.parametrize(
    ("born", "today", "years"),
    [
        (date(1990, 3, 14), date(2026, 3, 13), 35), (date(1990, 3, 14), date(2026, 3, 14), 36),
        (date(2008, 11, 23), TODAY, 18), (date(2008, 11, 24), TODAY, 17),
        (date(2008, 2, 29), date(2026, 2, 28), 17), (date(2008, 2, 29), date(2026, 3, 1), 18),
        (date(2008, 2, 29), date(2028, 2, 29), 20), (date(2008, 2, 29), date(2028, 2, 28), 19),
        (TODAY, TODAY, 0),
    ],
)  # fmt: skip
def test_age_is_in_completed_years_and_leap_days_count_from_march(born, today, years):
    assert age_years_on(born, today) == years


@pytest.mark.parametrize(
    ("day", "years"), [(date(2026, 2, 28), 17), (date(2026, 3, 1), 18), (date(2026, 2, 27), 17)]
)
def test_the_age_part_is_that_of_the_day_answered(day, years):
    reading = read_reply(BORN, "2/29/2008", language="en", today=day)
    assert reading.parts == {"age_years": years}


def test_an_age_beyond_the_plausible_ones_is_refused_not_moved():
    adults = replace(BORN, minimum_age_years=18)
    assert reason_of(adults, "2008-11-24") == "out_of_range"
    assert value_of(adults, "2008-11-23") == "2008-11-23"
    assert isinstance(read(replace(BORN, maximum_age_years=119), "1906-11-23"), Unclear)
