"""One choice: by number, place in the list, label, part of a label, or a near miss."""

from __future__ import annotations

import pytest

from bot.flows.questions import Kind, Question
from bot.flows.reading import Ambiguous, Unclear, Unsure
from tests.flows.reading.sample import (
    CONTACT,
    DRINKS,
    PHQ,
    PHQ_RISK,
    choice,
    read,
    reason_of,
    rows,
    value_of,
)

BY_NUMBER = rows("first_choice")


@pytest.mark.parametrize("text", BY_NUMBER)
def test_the_first_choice_is_named_by_its_number(text):
    assert value_of(CONTACT, text) == "email"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2", "sms"), ("two", "sms"), ("dos", "sms"), ("2nd", "sms"), ("second one", "sms"),
        ("segunda", "sms"), ("la segunda", "sms"), ("２", "sms"), ("٢", "sms"), ("۲", "sms"),
        ("2️⃣", "sms"), ("3", "call"), ("three", "call"), ("the third", "call"), ("3rd", "call"),
        ("the last one", "call"), ("last", "call"), ("última", "call"), ("la última", "call"),
        ("la tercera", "call"), ("tres", "call"), ("bottom one", "call"), ("the 3rd one", "call"),
        ("2, because I work nights", "sms"), ("2. I work nights", "sms"), ("yes, 2", "sms"),
        ("I'd go with 2", "sms"), ("I want the second one please", "sms"), ("el dos", "sms"),
    ],
)  # fmt: skip
def test_a_choice_is_named_by_number_or_place(text, value):
    assert value_of(CONTACT, text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0), ("1", 1), ("2", 2), ("3", 3), ("zero", 0), ("cero", 0), ("one", 1), ("dos", 2),
        ("first", 0), ("second", 1), ("the last one", 3), ("2nd", 1), ("0.", 0), ("option 3", 3),
        ("٠", 0), ("۳", 3), ("3️⃣", 3), ("tercera", 2),
    ],
)  # fmt: skip
def test_numbers_follow_the_list_and_ordinals_count_from_its_top(text, value):
    assert value_of(PHQ, text) == PHQ.choices[value].value


@pytest.mark.parametrize(
    "text",
    [
        "11", "-1", "- 1", "3-4", "1-2", "3/10", "2.5", "2,5", "1/2", "²", "₂", "½", "4", "0",
        "5", "12", "99", "1e1",
        "1 or 2", "1 and 2", "1 2", "1,2", "50%", "$1", "+1", "1+1", "<3", "1x", "3 times a week",
        "2 weeks", "I have 2 kids", "2 of them", "010", "1000000000000000000000", "three four",
        "that one", "this one", "one of those", "the other one", "any one", "none", "no", "yes",
        "not 2", "2 not", "?", "...", "hello", "both", "all", "Ⅱ", "II", "second to last", "4th",
        "fourth", "nth", "1\u0660", "never", "nothing", "nada", "email me maybe not", "🙂",
    ],
)  # fmt: skip
def test_what_names_no_single_choice_is_asked_again(text):
    reading = read(CONTACT, text)
    assert isinstance(reading, Unclear), reading


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"), ("  ", "empty"), ("11", "not_a_choice"), ("²", "not_a_choice"),
        ("1 and 2", "several_choices"), ("3-4", "not_a_choice"), ("1-2", "several_choices"),
        ("not 2", "contradictory"), ("x" * 1001, "too_long"), ("banana", "not_a_choice"),
    ],
)  # fmt: skip
def test_the_reason_says_what_was_wrong(text, reason):
    assert reason_of(CONTACT, text) == reason


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Email", "email"), ("EMAIL", "email"), ("email please", "email"), ("mail", "email"),
        ("e-mail", "email"), ("by email", "email"), ("I'd like email", "email"),
        ("text message", "sms"), ("Text Message!", "sms"), ("texting", "sms"), ("SMS", "sms"),
        ("phone call", "call"), ("a phone call please", "call"), ("llamada", "call"),
        ("una llamada", "call"), ("correo electrónico", "email"), ("correo electronico", "email"),
        ("mensaje de texto", "sms"), ("phone", "call"), ("call", "call"), ("text", "sms"),
        ("email, it's easier", "email"), ("phonecall", "call"), ("textmessage", "sms"),
    ],
)  # fmt: skip
def test_a_choice_is_named_by_its_label(text, value):
    question = Question(
        "c",
        Kind.ONE_OF,
        (
            choice(
                "email",
                "Email",
                "Correo electrónico",
                words={"en": ("mail", "e-mail", "by email", "like email")},
            ),
            *CONTACT.choices[1:],
        ),
    )
    assert value_of(question, text) == value


