"""What a patient can always do: go back, skip, ask why, pause, ask for a person, and more."""

import pytest

from bot.core.answers import AnswerStatus
from bot.core.messages import Channel
from bot.flows.events import (
    AnswerRecorded,
    AnswersRemoved,
    Asked,
    Ended,
    HumanAsked,
    HumanReason,
    LanguageSet,
    PauseAsked,
    Restarted,
)
from bot.flows.state import Limits
from tests.flows.small import Patient, flow_of
from tests.flows.test_engine import END, LIST, ask, end, say
from tests.flows.test_risk import RISK

FOUR = ask("p") + ask("q") + ask("r") + ask("s") + END


def test_back_asks_the_previous_question_again_and_says_so():
    patient = Patient(flow_of(FOUR)).says("yes", "no", "back")
    assert patient.asked == "q"
    assert "one question back" in patient.text
    assert patient.state.position == "r"


def test_after_the_changed_answer_the_open_question_comes_back():
    patient = Patient(flow_of(FOUR)).says("yes", "no", "back", "yes")
    assert patient.values == {"p": True, "q": True}
    [recorded] = patient.of(AnswerRecorded)
    assert (recorded.answer.value, recorded.earlier.value) == (True, False)
    assert patient.asked == "r"


def test_back_by_several_asks_each_of_them_again():
    patient = Patient(flow_of(FOUR)).says("yes", "no", "yes", "back 2")
    assert "2 questions back" in patient.text
    assert patient.asked == "q"
    assert patient.says("yes").asked == "r"
    assert patient.says("yes").asked == "s"


def test_back_further_than_the_start_goes_to_the_first_question():
    patient = Patient(flow_of(FOUR)).says("yes", "no", "back 9")
    assert patient.asked == "p"


def test_back_by_one_more_than_there_are_goes_to_the_first_question():
    assert Patient(flow_of(FOUR)).says("yes", "no", "back 3").asked == "p"


def test_a_question_asked_again_keeps_its_number():
    patient = Patient(flow_of(FOUR)).says("yes", "no", "yes", "back 2")
    assert (patient.of(Asked)[0].number, patient.of(Asked)[0].about) == (2, 4)


def test_keeping_one_answer_goes_on_with_the_next_to_be_asked_again():
    patient = Patient(flow_of(FOUR)).says("yes", "no", "yes", "back 2", "skip")
    assert patient.asked == "r"
    assert patient.says("skip").asked == "s"


def test_back_at_the_first_question_says_so_and_asks_it():
    patient = Patient(flow_of(FOUR)).says("back")
    assert "no question before" in patient.text
    assert patient.asked == "p"


def test_back_twice_goes_back_two():
    patient = Patient(flow_of(FOUR)).says("yes", "no", "yes", "back", "back")
    assert patient.asked == "q"
    assert patient.says("no").asked == "r"
    assert patient.says("no").asked == "s"


def test_skip_keeps_the_answer_of_a_question_asked_again():
    patient = Patient(flow_of(FOUR)).says("yes", "no", "back", "skip")
    assert "kept your earlier answer" in patient.text
    assert patient.values == {"p": True, "q": False}
    assert patient.asked == "r"


def test_back_across_an_instrument_works():
    nodes = ask("p") + "- {node: instrument, id: i, instrument: phq9, items: [phq9_1, phq9_2]}\n"
    patient = Patient(flow_of(nodes + ask("q") + END)).says("yes", "1", "2", "back 3")
    assert patient.asked == "p"
    patient.says("no")
    assert patient.asked == "phq9_1"
    assert patient.text.startswith("Over the last 2 weeks")
    assert patient.says("0").asked == "phq9_2"
    assert "Over the last 2 weeks" not in patient.text
    assert patient.says("0").asked == "q"
    assert patient.answers["phq9_1"].parts == {"score": 0}


FORK = ask("p") + ask("q", more=", when: p") + ask("r", more=", when: p") + ask("s") + END


def test_answers_off_the_path_are_held_and_return_without_being_asked():
    patient = Patient(flow_of(FORK)).says("yes", "no", "yes")
    patient.says("back 3", "no")
    assert patient.of(AnswersRemoved)[0].link_ids == ("q", "r")
    assert patient.asked == "s"
    assert patient.values == {"p": False}
    assert {answer.link_id for answer in patient.state.held} == {"q", "r"}
    patient.says("back", "yes")
    assert patient.values == {"p": True, "q": False, "r": True}
    assert patient.state.held == ()
    assert patient.asked == "s"


