"""What holds for every text: nothing raises, nothing illegal, nothing moved into a range."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.flows.questions import Kind, Question
from bot.flows.reading import (
    Ambiguous,
    Unclear,
    UnclearReason,
    Understood,
    Unsure,
    read_command,
    read_reply,
    recognise_medications,
)
from bot.flows.reading.formulary import formulary
from bot.flows.reading.lexicon import lexicon
from bot.flows.reading.places import places
from tests.flows.reading.sample import (
    AGE,
    ALL_QUESTIONS,
    CONDITIONS,
    CONTACT,
    COUNT,
    DOSE_MG,
    PHQ_RISK,
    RISK,
    TODAY,
    WEEKS,
    read,
)

PIECES = st.sampled_from(
    [
        "yes", "no", "not", "never", "maybe", "sí", "nunca", "a veces", "1", "2", "13", "0",
        "-1", "²",
        "3.5", "1,200", "½", "/", "-", ",", ".", "and", "y", "or", "but", "all", "none", "all but",
        "several", "days", "not at all", "nearly every day", "sleep apnea", "weeks", "lb", "5'8\"",
        "138/85", "March", "1990", "3/14/1990", "Texas", "LA", "zoloft", "50mg", "for",
        "idk", "👍",
        "the second one", "1️⃣", "٣", "\u200b", "\ud800", "\x00", "\u202e", "once", "half", "a",
        "an",
        "hundred", "mil", "first", "last", "'", '"', "#", "~", "+", "\n", "twenty", "on", "in",
        "me",
    ]
)  # fmt: skip
TEXTS = st.one_of(
    st.text(max_size=60),
    st.lists(PIECES, max_size=8).map(" ".join),
    st.lists(PIECES, max_size=6).map("".join),
    st.text(alphabet="0123456789.,-/'\" ", max_size=14),
)
QUESTIONS = st.sampled_from(ALL_QUESTIONS)
LANGUAGES = st.sampled_from(["en", "es", "fr", ""])


def is_legal(question: Question, reading: Understood) -> bool:
    """Whether the value is of the question's kind and within what it allows."""
    value, codes = reading.value, [choice.value for choice in question.choices]
    checks = {
        Kind.YES_NO: lambda: isinstance(value, bool),
        Kind.ONE_OF: lambda: value in codes,
        Kind.MANY_OF: lambda: is_legal_list(question, value),
        Kind.INTEGER: lambda: type(value) is int and in_range(question, value),
        Kind.DECIMAL: lambda: type(value) is float and in_range(question, value),
        Kind.DATE: lambda: is_legal_date(question, value),
        Kind.PLACE: lambda: any(value in found for found in places().codes.values()),
        Kind.TEXT: lambda: isinstance(value, str) and value.strip() != "",
        Kind.MEDICATIONS: lambda: set(value) <= generics(),
        Kind.BLOOD_PRESSURE: lambda: reading.parts["systolic"] > reading.parts["diastolic"],
    }
    return checks[question.kind]()


def is_legal_list(question, value):
    order = [choice.value for choice in question.choices]
    exclusive = {choice.value for choice in question.choices if choice.exclusive}
    alone = len(value) == 1 or not exclusive & set(value)
    return list(value) == sorted(set(value), key=order.index) and alone


def in_range(question, value):
    return question.minimum <= value <= question.maximum


def is_legal_date(question, value):
    found = date.fromisoformat(value)
    return not question.past or found <= TODAY


def generics():
    return {name for named in formulary().names.values() for name, _ in named.medications}


@settings(max_examples=200, deadline=None)
@given(QUESTIONS, TEXTS, LANGUAGES)
@example(RISK, "²", "en")
@example(COUNT, "9" * 5000, "en")
@example(CONTACT, "\ud800", "en")
@example(CONDITIONS, "1" * 900, "es")
@example(DOSE_MG, "1/0", "en")
@example(DOSE_MG, "1,2,3.4,5", "es")
@example(CONTACT, "\u0661" * 500, "en")
def test_no_text_raises_and_every_value_is_legal(question, text, language):
    reading = read_reply(question, text, language=language, today=TODAY)
    if isinstance(reading, Understood):
        assert is_legal(question, reading)
    elif isinstance(reading, Ambiguous):
        first, second = reading.readings
        assert first.value != second.value
        assert is_legal(question, first)
        assert is_legal(question, second)
    elif isinstance(reading, Unsure):
        assert question.unsure
    else:
        assert isinstance(reading.reason, UnclearReason)


