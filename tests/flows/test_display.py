"""Answers in words, as the patient checks them on the web."""

import pytest

from bot.core.answers import Answer, AnswerStatus
from bot.core.messages import Channel
from bot.flows.display import show_answer
from bot.flows.events import Asked
from tests.flows.small import Patient, flow_of
from tests.flows.test_engine import END, LIST, ask


def shown(kind, value, more="", language="en", written="as written", status=AnswerStatus.ANSWERED):
    flow = flow_of(ask("q", kind, more) + END)
    answer = Answer("q", status, value, written=written)
    return show_answer(flow.steps[0], answer, language, Channel.WEB)


@pytest.mark.parametrize(
    ("kind", "value", "more", "english", "spanish"),
    [
        ("yes_no", True, "", "Yes", "Sí"),
        ("yes_no", False, "", "No", "No"),
        ("one_of", "b", LIST, "Bee", "Abeja"),
        ("many_of", ("a", "b"), LIST, "Ant, Bee", "Hormiga, Abeja"),
        ("many_of", (), LIST, "none", "ninguna"),
        ("integer", 3, ", unit: week", "3 weeks", "3 semanas"),
        ("integer", 3, "", "3", "3"),
        ("decimal", 70.5, ", unit: kg", "70.5 kg", "70.5 kg"),
        ("decimal", 70.0, ", unit: lb", "70 lb", "70 lb"),
        ("date", "1990-03-04", "", "March 4, 1990", "4 de marzo de 1990"),
        ("place", "US-NM", "", "New Mexico", "New Mexico"),
        ("place", "XX", "", "XX", "XX"),
        ("text", "Ana", "", "as written", "as written"),
        ("medications", ("sertraline", "bupropion"), "", "sertraline, bupropion",
         "sertraline, bupropion"),
        ("medications", (), "", "none", "ninguna"),
        ("blood_pressure", "138/85", "", "138/85", "138/85"),
    ],
)  # fmt: skip
def test_a_value_is_shown_in_words(kind, value, more, english, spanish):
    assert shown(kind, value, more) == english
    assert shown(kind, value, more, language="es") == spanish


def test_medicines_that_were_not_recognised_are_shown_as_written():
    patient = Patient(flow_of(ask("q", "medications") + END), channel=Channel.WEB)
    patient.says("zoloft and qqxyz")
    step = patient.flow.steps[0]
    assert show_answer(step, patient.answers["q"], "en", Channel.WEB) == "sertraline, qqxyz"


@pytest.mark.parametrize("status", [AnswerStatus.SKIPPED, AnswerStatus.UNCLEAR])
def test_what_has_no_value_is_shown_as_left_open(status):
    assert shown("yes_no", None, status=status) == "left open"


def test_not_sure_is_shown_where_it_was_offered():
    assert shown("yes_no", None, ", unsure: true", status=AnswerStatus.UNCLEAR) == "Not sure"


def test_an_item_in_its_official_language_only_is_shown_in_it():
    flow = flow_of("- {node: instrument, id: i, instrument: auditc}\n" + END)
    answer = Answer("auditc_1", AnswerStatus.ANSWERED, "LA6270-8")
    step = flow.steps[flow.index["auditc_1"]]
    assert show_answer(step, answer, "es", Channel.WEB) == "Never"


def test_two_places_of_one_name_are_told_apart():
    patient = Patient(flow_of(ask("q", "place") + END)).says("LA")
    assert [c.label for c in patient.of(Asked)[0].choices] == [
        "California",
        "Louisiana",
        "Neither",
    ]
    assert patient.says("louisiana").values == {"q": "US-LA"}
