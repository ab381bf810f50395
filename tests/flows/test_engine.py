"""Walking a flow: asking, recording, branching, triage, ends, limits."""

import pytest

from bot.core.answers import AnswerStatus
from bot.core.decisions import Disposition, QuickJudge
from bot.core.errors import InvalidField
from bot.core.messages import Channel
from bot.flows import Limits, current_question, decode_state, encode_state
from bot.flows.events import (
    AnswerRecorded,
    Asked,
    Ended,
    HumanAsked,
    HumanReason,
    LinkOffered,
    Said,
    Triaged,
)
from tests.flows.small import Patient, always, flow_of, verdict

END = "- {node: end, id: bye, outcome: completed, text: {en: Bye, es: Adios}}\n"


def ask(name, kind="yes_no", more=""):
    text = f"text: {{en: 'About {name}?', es: 'Sobre {name}?'}}"
    return f"- {{node: ask, id: {name}, kind: {kind}, {text}{more}}}\n"


def say(name, more=""):
    return f"- {{node: say, id: {name}, text: {{en: Say {name}, es: Digo {name}}}{more}}}\n"


def end(name, outcome="not_now"):
    return f"- {{node: end, id: {name}, outcome: {outcome}, text: {{en: End {name}, es: Fin}}}}\n"


ANT = "{value: a, label: {en: Ant, es: Hormiga}}"
LIST = f", choices: [{ANT}, {{value: b, label: {{en: Bee, es: Abeja}}}}]"


def test_a_flow_says_what_comes_first_and_asks():
    patient = Patient(flow_of(say("hello") + ask("q") + END))
    assert [type(event) for event in patient.events] == [Said, Asked]
    assert patient.events[0].text == "Say hello"
    assert patient.events[1].text == "About q?\n1 Yes\n2 No"
    assert patient.state.position == "q"
    assert patient.state.turn_count == 0


def test_the_language_that_a_flow_lacks_becomes_its_first():
    flow = flow_of(ask("q") + END)
    assert Patient(flow, language="es").state.language == "es"
    assert Patient(flow, language="fr").state.language == "en"


def test_an_answer_is_recorded_with_the_patients_words_and_turn():
    patient = Patient(flow_of(ask("q") + ask("r") + END)).says(" yeah ")
    answer = patient.recorded
    assert (answer.link_id, answer.status, answer.value) == ("q", AnswerStatus.ANSWERED, True)
    assert answer.written.strip() == "yeah"
    assert answer.at_turn == 2
    assert patient.asked == "r"
    assert patient.state.answers == (answer,)


def test_an_end_says_its_text_and_ends():
    patient = Patient(flow_of(ask("q") + END)).says("no")
    assert [type(event) for event in patient.events] == [AnswerRecorded, Said, Ended]
    assert patient.of(Ended)[0].outcome == "completed"
    assert (patient.state.position, patient.state.outcome) == ("", "completed")
    assert current_question(patient.flow, patient.state) is None


def test_after_the_end_a_message_changes_nothing_but_is_answered():
    patient = Patient(flow_of(ask("q") + END)).says("no")
    before = patient.state.answers
    patient.says("yes")
    assert "finished" in patient.text
    assert patient.state.answers == before
    assert not patient.of(Asked)
    assert patient.hears_again().text


@pytest.mark.parametrize(("reply", "asked"), [("yes", "r"), ("no", "s")])
def test_a_node_is_passed_over_only_when_its_condition_is_false(reply, asked):
    flow = flow_of(ask("q") + ask("r", more=", when: q") + ask("s") + END)
    assert Patient(flow).says(reply).asked == asked


def test_a_node_whose_condition_is_unknown_is_asked():
    flow = flow_of(ask("q", more=", skippable: true") + ask("r", more=", when: q") + END)
    patient = Patient(flow).says("skip")
    assert patient.answers["q"].status is AnswerStatus.SKIPPED
    assert patient.asked == "r"


def test_next_is_not_followed_by_a_node_that_is_passed_over():
    flow = flow_of(ask("q") + say("s", ", when: q, next: stop") + ask("r") + END + end("stop"))
    assert Patient(flow).says("no").asked == "r"
    assert Patient(flow).says("yes").of(Ended)[0].outcome == "not_now"