def test_a_held_answer_does_not_count_for_conditions():
    nodes = ask("p") + ask("q", more=", when: p") + ask("r") + ask("s", more=", when: q") + END
    patient = Patient(flow_of(nodes)).says("yes", "no", "back 2", "no")
    assert patient.asked == "r"
    assert patient.says("yes").asked == "s"


def test_the_same_answer_again_changes_nothing_else():
    patient = Patient(flow_of(FORK)).says("yes", "no", "yes", "back 3", "yes")
    assert not patient.of(AnswersRemoved)
    assert patient.asked == "q"


def test_a_change_that_ends_the_flow_ends_it():
    nodes = ask("p") + say("hi", ", when: not p, next: stop") + ask("q") + END + end("stop")
    patient = Patient(flow_of(nodes)).says("yes", "back", "no")
    assert patient.of(Ended)[0].outcome == "not_now"
    assert patient.state.position == ""


def test_what_was_said_is_not_said_again_after_a_change_elsewhere():
    nodes = ask("p") + ask("q") + say("hi") + ask("r") + END
    patient = Patient(flow_of(nodes)).says("yes", "no")
    assert "Say hi" in patient.text
    before = len(patient.all_events)
    patient.says("back 2", "no", "yes")
    assert patient.asked == "r"
    assert not any("Say hi" in getattr(e, "text", "") for e in patient.all_events[before:])


def test_what_was_said_before_an_answer_is_not_said_again_on_a_new_path():
    nodes = ask("p") + say("hi") + ask("q") + ask("r", more=", when: p") + ask("s") + END
    patient = Patient(flow_of(nodes)).says("no", "no", "back 2", "yes")
    assert "Say hi" not in patient.text
    assert patient.says("skip").asked == "r"
    assert "Say hi" not in patient.text


def test_a_change_may_pass_more_steps_than_one_turn_may():
    nodes = "".join(ask(f"q{number}") for number in range(8)) + END
    patient = Patient(flow_of(nodes), limits=Limits(steps=2)).says(*["yes"] * 7)
    patient.says("back 7", "no")
    assert patient.asked == "q1"
    assert not patient.of(HumanAsked)


def test_what_a_changed_path_says_is_said():
    nodes = ask("p") + say("hi", ", when: p") + ask("q", more=", when: p") + ask("r") + END
    patient = Patient(flow_of(nodes)).says("no", "back", "yes")
    assert patient.text.startswith("Say hi")
    assert patient.asked == "q"


def test_skip_is_taken_where_it_is_offered():
    patient = Patient(flow_of(ask("q", more=", skippable: true") + ask("r") + END)).says("skip")
    assert patient.recorded.status is AnswerStatus.SKIPPED
    assert patient.recorded.value is None
    assert patient.asked == "r"


def test_skip_elsewhere_is_met_with_the_reason_and_a_person():
    why = ", why: {en: It keeps you safe., es: Por seguridad.}"
    patient = Patient(flow_of(ask("q", more=why) + END)).says("skip")
    assert "HUMAN" in patient.text
    assert "It keeps you safe." in patient.text
    assert patient.asked == "q"
    assert not patient.state.answers
    assert not patient.of(HumanAsked)


def test_an_instruments_item_may_be_skipped_and_is_not_zero():
    patient = Patient(flow_of("- {node: instrument, id: i, instrument: phq9}\n" + END)).says(
        "pass"
    )
    assert patient.answers["phq9_1"].status is AnswerStatus.SKIPPED
    assert patient.answers["phq9_1"].parts == {}


def test_repeat_says_the_question_again_with_its_introduction():
    nodes = "- {node: instrument, id: i, instrument: phq9}\n" + END
    patient = Patient(flow_of(nodes)).says("1", "repeat")
    assert patient.text.startswith("Over the last 2 weeks")
    assert patient.asked == "phq9_2"


def test_why_gives_the_nodes_reason_or_a_general_one():
    why = ", why: {en: It keeps you safe., es: Por seguridad.}"
    flow = flow_of(ask("p", more=why) + ask("q") + END)
    assert Patient(flow).says("why").text.startswith("It keeps you safe.\nAbout p?")
    assert "clinician" in Patient(flow).says("yes", "why do you ask").text


def test_the_language_can_be_changed_at_any_question():
    patient = Patient(flow_of(ask("p") + ask("q") + END)).says("yes", "en español")
    assert patient.of(LanguageSet)[0].language == "es"
    assert patient.state.language == "es"
    assert patient.text == "De acuerdo, seguimos en español.\nSobre q?\n1 Si\n2 No"
    patient.says("english")
    assert "About q?" in patient.text


