"""Yes, no, and the many ways of saying neither."""

from __future__ import annotations

import pytest

from bot.flows.reading import Ambiguous, Unclear, Understood, Unsure
from tests.flows.reading.sample import (
    POLAR_ITEM,
    RISK,
    RISK_UNSURE,
    SAFE_AT_HOME,
    YES_NO,
    YES_NO_UNSURE,
    read,
    reason_of,
    rows,
    value_of,
)

YES_EN = rows("yes.en")
YES_ES = rows("yes.es")
NO_EN = rows("no.en")
NO_ES = rows("no.es")
HEDGED = rows("hedged")
NOT_KNOWN = rows("not_known")
NEITHER = rows("neither")
LEANS = rows("leans")


@pytest.mark.parametrize("text", YES_EN)
def test_an_english_yes_is_yes(text):
    assert value_of(YES_NO, text) is True


@pytest.mark.parametrize("text", YES_ES)
def test_a_spanish_yes_is_yes(text):
    assert value_of(YES_NO, text, "es") is True


@pytest.mark.parametrize("text", NO_EN)
def test_an_english_no_is_no(text):
    assert value_of(YES_NO, text) is False


@pytest.mark.parametrize("text", NO_ES)
def test_a_spanish_no_is_no(text):
    assert value_of(YES_NO, text, "es") is False


@pytest.mark.parametrize("text", [*YES_ES, *NO_ES, *YES_EN, *NO_EN])
def test_a_patient_may_answer_in_the_other_language(text):
    spoken = {value_of(YES_NO, text, "en"), value_of(YES_NO, text, "es")}
    assert len(spoken) == 1
    assert spoken <= {True, False}


@pytest.mark.parametrize("text", HEDGED)
def test_a_hedge_is_no_answer_and_is_marked(text):
    for question in (YES_NO, RISK):
        reading = read(question, text)
        assert isinstance(reading, Unclear), reading
        assert reading.hedged


@pytest.mark.parametrize("text", NOT_KNOWN)
def test_not_knowing_is_not_no(text):
    for language in ("en", "es"):
        reading = read(YES_NO, text, language)
        assert isinstance(reading, Unclear), reading
        assert reading.hedged
        assert isinstance(read(YES_NO_UNSURE, text, language), Unsure)
        assert isinstance(read(RISK_UNSURE, text, language), Unsure)


@pytest.mark.parametrize("text", ["maybe", "sometimes", "kinda", "a veces", "quizás", "I guess"])
def test_wavering_on_a_risk_question_is_a_hint_even_where_not_sure_is_offered(text):
    assert read(RISK_UNSURE, text).hedged
    assert isinstance(read(YES_NO_UNSURE, text), Unsure)


@pytest.mark.parametrize("text", NEITHER)
def test_what_is_neither_is_asked_again(text):
    for question in (YES_NO, RISK):
        assert isinstance(read(question, text), Unclear)


@pytest.mark.parametrize("text", LEANS)
def test_leaning_is_asked_back_and_on_a_risk_question_a_hint(text):
    reading = read(YES_NO, text)
    assert isinstance(reading, Ambiguous), reading
    assert {one.value for one in reading.readings} == {True, False}
    assert read(RISK, text).hedged


def test_leaning_no_is_offered_as_no_first():
    assert [one.value for one in read(YES_NO, "not really").readings] == [False, True]
    assert [one.value for one in read(YES_NO, "creo que sí").readings] == [True, False]


@pytest.mark.parametrize(
    "text",
    [
        "no, not since last year", "no, just tired", "not since 2019", "no, not really",
        "no, not anymore", "no, only when I drink", "no but I think about it", "no, I'm fine",
        "no, I wouldn't act on it", "no, my kids need me", "no ya no", "no, antes sí",
    ],
)  # fmt: skip
def test_a_no_with_a_remark_never_ends_a_concern(text):
    assert isinstance(read(RISK, text), Unclear)


@pytest.mark.parametrize(
    "text", ["no", "no, never", "nope", "no thanks", "2", "nunca", "No. Never."]
)
def test_a_plain_no_to_a_risk_question_is_no(text):
    assert value_of(RISK, text) is False


@pytest.mark.parametrize("text", ["yes", "yes, last night", "yeah I have a plan", "sí, ayer"])
def test_a_yes_to_a_risk_question_may_carry_a_remark(text):
    assert value_of(RISK, text) is True


def test_where_yes_is_the_safe_answer_a_remark_beside_yes_is_asked_back():
    assert value_of(SAFE_AT_HOME, "yes") is True
    assert isinstance(read(SAFE_AT_HOME, "yes when he is away"), Unclear)
    assert isinstance(read(SAFE_AT_HOME, "ok"), Unclear)
    assert value_of(SAFE_AT_HOME, "no") is False


def test_the_third_number_is_not_sure_only_where_that_is_offered():
    assert isinstance(read(YES_NO_UNSURE, "3"), Unsure)
    assert isinstance(read(YES_NO_UNSURE, "3."), Unsure)
    assert reason_of(YES_NO, "3") == "not_a_choice"


def test_a_number_and_a_word_that_disagree_are_contradictory():
    assert reason_of(YES_NO, "1 no") == "contradictory"
    assert reason_of(YES_NO, "2 yes") == "contradictory"


@pytest.mark.parametrize("text", ["", " ", "\n\t ", "\u200b", "\u200b \u200d", "\x00", "\ufeff"])
def test_nothing_visible_is_empty(text):
    assert reason_of(YES_NO, text) == "empty"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("yes", "LA33-6"), ("yeah", "LA33-6"), ("sí", "LA33-6"), ("1", "LA33-6"), ("👍", "LA33-6"),
        ("yes I have", "LA33-6"), ("no", "LA32-8"), ("nope", "LA32-8"), ("2", "LA32-8"),
        ("never", "LA32-8"), ("para nada", "LA32-8"), ("I haven't", "LA32-8"), ("no.", "LA32-8"),
    ],
)  # fmt: skip
def test_an_instruments_yes_no_item_takes_every_word_for_yes_and_no(text, code):
    assert value_of(POLAR_ITEM, text) == code


@pytest.mark.parametrize("text", ["maybe", "not really", "no idea", "yes and no", "ok", "a veces"])
def test_an_instruments_yes_no_item_never_takes_a_hedge_for_no(text):
    assert read(POLAR_ITEM, text).hedged


def test_the_patients_own_words_are_kept():
    reading = read(YES_NO, "  Yes, twice last year ")
    assert isinstance(reading, Understood)
    assert reading.written == "Yes, twice last year"