BRANCH = (
    ask("q", more=", skippable: true")
    + "- {node: branch, id: b, cases: [{when: q, to: r}], otherwise: s, unknown: t}\n"
    + ask("r", more=", next: bye")
    + ask("s", more=", next: bye")
    + ask("t")
    + END
)


@pytest.mark.parametrize(("reply", "asked"), [("yes", "r"), ("no", "s"), ("skip", "t")])
def test_a_branch_knows_three_ways(reply, asked):
    assert Patient(flow_of(BRANCH)).says(reply).asked == asked


def test_a_branch_takes_the_first_true_case_and_stops_at_an_unknown_one():
    cases = "[{when: q, to: r}, {when: p, to: s}]"
    flow = flow_of(
        ask("p")
        + ask("q", more=", skippable: true")
        + f"- {{node: branch, id: b, cases: {cases}, otherwise: t, unknown: u}}\n"
        + ask("r", more=", next: bye")
        + ask("s", more=", next: bye")
        + ask("t", more=", next: bye")
        + ask("u")
        + END
    )
    assert Patient(flow).says("yes", "yes").asked == "r"
    assert Patient(flow).says("yes", "no").asked == "s"
    assert Patient(flow).says("no", "no").asked == "t"
    assert Patient(flow).says("yes", "skip").asked == "u"


def test_a_sub_flow_is_walked_and_left_again():
    flow = flow_of(
        ask("q") + "- {node: flow, id: f, flow: inner, when: q}\n" + ask("r") + END,
        inner=say("in") + ask("i") + ask("j"),
    )
    assert Patient(flow).says("yes").asked == "i"
    assert Patient(flow).says("yes", "yes", "yes").asked == "r"
    assert Patient(flow).says("no").asked == "r"


def test_a_sub_flow_may_end_everything_or_jump_when_it_is_through():
    flow = flow_of(
        "- {node: flow, id: f, flow: inner, next: late}\n" + ask("q") + ask("late") + END,
        inner=ask("i", more=", next: stop")[:0]
        + ask("i")
        + "- {node: branch, id: b, cases: [{when: i, to: stop}], otherwise: j, unknown: j}\n"
        + ask("j", more=", next: k")
        + end("stop")
        + ask("k"),
    )
    assert Patient(flow).says("yes").of(Ended)[0].outcome == "not_now"
    assert Patient(flow).says("no", "no", "no").asked == "late"


TRIAGE = (
    ask("q")
    + "- {node: triage, id: t, cases: {not-now: stop, emergency: help}}\n"
    + ask("r")
    + "- {node: triage, id: u, final: true}\n"
    + END
    + end("stop")
    + end("help", "emergency")
)


@pytest.mark.parametrize(
    ("disposition", "expected"),
    [
        (Disposition.NOT_NOW, "not_now"),
        (Disposition.EMERGENCY, "emergency"),
        (Disposition.REVIEW, None),
        (Disposition.ELIGIBLE, None),
    ],
)
def test_triage_leads_on_by_disposition(disposition, expected):
    patient = Patient(flow_of(TRIAGE), judge=always(disposition)).says("yes")
    [triaged] = patient.of(Triaged)
    assert (triaged.node, triaged.final) == ("t", False)
    assert triaged.decision.disposition is disposition
    assert [event.outcome for event in patient.of(Ended)] == ([expected] if expected else [])


def test_triage_is_handed_the_answers_on_the_path_so_far():
    seen = []

    def judge(answers):
        seen.append([answer.link_id for answer in answers])
        return verdict()

    patient = Patient(flow_of(TRIAGE), judge=judge)
    seen.clear()
    patient.says("yes")
    assert seen[0] == ["q"]
    patient.says("no")
    assert patient.of(Triaged)[0].final is True
    assert patient.of(Ended)[0].outcome == "completed"


def test_a_checkpoint_that_cannot_close_yet_is_passed_without_a_decision():
    patient = Patient(flow_of(TRIAGE), judge=QuickJudge(always(), lambda answers: False))
    assert patient.says("yes").of(Triaged) == []
    patient.says("no")
    assert [event.final for event in patient.of(Triaged)] == [True]


