"""Replies that give no answer, or two: asked again in other words, never guessed."""

import pytest

from bot.core.answers import AnswerStatus
from bot.core.messages import Channel
from bot.flows import current_choices
from bot.flows.events import AnswerRecorded, Asked, HumanAsked, HumanReason, NotUnderstood
from tests.flows.small import Patient, flow_of
from tests.flows.test_engine import END, LIST, ask

AGAIN = (
    ", again: [{en: In other words?, es: Con otras palabras?}, {en: Once more?, es: Otra vez?}]"
)
MONTHS = ask("d", "date", ", past: true")


def test_a_reply_that_is_not_understood_is_asked_again_with_a_hint():
    patient = Patient(flow_of(ask("q", "one_of", LIST) + END)).says("cat")
    [event] = patient.of(NotUnderstood)
    assert (event.link_id, event.attempt, event.reason) == ("q", 1, "not_a_choice")
    assert patient.text == (
        "Sorry, I did not get that.\nPlease reply with one of the numbers.\nAbout q?\n1 Ant\n2 Bee"
    )
    assert patient.state.answers == ()
    assert patient.state.unclear_count == 1


def test_other_words_of_the_node_are_used_for_the_second_and_third_asking():
    patient = Patient(flow_of(ask("q", more=AGAIN) + END)).says("cat")
    assert "In other words?\n1 Yes\n2 No" in patient.text
    assert "About q?" not in patient.text
    assert "Once more?\n1 Yes\n2 No" in patient.says("dog").text


def test_the_wording_of_an_instrument_is_never_changed():
    patient = Patient(flow_of("- {node: instrument, id: i, instrument: phq9}\n" + END))
    for text in ("cat", "dog", "cow", "pig"):
        assert (
            "Little interest or pleasure in doing things\n0 Not at all" in patient.says(text).text
        )


def test_after_two_askings_a_person_is_told_once_and_the_question_stays_open():
    patient = Patient(flow_of(ask("p") + ask("q") + END)).says("cat", "dog")
    assert not patient.of(HumanAsked)
    patient.says("cow")
    assert patient.of(HumanAsked)[0].reason is HumanReason.UNCLEAR
    assert patient.asked == "p"
    patient.says("pig")
    assert not patient.of(HumanAsked)
    assert patient.asked == "p"
    assert patient.says("yes").values == {"p": True}
    assert (patient.state.unclear_count, patient.state.human_told) == (0, False)


def test_a_question_we_cannot_read_replies_to_may_be_skipped():
    patient = Patient(flow_of(ask("p") + ask("q") + END)).says("cat", "dog", "cow", "skip")
    assert patient.answers["p"].status is AnswerStatus.SKIPPED
    assert patient.asked == "q"


def test_a_hedge_is_clarified_once_and_then_a_person_is_told():
    patient = Patient(flow_of(ask("q") + END)).says("I guess")
    assert patient.of(NotUnderstood)[0].reason == "hedged"
    assert "fits best" in patient.text
    patient.says("maybe")
    assert patient.of(HumanAsked)[0].reason is HumanReason.UNCLEAR
    assert not patient.state.answers


@pytest.mark.parametrize("text", ["", "   ", "\n", "\u200b"])
def test_an_empty_reply_is_asked_again_and_recorded_nowhere(text):
    patient = Patient(flow_of(ask("q", "text") + END)).says(text)
    assert patient.of(NotUnderstood)[0].reason == "empty"
    assert not patient.state.answers


@pytest.mark.parametrize("text", ["7", "-1", "1-2", "1/2", "1.5", "²", "11"])
def test_a_number_that_is_no_choice_is_never_moved_into_the_list(text):
    patient = Patient(flow_of(ask("q", "one_of", LIST) + END)).says(text)
    assert not patient.of(AnswerRecorded)


def test_a_number_out_of_range_is_asked_again():
    flow = flow_of(ask("q", "integer", ", minimum: 0, maximum: 10") + END)
    patient = Patient(flow).says("11")
    assert patient.of(NotUnderstood)[0].reason == "out_of_range"
    assert "does not seem possible" in patient.text


def test_an_understood_reply_forgets_what_was_not_understood():
    patient = Patient(flow_of(ask("p") + ask("q") + END)).says("cat", "yes")
    assert patient.state.unclear_count == 0
    assert patient.says("cat").of(NotUnderstood)[0].attempt == 1


