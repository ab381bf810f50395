"""Asking exactly one earlier question again, as a page does when an answer is tapped."""

import pytest

from bot.core.errors import InvalidField
from bot.core.messages import Channel
from bot.flows import Limits, change, start
from bot.flows.events import AnswersRemoved, HumanAsked
from bot.flows.standing import standing, summary_lines
from tests.flows.small import Patient, flow_of
from tests.flows.test_commands import END, FORK, SUMMARY, ask

FLOW = ask("p") + ask("q") + ask("r", "integer", ", skippable: true") + ask("s") + END


class Tapping(Patient):
    """A patient who may also tap an earlier answer."""

    def taps(self, target):
        self.turn += 1
        self._take(change(self.flow, self.state, target, context=self.context()))
        return self

    @property
    def stands(self):
        return standing(self.flow, self.state)


def test_the_question_tapped_is_asked_and_then_the_open_one():
    patient = Tapping(flow_of(FLOW)).says("yes", "no").taps("p")
    assert patient.asked == "p"
    assert patient.values == {"p": True, "q": False}
    assert patient.says("no").asked == "r"
    assert patient.values == {"p": False, "q": False}


def test_only_the_question_tapped_is_asked_not_those_after_it():
    patient = Tapping(flow_of(FLOW)).says("yes", "no", "3").taps("q")
    assert patient.says("yes").asked == "s"


def test_a_second_tap_comes_before_the_first():
    patient = Tapping(flow_of(FLOW)).says("yes", "no").taps("p").taps("q")
    assert [patient.asked, patient.says("yes").asked, patient.says("no").asked] == ["q", "p", "r"]


def test_the_same_tapped_twice_is_asked_once():
    patient = Tapping(flow_of(FLOW)).says("yes", "no").taps("p").taps("p")
    assert patient.says("no").asked == "r"


def test_a_changed_answer_takes_what_hung_on_it_off_the_path():
    patient = Tapping(flow_of(FORK)).says("yes", "no", "yes").taps("p")
    patient.says("no")
    assert patient.of(AnswersRemoved)


@pytest.mark.parametrize("target", ["s", "r", "nothing", "", "p_score"])
def test_what_has_no_answer_is_not_changed(target):
    patient = Tapping(flow_of(FLOW)).says("yes", "no").taps(target)
    assert "no answer to change" in patient.text
    assert patient.asked == "r"


def test_a_tap_drops_what_the_engine_had_asked():
    patient = Tapping(flow_of(FLOW)).says("yes", "start over").taps("p")
    assert patient.state.pending is None
    assert patient.says("no").values == {"p": False}


def test_a_tap_wakes_a_paused_conversation():
    patient = Tapping(flow_of(FLOW)).says("yes", "pause").taps("p")
    assert not patient.state.paused
    assert patient.says("no").values == {"p": False}


def test_after_the_end_nothing_is_changed():
    patient = Tapping(flow_of(ask("p") + END)).says("yes").taps("p")
    assert patient.asked == ""
    assert "finished" in patient.text


def test_a_group_is_changed_as_a_whole():
    patient = Tapping(flow_of(SUMMARY)).says("yes", "Ana", "no", "1", "2").taps("i")
    assert patient.asked == "phq9_1"
    assert patient.says("3").asked == "phq9_2"
    assert patient.says("3").asked == "sum"


def test_one_item_of_a_group_can_be_changed_alone():
    patient = Tapping(flow_of(SUMMARY)).says("yes", "Ana", "no", "1", "2").taps("phq9_2")
    assert patient.asked == "phq9_2"
    assert patient.says("0").asked == "sum"


def test_taps_without_end_reach_a_person():
    patient = Tapping(flow_of(FLOW), limits=Limits(turns=3)).says("yes", "no")
    assert not patient.taps("p").of(HumanAsked)
    assert patient.taps("p").of(HumanAsked)
    assert not patient.taps("p").of(HumanAsked)


def test_a_state_of_another_version_is_refused():
    patient = Tapping(flow_of(FLOW))
    with pytest.raises(InvalidField):
        change(flow_of(ask("p") + END), patient.state, "p", context=patient.context())


def test_where_a_fresh_conversation_stands():
    stands = Tapping(flow_of(FLOW), channel=Channel.WEB).stands
    assert (stands.kind, stands.number, stands.about) == ("yes_no", 1, 4)
    assert stands.back is None
    assert stands.skip is None
    assert [choice.label for choice in stands.choices] == ["Yes", "No"]


def test_a_number_that_may_be_skipped_says_how():
    patient = Tapping(flow_of(FLOW), channel=Channel.WEB).says("yes", "no")
    assert (patient.stands.kind, patient.stands.skip, patient.stands.back) == (
        "number",
        "Skip",
        "Back",
    )
    assert patient.stands.choices == ()
    assert patient.says(patient.stands.skip).asked == "s"
    assert patient.says(patient.stands.back).asked == "r"


def test_a_question_asked_again_can_be_kept_and_counts_as_what_it_is():
    patient = Tapping(flow_of(FLOW), channel=Channel.WEB).says("yes", "no").taps("p")
    assert (patient.stands.number, patient.stands.skip, patient.stands.back) == (1, "Skip", None)
    assert patient.says(patient.stands.skip).values["p"] is True


def test_a_summary_stands_as_lines_with_what_changes_each():
    patient = Tapping(flow_of(SUMMARY), channel=Channel.WEB).says("yes", "Ana", "no", "1", "2")
    lines = [(line.link_id, line.label, line.value) for line in patient.stands.summary]
    assert lines == [("p", "Pets", "Yes"), ("q", "Name", "Ana"), ("i", "Mood", "answered")]
    assert patient.stands.choices[0].value == "0"
    assert patient.stands.question is None
    for link_id, _, _ in lines:
        assert Tapping.taps(patient, link_id).asked in (link_id, "phq9_1")


def test_the_engines_own_question_is_one_of_its_choices():
    patient = Tapping(flow_of(FLOW), channel=Channel.WEB).says("yes", "start over")
    assert (patient.stands.kind, patient.stands.question) == ("one_of", None)
    assert [choice.value for choice in patient.stands.choices] == ["1", "2"]


def test_after_the_end_nothing_is_open():
    patient = Tapping(flow_of(ask("p") + END), channel=Channel.WEB).says("yes")
    assert (patient.stands.kind, patient.stands.choices, patient.stands.number) == ("text", (), 0)


def test_looking_changes_nothing():
    patient = Tapping(flow_of(SUMMARY), channel=Channel.WEB).says("yes", "Ana")
    before = patient.state
    assert patient.stands == patient.stands
    assert summary_lines(patient.flow, patient.state)
    assert patient.state == before
    assert start(patient.flow, language="en", context=patient.context())