@settings(max_examples=150, deadline=None)
@given(TEXTS, LANGUAGES)
def test_no_text_raises_as_a_command_or_a_list_of_medications(text, language):
    read_command(text, language=language)
    for mention in recognise_medications(text):
        assert mention.written
        assert (mention.name is None) or mention.recognised


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([AGE, WEEKS, COUNT]), st.integers(-10_000, 10_000))
def test_a_number_is_taken_as_written_or_not_at_all(question, number):
    reading = read(question, str(number))
    if question.minimum <= number <= question.maximum:
        assert reading.value == number
    else:
        assert reading == Unclear(UnclearReason.OUT_OF_RANGE)


@settings(max_examples=100, deadline=None)
@given(st.integers(-50, 200))
def test_a_choice_is_taken_by_its_own_number_or_not_at_all(number):
    reading = read(CONTACT, str(number))
    if 1 <= number <= 3:
        assert reading.value == CONTACT.choices[number - 1].value
    else:
        assert isinstance(reading, Unclear)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(["not at all", "nunca", "never", "no", "several days"]), st.data())
def test_a_slip_of_the_finger_never_ends_a_concern(label, data):
    at = data.draw(st.integers(0, len(label) - 1))
    letter = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz"))
    slipped = label[:at] + letter + label[at + 1 :]
    for question, safe in ((PHQ_RISK, "LA6568-5"), (RISK, False)):
        reading = read(question, slipped)
        opening = slipped.split()[0]
        known = {slipped, opening} & lexicon().polarity.keys() or slipped == label
        if isinstance(reading, Understood) and not known:
            assert reading.value != safe


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(["yes", "no", "maybe", "1", "sí"]),
    st.text("\u200b\u200d\ufe0f\u00ad ", max_size=6),
)
def test_invisible_characters_change_nothing(word, noise):
    for question in (RISK, replace(RISK, unsure=True)):
        plain, noisy = read(question, word), read(question, noise + word + noise)
        assert getattr(plain, "value", plain) == getattr(noisy, "value", noisy)


@pytest.mark.parametrize("question", ALL_QUESTIONS, ids=lambda question: question.link_id)
@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "1 ",
        "no ",
        "1,",
        "\u0301",
        "👍🏽",
        "\ud800",
        "not sure ",
        "zolof ",
        "(((",
        "--",
        "aA1 ",
    ],
)
def test_a_hundred_kilobytes_are_read_without_trouble(question, piece):
    text = piece * (100_000 // len(piece))
    reading = read(question, text)
    if question.kind is Kind.TEXT and piece not in ("\u0301", "\ud800"):
        assert reading.value == text.strip()
    elif question.kind is not Kind.TEXT:
        assert isinstance(reading, Unclear)


@pytest.mark.parametrize("piece", ["1 ", "zolof 50mg ", "(\u0301"])
def test_a_list_of_a_hundred_kilobytes_is_searched_without_trouble(piece):
    text = piece * (30_000 // len(piece)) + " zoloft"
    assert recognise_medications(text)[-1].name == "sertraline"


def test_spaces_do_not_make_a_reply_too_long():
    assert read(RISK, " " * 5000 + "yes" + " " * 5000).value is True


def test_reading_does_not_depend_on_what_was_read_before():
    first = [read(question, "1 and 3") for question in ALL_QUESTIONS]
    for text in ("no", "zoloft", "Texas", "²"):
        for question in ALL_QUESTIONS:
            read(question, text)
    assert [read(question, "1 and 3") for question in ALL_QUESTIONS] == first