def test_an_ambiguous_date_by_sms_is_settled_without_showing_it():
    patient = Patient(flow_of(MONTHS + END)).says("03/04/1990")
    assert not patient.of(AnswerRecorded)
    assert patient.text == (
        "Which comes first in the date you wrote?\n1 The month\n2 The day\n3 Neither"
    )
    assert "1990" not in patient.text
    assert patient.says("2").values == {"d": "1990-04-03"}
    assert patient.recorded.written == "03/04/1990"
    assert patient.recorded.parts == {"age_years": 36}


def test_an_ambiguous_date_on_the_web_shows_both_dates():
    patient = Patient(flow_of(MONTHS + END), channel=Channel.WEB).says("03/04/1990")
    [asked] = patient.of(Asked)
    assert [choice.label for choice in asked.choices] == [
        "March 4, 1990",
        "April 3, 1990",
        "Neither",
    ]
    assert patient.says("March 4, 1990").values == {"d": "1990-03-04"}


def test_an_ambiguous_date_in_spanish_has_the_day_first():
    patient = Patient(flow_of(MONTHS + END), channel=Channel.WEB, language="es").says("3/4/1990")
    assert [c.label for c in patient.of(Asked)[0].choices][:2] == [
        "3 de abril de 1990",
        "4 de marzo de 1990",
    ]


def test_neither_of_two_readings_is_asked_again():
    patient = Patient(flow_of(MONTHS + END)).says("03/04/1990", "3")
    assert patient.of(NotUnderstood)
    assert patient.asked == "d"
    assert patient.state.pending is None
    assert patient.says("March 5 1990").values == {"d": "1990-03-05"}


def test_a_clear_answer_instead_of_a_pick_is_taken():
    patient = Patient(flow_of(MONTHS + END)).says("03/04/1990", "March 4 1990")
    assert patient.values == {"d": "1990-03-04"}


def test_what_is_neither_pick_nor_answer_is_asked_again():
    patient = Patient(flow_of(MONTHS + END)).says("03/04/1990", "cat")
    assert patient.of(NotUnderstood)
    assert patient.asked == "d"


def test_a_century_by_sms_is_asked_for_and_not_shown():
    patient = Patient(flow_of(ask("d", "date") + END)).says("3/14/25")
    assert not patient.of(AnswerRecorded)
    assert "4 digits" in patient.text
    assert "1925" not in patient.text


def test_numbers_in_labels_are_settled_by_the_number_of_the_pick():
    nodes = "- {node: instrument, id: i, instrument: auditc}\n" + END
    patient = Patient(flow_of(nodes)).says("monthly or less", "1")
    assert patient.state.pending is not None
    assert not patient.of(AnswerRecorded)
    picks = [choice.label for choice in patient.of(Asked)[0].choices]
    assert set(picks) == {"1 or 2", "3 or 4", "Neither"}
    place = picks.index("1 or 2") + 1
    assert patient.says(str(place)).answers["auditc_2"].parts == {"score": 0}


def test_commands_drop_what_was_being_confirmed():
    patient = Patient(flow_of(ask("p") + MONTHS + END)).says("yes", "03/04/1990", "why")
    assert patient.state.pending is None
    assert patient.asked == "d"
    assert patient.says("2").of(NotUnderstood)


def test_a_confirmation_is_dropped_when_the_question_is_asked_anew():
    patient = Patient(flow_of(MONTHS + END)).says("03/04/1990").hears_again()
    assert patient.state.pending is None
    assert patient.asked == "d"


def test_ambiguous_replies_without_end_lead_to_a_person():
    patient = Patient(flow_of(MONTHS + END))
    for _ in range(6):
        patient.says("03/04/1990")
    assert any(isinstance(event, HumanAsked) for event in patient.all_events)


def test_the_choices_of_what_was_asked_last_can_be_shown_anew():
    flow = flow_of(
        ask("q", "one_of", LIST + ", topic: {en: Pet, es: Mascota}")
        + MONTHS
        + "- {node: summary, id: sum, text: {en: Check., es: Revise.}}\n"
        + END
    )
    patient = Patient(flow, channel=Channel.WEB)
    for text in ("", "bee", "3/4/1990", "3", "start over", "no", "change", "0", "March 4 1990"):
        if text:
            patient.says(text)
        asked = patient.of(Asked)
        assert current_choices(flow, patient.state) == asked[-1].choices
    assert patient.asked == "sum"
    assert current_choices(flow, patient.says("0").state) == ()