def test_a_checkpoint_that_may_close_is_decided_in_full():
    closing = QuickJudge(always(Disposition.NOT_NOW), lambda answers: True)
    patient = Patient(flow_of(TRIAGE), judge=closing).says("yes")
    assert [event.outcome for event in patient.of(Ended)] == ["not_now"]


def test_triage_may_name_where_all_else_goes():
    flow = flow_of(
        ask("q") + "- {node: triage, id: t, otherwise: stop}\n" + ask("r") + END + end("stop")
    )
    assert Patient(flow).says("yes").of(Ended)[0].outcome == "not_now"


def test_an_instrument_asks_its_stem_once_and_each_item_in_its_own_words():
    patient = Patient(flow_of("- {node: instrument, id: i, instrument: phq9}\n" + END))
    assert patient.text.startswith("Over the last 2 weeks")
    assert (
        "Little interest or pleasure in doing things\n0 Not at all\n1 Several days" in patient.text
    )
    patient.says("3")
    assert patient.text.startswith("Feeling down, depressed, or hopeless\n0 Not at all")
    answer = patient.answers["phq9_1"]
    assert (answer.value, answer.parts) == ("LA6571-9", {"score": 3})


def test_the_stem_comes_with_the_first_item_that_it_introduces():
    patient = Patient(flow_of("- {node: instrument, id: i, instrument: pcptsd5}\n" + END))
    assert patient.text.startswith("Sometimes things happen to people")
    assert patient.asked == "pcptsd5_1"
    assert patient.says("yes").text.startswith("In the past month, have you")


def test_the_stem_is_not_said_again_after_a_reply_that_was_not_understood():
    patient = Patient(flow_of("- {node: instrument, id: i, instrument: phq9}\n" + END))
    assert "Over the last 2 weeks" not in patient.says("1", "cat").text


def test_a_subset_of_an_instrument_asks_only_those_items():
    nodes = (
        "- {node: instrument, id: i, instrument: phq9, items: [phq9_1, phq9_2]}\n"
        + ask("q")
        + "- {node: instrument, id: j, instrument: phq9, items: [phq9_difficulty]}\n"
        + END
    )
    patient = Patient(flow_of(nodes)).says("0", "1", "yes")
    assert patient.asked == "phq9_difficulty"
    assert "Over the last 2 weeks" not in patient.text


def test_an_instruments_own_rule_decides_which_items_are_asked():
    nodes = "- {node: instrument, id: i, instrument: auditc}\n" + END
    assert Patient(flow_of(nodes)).says("never").of(Ended)
    assert Patient(flow_of(nodes)).says("1").asked == "auditc_2"
    assert Patient(flow_of(nodes)).says("skip").asked == "auditc_2"


def test_a_total_is_known_only_when_the_instrument_is_complete():
    nodes = (
        "- {node: instrument, id: i, instrument: auditc}\n"
        "- {node: branch, id: b, cases: [{when: auditc_total >= 3, to: r}],"
        " otherwise: s, unknown: t}\n"
        + ask("r", more=", next: bye")
        + ask("s", more=", next: bye")
        + ask("t")
        + END
    )
    flow = flow_of(nodes)
    assert Patient(flow).says("never").asked == "s"
    assert Patient(flow).says("monthly or less", "3 or 4", "less than monthly").asked == "r"
    assert Patient(flow).says("monthly or less", "3 or 4", "skip").asked == "t"


def test_an_instrument_without_official_spanish_says_so():
    nodes = "- {node: instrument, id: i, instrument: auditc}\n" + END
    patient = Patient(flow_of(nodes), language="es")
    assert "Esta parte existe solo en inglés" in patient.text
    assert "How often do you have a drink" in patient.text
    assert "Esta parte" not in Patient(flow_of(nodes)).text