def test_a_language_that_the_flow_lacks_is_declined():
    nodes = "- {node: ask, id: q, kind: yes_no, text: {en: Q?}}\n"
    end_node = "- {node: end, id: bye, outcome: completed, text: {en: Bye}}\n"
    flow = flow_of(nodes + end_node, languages="[en]")
    patient = Patient(flow).says("spanish")
    assert not patient.of(LanguageSet)
    assert patient.asked == "q"


def test_pause_keeps_everything_and_a_clear_answer_later_counts():
    patient = Patient(flow_of(FOUR)).says("yes", "pause")
    assert patient.of(PauseAsked)
    assert patient.state.paused
    assert not patient.asked
    patient.says("2")
    assert patient.values == {"p": True, "q": False}
    assert not patient.state.paused
    assert patient.asked == "r"


@pytest.mark.parametrize("word", ["yes", "ok", "no", "no thanks"])
def test_a_bare_yes_or_no_after_a_pause_may_be_meant_for_something_else(word):
    patient = Patient(flow_of(FOUR)).says("yes", "pause", word)
    assert patient.values == {"p": True}
    assert patient.text.startswith("Welcome back")
    assert patient.asked == "q"
    assert patient.says("no").values == {"p": True, "q": False}


def test_a_yes_that_means_danger_counts_even_after_a_pause():
    flow = flow_of(ask("p", more=RISK) + END)
    assert Patient(flow).says("pause", "yes").values == {"p": True}
    calm = Patient(flow).says("pause", "no")
    assert not calm.values
    assert calm.asked == "p"


def test_a_greeting_after_a_pause_is_welcomed_and_is_no_failed_answer():
    patient = Patient(flow_of(FOUR)).says("pause", "hello again")
    assert patient.text.startswith("Welcome back")
    assert patient.asked == "p"
    assert patient.state.unclear_count == 0
    assert not patient.state.paused


def test_after_a_pause_nothing_is_taken_for_free_text():
    patient = Patient(flow_of(ask("p", "text") + END)).says("pause", "hi, I am back")
    assert not patient.state.answers
    assert patient.asked == "p"
    assert patient.says("Ana").values == {"p": "Ana"}


def test_commands_work_while_paused():
    patient = Patient(flow_of(FOUR)).says("yes", "pause", "back")
    assert patient.asked == "p"
    assert not patient.state.paused


@pytest.mark.parametrize("word", ["human", "talk to a person", "PERSONA"])
def test_a_person_can_be_asked_for_and_the_flow_stays_where_it_is(word):
    patient = Patient(flow_of(FOUR)).says("yes", word)
    assert patient.of(HumanAsked)[0].reason is HumanReason.PATIENT
    assert patient.state.position == "q"
    assert not patient.asked
    assert patient.says("no").asked == "r"


def test_a_person_can_be_asked_for_after_the_end():
    patient = Patient(flow_of(ask("p") + END)).says("yes", "human")
    assert patient.of(HumanAsked)


def test_start_over_is_confirmed_first():
    patient = Patient(flow_of(say("hello") + FOUR)).says("yes", "no", "start over")
    assert not patient.of(Restarted)
    assert "Start over?" in patient.text
    assert patient.values == {"p": True, "q": False}
    patient.says("yes")
    assert patient.of(Restarted)
    assert patient.of(AnswersRemoved)[0].link_ids == ("p", "q")
    assert "Say hello" in patient.text
    assert patient.asked == "p"
    assert patient.state.answers == patient.state.held == ()


@pytest.mark.parametrize("word", ["no", "2"])
def test_start_over_can_be_declined(word):
    patient = Patient(flow_of(FOUR)).says("yes", "start over", word)
    assert not patient.of(Restarted)
    assert patient.values == {"p": True}
    assert patient.asked == "q"


def test_start_over_forgets_answers_off_the_path_too():
    patient = Patient(flow_of(FORK)).says("yes", "no", "yes", "back 3", "no", "start over", "yes")
    assert patient.state.held == ()
    assert patient.says("yes").asked == "q"


def test_start_over_works_after_the_end():
    patient = Patient(flow_of(ask("p") + END)).says("yes", "start over", "1")
    assert patient.asked == "p"
    assert patient.state.outcome == ""


