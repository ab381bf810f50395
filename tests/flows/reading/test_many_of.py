"""Several choices at once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.flows.questions import Kind, Question
from bot.flows.reading import Ambiguous, Unclear, Unsure
from tests.flows.reading.sample import (
    CONDITIONS,
    SYMPTOMS,
    choice,
    read,
    reason_of,
    risk,
    value_of,
)

H, A, L, N = "heart", "apnea", "liver", "none"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", (H,)), ("2.", (A,)), ("(3)", (L,)), ("4", (N,)), ("two", (A,)), ("dos", (A,)),
        ("1 and 3", (H, L)), ("1,3", (H, L)), ("1, 3", (H, L)), ("1 3", (H, L)), ("1 & 3", (H, L)),
        ("1 y 3", (H, L)), ("1+3", (H, L)), ("3 1", (H, L)), ("3, 1, 3", (H, L)), ("1;3", (H, L)),
        ("1. 3.", (H, L)), ("1) and 3)", (H, L)), ("#1 #3", (H, L)), ("1\n3", (H, L)),
        ("one and three", (H, L)), ("uno y tres", (H, L)), ("first and third", (H, L)),
        ("the first and the last", None), ("1,2,3", (H, A, L)), ("1, 2 and 3", (H, A, L)),
        ("1 2 3", (H, A, L)), ("１ ３", (H, L)), ("1️⃣ 3️⃣", (H, L)), ("١ ٣", (H, L)),
        ("all", (H, A, L)), ("All of them", (H, A, L)), ("all of the above", (H, A, L)),
        ("todas", (H, A, L)), ("todos", (H, A, L)), ("everything", (H, A, L)),
        ("all but 2", (H, L)), ("all except 2", (H, L)), ("all except 1 and 3", (A,)),
        ("everything but sleep apnea", (H, L)), ("todas menos la 2", (H, L)),
        ("todo excepto 1", (A, L)), ("all but the second", (H, L)), ("all, except 2", (H, L)),
        ("none", (N,)), ("None.", (N,)), ("none of these", (N,)), ("none of the above", (N,)),
        ("no", (N,)), ("nope", (N,)), ("ninguna", (N,)), ("ninguna de estas", (N,)),
        ("nada", (N,)), ("never", (N,)), ("n/a", (N,)), ("no, none", (N,)), ("not at all", (N,)),
        ("sleep apnea", (A,)), ("Sleep Apnea and liver disease", (A, L)), ("liver", (L,)),
        ("heart attack, stroke or heart failure", (H,)),
        ("Heart attack, stroke or heart failure, sleep apnea", (H, A)),
        ("sleep apnea, liver", (A, L)), ("sleep apnea\nliver disease", (A, L)),
        ("apnea del sueño", (A,)), ("apnea del sueño y 3", (A, L)),
        ("2 and liver disease", (A, L)),
        ("sleep apnia", (A,)), ("sleep apnea and liver disese", (A, L)),
        ("I have 1 and 3", (H, L)),
        ("I had sleep apnea", (A,)), ("sleepapnea", (A,)), ("yes 1 and 3", (H, L)),
        ("1, 3 please", (H, L)), ("options 1 and 3", (H, L)), ("2 2", (A,)), ("1-2", (H, A)),
        ("numbers 1, 2", (H, A)), ("las dos primeras", None), ("1 plus 2", (H, A)),
    ],
)  # fmt: skip
def test_choices_are_read_in_the_lists_order(text, value):
    assert value_of(CONDITIONS, text) == value


@pytest.mark.parametrize(
    "text",
    [
        "13", "123", "31", "5", "0", "1 5", "1 and 9", "1.3", "1/3", "-1", "²", "1 and ²", "yes",
        "both", "some", "sleep", "1 and bananas", "my heart hurts", "2.5", "all but 9",
        "all of 1 and 7",
        "all but", "everyone", "10000000000000000000", "1 to 9", "3-1", "2 weeks", "half", "?",
        "hi",
    ],
)  # fmt: skip
def test_what_cannot_be_placed_is_asked_again_as_a_whole(text):
    reading = read(CONDITIONS, text)
    assert isinstance(reading, Unclear), reading


def test_thirteen_is_thirteen_where_there_is_a_thirteenth():
    long = Question(
        "q", Kind.MANY_OF, tuple(choice(f"c{n}", f"label {chr(96 + n)}", "") for n in range(1, 15))
    )
    assert value_of(long, "13") == ("c13",)
    assert value_of(long, "1 3") == ("c1", "c3")


@pytest.mark.parametrize("text", ["1-3", "1 to 3", "1 - 3", "1–3", "1 a 3", "1 thru 3"])
def test_a_range_is_asked_back(text):
    reading = read(CONDITIONS, text)
    assert isinstance(reading, Ambiguous), reading
    assert [one.value for one in reading.readings] == [(H, A, L), (H, L)]


@pytest.mark.parametrize("text", ["1 and 4", "4 1", "none and 2", "sleep apnea, none of these"])
def test_none_of_these_beside_another_is_contradictory(text):
    assert isinstance(read(CONDITIONS, text), Unclear)
    assert reason_of(CONDITIONS, "1 4") == "contradictory"


@pytest.mark.parametrize(
    "text",
    ["not 2", "no sleep apnea", "1 but not 2", "never had 1", "no 1", "2, no 3", "1 pero no 2"],
)
def test_a_denied_choice_is_not_chosen(text):
    assert reason_of(CONDITIONS, text) == "contradictory"


@pytest.mark.parametrize("text", ["none", "no", "nope", "nothing", "ninguna", "no, not at all"])
def test_none_without_a_choice_for_it_is_an_empty_answer(text):
    assert value_of(SYMPTOMS, text) == ()


def test_both_counts_where_there_are_two():
    two = replace(SYMPTOMS, choices=SYMPTOMS.choices[:2])
    assert value_of(two, "both") == ("chest", "faint")
    assert value_of(two, "ambos") == ("chest", "faint")
    assert reason_of(SYMPTOMS, "both") == "not_a_choice"


@pytest.mark.parametrize("text", ["maybe 1", "1 I guess", "a veces 2", "1 and maybe 2"])
def test_a_hedged_choice_is_marked(text):
    assert read(CONDITIONS, text).hedged


def test_not_knowing_is_unsure_where_it_is_offered_and_a_hedge_elsewhere():
    assert isinstance(read(replace(CONDITIONS, unsure=True), "idk"), Unsure)
    assert read(CONDITIONS, "idk").hedged
    assert read(CONDITIONS, "no sé").hedged


def test_none_is_not_the_choice_that_says_not_sure():
    unsure = choice("?", "Not sure", "No sé", exclusive=True)
    asked = replace(CONDITIONS, unsure=True, choices=(*CONDITIONS.choices, unsure))
    assert value_of(asked, "none") == (N,)
    assert value_of(asked, "no") == (N,)
    assert value_of(asked, "not sure") == ("?",)


def test_a_misspelt_harmless_choice_ends_no_concern():
    asked = replace(SYMPTOMS, risk=risk("chest"))
    assert value_of(asked, "chest pian") == ("chest",)
    assert isinstance(read(asked, "fainthing"), Unclear)
    assert value_of(SYMPTOMS, "fainthing") == ("faint",)