@pytest.mark.parametrize(
    ("kind", "more", "reply", "value", "parts"),
    [
        ("one_of", LIST, "bee", "b", {}),
        ("many_of", LIST, "1 2", ("a", "b"), {}),
        ("integer", ", minimum: 0, maximum: 20", "7", 7, {}),
        ("decimal", ", unit: kg", "70.5", 70.5, {}),
        ("date", ", past: true", "March 14 1990", "1990-03-14", {"age_years": 36}),
        ("place", "", "California", "US-CA", {"country": "US"}),
        ("text", "", "Call me Ana", "Call me Ana", {}),
        ("blood_pressure", "", "138 over 85", "138/85", {"systolic": 138, "diastolic": 85}),
    ],
)
def test_every_kind_can_be_asked_and_answered(kind, more, reply, value, parts):
    patient = Patient(flow_of(ask("q", kind, more) + END)).says(reply)
    assert patient.recorded.value == value
    assert patient.recorded.parts == parts
    assert patient.of(Ended)


def test_medications_can_be_asked_and_answered():
    patient = Patient(flow_of(ask("q", "medications") + END)).says("zoloft and qqxyz")
    assert patient.recorded.value == ("sertraline",)
    assert patient.recorded.parts["classes"] == ("ssri",)
    assert patient.recorded.parts["count"] == 2


@pytest.mark.parametrize("kind", ["yes_no", "one_of", "many_of", "integer", "date"])
def test_not_sure_is_an_answer_where_it_is_offered(kind):
    more = ", unsure: true" + (LIST if kind in ("one_of", "many_of") else "")
    patient = Patient(flow_of(ask("q", kind, more) + END)).says("not sure")
    assert patient.recorded.status is AnswerStatus.UNCLEAR
    assert patient.recorded.value is None
    assert patient.recorded.written == "not sure"
    assert patient.of(Ended)


@pytest.mark.parametrize("kind", ["yes_no", "one_of", "many_of"])
def test_not_sure_is_the_last_choice_and_has_its_number(kind):
    more = ", unsure: true" + (LIST if kind != "yes_no" else "")
    patient = Patient(flow_of(ask("q", kind, more) + END))
    assert "\n3 Not sure" in patient.text
    assert patient.says("3").recorded.status is AnswerStatus.UNCLEAR


def test_sms_lists_numbered_choices_and_the_web_offers_them_as_buttons():
    flow = flow_of(ask("q", "one_of", LIST) + END)
    sms, web = Patient(flow), Patient(flow, channel=Channel.WEB)
    assert sms.text == "About q?\n1 Ant\n2 Bee"
    assert web.text == "About q?"
    [asked] = web.of(Asked)
    assert [(c.value, c.label) for c in asked.choices] == [("1", "Ant"), ("2", "Bee")]


def test_what_may_be_skipped_says_so():
    flow = flow_of(ask("q", "text", ", skippable: true") + END)
    assert Patient(flow).text == "About q?\nOr reply SKIP."
    [asked] = Patient(flow, channel=Channel.WEB).of(Asked)
    assert [choice.label for choice in asked.choices] == ["Skip"]
    assert Patient(flow).says(asked.choices[0].value).recorded.status is AnswerStatus.SKIPPED


def test_progress_counts_the_question_and_estimates_the_rest():
    flow = flow_of(
        ask("q") + ask("r", more=", when: q") + ask("s", more=", when: q") + ask("t") + END
    )
    patient = Patient(flow)
    numbers = [(patient.of(Asked)[0].number, patient.of(Asked)[0].about)]
    for _ in range(3):
        patient.says("yes")
        numbers.append((patient.of(Asked)[0].number, patient.of(Asked)[0].about))
    assert [number for number, _ in numbers] == [1, 2, 3, 4]
    assert numbers[0] == (1, 3)
    assert numbers[-1] == (4, 4)


def test_words_of_the_clinic_are_filled_in():
    nodes = "- {node: say, id: s, text: {en: 'Hi from {clinic_name}, {clinic_phone}', es: a}}\n"
    assert (
        Patient(flow_of(nodes + ask("q") + END)).events[0].text == "Hi from Porch Clinic, 555-0100"
    )