@pytest.mark.parametrize("text", ["not at all", "Not at all.", "Ningún día", "ningun dia", "0"])
@pytest.mark.parametrize("question", [PHQ, PHQ_RISK])
def test_the_lowest_frequency_is_read_when_it_is_written_out(question, text):
    assert value_of(question, text) == "LA6568-5"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("several days", 1), ("Several Days", 1), ("varios días", 1), ("sevral days", 1),
        ("several dayes", 1), ("severaldays", 1), ("several day", 1), ("Severl days", 1),
        ("more than half the days", 2), ("more then half the days", 2),
        ("morethan half the days", 2),
        ("más de la mitad de los días", 2), ("mas de la mitad de los dias", 2),
        ("nearly every day", 3), ("nearly everyday", 3), ("nearly evry day", 3),
        ("casi todos los dias", 3), ("casi todos los días", 3), ("Nearly every day :(", 3),
        ("nearly every day because of work", 3), ("I'd say several days", 1),
        ("several days, mostly at night", 1), ("2 more than half the days", 2),
        ("(3) nearly every day", 3), ("3 - nearly every day", 3),
    ],
)  # fmt: skip
@pytest.mark.parametrize("question", [PHQ, PHQ_RISK])
def test_a_frequency_is_read_from_its_words_even_misspelt(question, text, place):
    assert value_of(question, text) == question.choices[place].value


@pytest.mark.parametrize("text", ["not at al", "nott at all", "not atall", "ningun dai"])
def test_a_misspelt_denial_is_taken_only_where_nothing_hangs_on_it(text):
    assert isinstance(read(PHQ_RISK, text), Ambiguous | Unclear)
    assert value_of(PHQ, text) in ("LA6568-5", "Ambiguous")


def test_a_denial_without_a_space_is_still_spelt_right():
    assert read(PHQ, "notatall").value == "LA6568-5"


@pytest.mark.parametrize(
    "text", ["not every day", "not several days", "not nearly every day", "never",
    "less than half",
             "some days", "a few days", "every other day", "only at work", "not half the days"],
)  # fmt: skip
def test_a_frequency_nobody_offered_is_never_taken(text):
    assert not isinstance(value_of(PHQ_RISK, text), str) or value_of(PHQ_RISK, text) == "Ambiguous"


def test_half_a_label_of_a_scored_choice_is_asked_back():
    reading = read(PHQ, "half the days")
    assert isinstance(reading, Ambiguous)
    assert reading.readings[0].value == "LA6570-1"


@pytest.mark.parametrize(
    "text", ["several days I guess", "maybe several days", "2 maybe", "I think 1, not sure"]
)
def test_a_hedged_choice_is_no_choice(text):
    assert read(PHQ_RISK, text).hedged


def test_two_labels_are_asked_back():
    reading = read(CONTACT, "email or phone call")
    assert [one.value for one in reading.readings] == ["email", "call"]
    assert reason_of(CONTACT, "email, text message or phone call") == "several_choices"


def test_a_number_beside_another_label_is_asked_back():
    reading = read(CONTACT, "2 email")
    assert {one.value for one in reading.readings} == {"sms", "email"}


@pytest.mark.parametrize(
    ("text", "values"),
    [("1", ("d1", "d0")), ("3", ("d3", "d1")), ("2", ("d2", "d0")), ("4", ("d4", "d1"))],
)
def test_a_bare_number_that_is_also_in_another_label_is_asked_back(text, values):
    reading = read(DRINKS, text)
    assert isinstance(reading, Ambiguous)
    assert tuple(one.value for one in reading.readings) == values


@pytest.mark.parametrize(
    ("text", "value"),
    [("0", "d0"), ("1 or 2", "d0"), ("3 or 4", "d1"), ("7 to 9", "d3"), ("10 or more", "d4")],
)
def test_a_label_with_numbers_is_read_as_a_label(text, value):
    assert value_of(DRINKS, text) == value


@pytest.mark.parametrize("text", ["8", "10", "7 to 8", "5-6", "12", "1 to 2"])
def test_a_number_that_is_only_part_of_a_label_is_asked_again(text):
    assert isinstance(read(DRINKS, text), Unclear)


def test_a_label_shared_by_two_choices_names_neither():
    same = Question("q", Kind.ONE_OF, (choice("a", "Other", "Otra"), choice("b", "Other", "Más")))
    assert reason_of(same, "other") == "not_a_choice"
    assert value_of(same, "otra") == "a"


def test_words_that_name_different_choices_in_two_languages_name_neither():
    crossed = Question(
        "q", Kind.ONE_OF, (choice("a", "Once", "Dos"), choice("b", "Twice", "Once"))
    )
    assert reason_of(crossed, "once") == "not_a_choice"


def test_not_sure_is_an_answer_only_where_it_is_offered():
    offered = Question("q", Kind.ONE_OF, CONTACT.choices, unsure=True)
    assert isinstance(read(offered, "not sure"), Unsure)
    assert isinstance(read(offered, "no sé"), Unsure)
    assert read(CONTACT, "not sure").hedged


def test_a_typo_close_to_two_labels_is_asked_back():
    near = Question(
        "q", Kind.ONE_OF, (choice("a", "Morning", "Mañana"), choice("b", "Mourning", "Luto"))
    )
    assert value_of(near, "morning") == "a"
    assert value_of(near, "mornning") == "Ambiguous"


@pytest.mark.parametrize("text", ["ever", "weakly"])
def test_a_different_word_is_no_slip(text):
    often = Question(
        "q",
        Kind.ONE_OF,
        (choice("never", "Never", "Nunca"), choice("month", "Monthly", "Cada mes")),
    )
    assert value_of(often, text) in (None, "Ambiguous")