def test_what_is_no_answer_to_start_over_is_heard_as_a_reply():
    patient = Patient(flow_of(ask("p", "one_of", LIST) + ask("q") + END)).says("start over", "bee")
    assert patient.values == {"p": "b"}


def test_a_word_that_the_question_offers_is_an_answer_not_a_command():
    choices = (
        ", choices: [{value: now, label: {en: Now, es: Ahora}},"
        " {value: later, label: {en: Later, es: Luego}}]"
    )
    patient = Patient(flow_of(ask("p", "one_of", choices) + END)).says("later")
    assert patient.values == {"p": "later"}
    assert not patient.of(PauseAsked)


TOPICS = (
    ask("p", more=", topic: {en: Pets, es: Mascotas}")
    + ask("q", "text", ", topic: {en: Name, es: Nombre}")
    + ask("r")
    + "- {node: instrument, id: i, instrument: phq9, items: [phq9_1, phq9_2],"
    " topic: {en: Mood, es: Animo}}\n"
)
SUMMARY = (
    TOPICS
    + "- {node: summary, id: sum, text: {en: Please check., es: Revise.}}\n"
    + ask("s", more=", when: p")
    + END
)


def test_a_summary_by_sms_names_topics_and_shows_no_answer():
    patient = Patient(flow_of(SUMMARY)).says("yes", "Ana Secret", "no", "1", "2")
    assert patient.asked == "sum"
    assert patient.text.startswith(
        "Please check.\n0 All is right\n1 Pets\n2 Name\n3 Mood\nReply 0 if all is right"
    )
    assert "Ana" not in patient.text
    assert "Yes" not in patient.text


def test_a_summary_on_the_web_shows_the_answers():
    patient = Patient(flow_of(SUMMARY), channel=Channel.WEB)
    patient.says("yes", "Ana {secure_link}", "no", "1", "2")
    assert patient.text == "Please check.\nPets: Yes\nName: Ana (secure_link)\nMood: answered"
    [asked] = patient.of(Asked)
    assert [c.label for c in asked.choices] == ["All is right", "Pets", "Name", "Mood"]
    assert [c.value for c in asked.choices] == ["0", "1", "2", "3"]


@pytest.mark.parametrize("word", ["0", "ok", "yes", "All is right", "listo"])
def test_a_summary_is_confirmed(word):
    language = "es" if word == "listo" else "en"
    patient = Patient(flow_of(SUMMARY), language=language).says("yes", "Ana", "no", "1", "2", word)
    assert patient.values["sum"] == "confirmed"
    assert patient.asked == "s"


def test_a_topic_of_the_summary_is_asked_again_and_the_summary_returns():
    patient = Patient(flow_of(SUMMARY)).says("yes", "Ana", "no", "1", "2", "2")
    assert patient.asked == "q"
    patient.says("Eva")
    assert patient.values["q"] == "Eva"
    assert patient.asked == "sum"


def test_an_instrument_is_changed_as_a_whole():
    patient = Patient(flow_of(SUMMARY)).says("yes", "Ana", "no", "1", "2", "mood")
    assert patient.asked == "phq9_1"
    assert patient.says("3").asked == "phq9_2"
    assert patient.says("3").asked == "sum"
    assert patient.answers["phq9_2"].parts == {"score": 3}


def test_what_a_summary_cannot_read_is_asked_again():
    patient = Patient(flow_of(SUMMARY)).says("yes", "Ana", "no", "1", "2", "blah")
    assert "sum" not in patient.values
    assert patient.asked == "sum"


def test_back_from_the_summary_works():
    patient = Patient(flow_of(SUMMARY)).says("yes", "Ana", "no", "1", "2", "back")
    assert patient.asked == "phq9_2"
    assert patient.says("0").asked == "sum"


def test_any_answer_can_be_changed_before_the_summary():
    patient = Patient(flow_of(SUMMARY)).says("yes", "Ana", "change")
    assert "1 Pets\n2 Name" in patient.text
    assert patient.says("1").asked == "p"
    assert patient.says("no").asked == "r"
    assert patient.values["p"] is False


def test_change_can_be_called_off_or_ignored():
    assert Patient(flow_of(SUMMARY)).says("yes", "change", "0").asked == "q"
    assert Patient(flow_of(TOPICS + END)).says("yes", "Ana", "change", "no").values["r"] is False


def test_change_with_nothing_to_change_says_so():
    patient = Patient(flow_of(SUMMARY)).says("change")
    assert "no answer to change" in patient.text
    assert patient.asked == "p"