LINK = """\
- node: link
  id: way
  text: {en: "Safer here: {secure_link}", es: "Mas seguro: {secure_link}"}
  choices: [{value: text, label: {en: By text, es: Por texto}}]
"""
OFFER = """\
- node: link
  id: way
  text: {en: How to go on?, es: Como seguir?}
  choices:
    - {value: text, label: {en: By text, es: Por texto}}
    - {value: web, label: {en: On the web, es: En la web}}
  offer: {en: "Open {secure_link}", es: "Abra {secure_link}"}
"""


def test_a_link_is_offered_and_the_patient_may_stay_with_text():
    patient = Patient(flow_of(LINK + ask("q") + END))
    assert [type(event) for event in patient.events] == [LinkOffered, Asked]
    assert "{secure_link}" in patient.text
    patient.says("1")
    assert patient.values == {"way": "text"}
    assert patient.asked == "q"


def test_choosing_the_web_sends_the_link_and_waits():
    patient = Patient(flow_of(OFFER + ask("q") + END))
    assert not patient.of(LinkOffered)
    patient.says("2")
    assert [type(event) for event in patient.events] == [LinkOffered, Said]
    assert patient.text == "Open {secure_link}"
    assert patient.state.position == "way"
    assert not patient.state.answers
    patient.says("1")
    assert patient.asked == "q"


@pytest.mark.parametrize("again", ["says", "hears_again"])
def test_a_message_from_the_web_takes_the_link_and_is_no_answer(again):
    patient = Patient(flow_of(OFFER + ask("q") + END)).says("2")
    patient.channel = Channel.WEB
    patient.says("yes") if again == "says" else patient.hears_again()
    assert patient.values == {"way": "web"}
    assert patient.asked == "q"
    assert patient.state.channel is Channel.WEB


def test_on_the_web_no_link_is_offered():
    patient = Patient(flow_of(OFFER + ask("q") + END), channel=Channel.WEB)
    assert patient.values == {"way": "web"}
    assert patient.asked == "q"


def test_too_many_steps_in_one_turn_stop_safely_and_go_on_later():
    nodes = ask("q") + "".join(say(f"s{number}") for number in range(6)) + ask("r") + END
    patient = Patient(flow_of(nodes), limits=Limits(steps=4)).says("yes")
    assert patient.of(HumanAsked)[0].reason is HumanReason.LIMIT
    assert "A person at Porch Clinic" in patient.text
    assert current_question(patient.flow, patient.state) is None
    patient.says("hello?")
    assert patient.asked == "r"
    assert patient.values == {"q": True}


def test_too_many_turns_stop_safely_and_tell_a_person_once():
    patient = Patient(flow_of(ask("q") + END), limits=Limits(turns=3)).says("a", "b", "c")
    state = patient.state
    patient.says("yes")
    assert patient.of(HumanAsked)[0].reason is HumanReason.LIMIT
    assert patient.state.answers == ()
    assert patient.state.position == state.position
    patient.says("yes")
    assert not patient.of(HumanAsked)
    assert "Porch Clinic" in patient.text


def test_a_state_of_another_flow_is_refused():
    patient = Patient(flow_of(ask("q") + END))
    other = Patient(flow_of(ask("r") + END))
    other.state = patient.state
    with pytest.raises(InvalidField) as caught:
        other.hears_again()
    assert caught.value.field == "flow_state"


@pytest.mark.parametrize("content", [b"", b"{}", b"null", b'{"position": 3}', b"\xff", b"[1"])
def test_a_state_that_cannot_be_read_is_refused_without_quoting_it(content):
    with pytest.raises(InvalidField):
        decode_state(content)


def test_an_unreadable_state_is_never_quoted():
    state = encode_state(Patient(flow_of(ask("q", "text") + END)).says("private words").state)
    with pytest.raises(InvalidField) as caught:
        decode_state(state.replace(b'"answered"', b'"private"').replace(b'"sms"', b'"private"'))
    assert "private" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_the_current_question_is_the_one_that_is_open():
    patient = Patient(flow_of(ask("q") + ask("r") + END))
    assert current_question(patient.flow, patient.state).link_id == "q"
    patient.says("yes")
    assert current_question(patient.flow, patient.state).link_id == "r"
    patient.says("back")
    assert current_question(patient.flow, patient.state).link_id == "q"
