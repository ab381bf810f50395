"""Each check finds what it is for, in a flow that loads; a sound flow has no problems."""

from dataclasses import replace

import pytest

from bot.core.messages import Channel
from bot.flows.lint import lint
from bot.flows.lint_data import lint_data
from bot.flows.lint_graph import dead_ends
from bot.flows.lint_problem import DEFAULT_LINT, LintOptions
from bot.flows.model import AskStep
from tests.flows.small import flow_of
from tests.flows.test_engine import END, LIST, ask, end, say

LINK = """\
- node: link
  id: way
  text: {en: "Safer: {secure_link}", es: "Mas seguro: {secure_link}"}
  choices: [{value: text, label: {en: By text, es: Por texto}}]
"""
RISK = ", risk: {category: overdose, tier: emergency, positive: true}"
WHY = ", why: {en: It keeps you safe., es: Es por su bien.}"
TRIAGE = "- {node: triage, id: t, final: true}\n"


def codes(nodes, options=DEFAULT_LINT, **others):
    return [(problem.code, problem.path) for problem in lint(flow_of(nodes, **others), options)]


def test_a_sound_flow_has_no_problems():
    assert codes(LINK + ask("q", more=RISK + WHY) + ask("r", "one_of", LIST) + TRIAGE + END) == []


def test_a_node_that_is_never_reached_is_found():
    nodes = ask("q", more=", next: bye") + ask("lost") + END
    assert codes(nodes) == [("unreachable", "lost")]


def test_the_item_of_an_instrument_behind_a_jump_is_found():
    nodes = (
        ask("q", more=", next: bye")
        + "- {node: instrument, id: i, instrument: phq9, items: [phq9_1]}\n"
        + END
    )
    assert ("unreachable", "phq9_1") in codes(nodes)


def test_a_dead_end_is_found():
    flow = flow_of(ask("q") + ask("r") + END)
    last = replace(flow.steps[1], following=1)
    broken = replace(flow, steps=(flow.steps[0], last, flow.steps[2]))
    assert [problem.path for problem in dead_ends(broken, DEFAULT_LINT)] == ["q", "r"]
    assert list(dead_ends(flow, DEFAULT_LINT)) == []


@pytest.mark.parametrize(
    "early",
    [
        say("s", ", when: q"),
        "- {node: branch, id: b, cases: [{when: q, to: q}], otherwise: q, unknown: q}\n",
        say("s", ", when: 'phq9_total > 3'"),
    ],
)
def test_a_condition_on_what_is_asked_later_is_found(early):
    phq = "- {node: instrument, id: i, instrument: phq9, items: [phq9_1, phq9_2]}\n"
    found = codes(LINK + early + ask("q") + phq + END)
    assert [code for code, _ in found] == ["asked-later"]


def test_a_condition_on_one_way_only_is_in_order():
    nodes = ask("p") + ask("q", more=", when: p") + say("s", ", when: q") + END
    assert codes(nodes) == []


def test_parts_and_totals_of_earlier_questions_are_in_order():
    phq = "- {node: instrument, id: i, instrument: phq9, items: [phq9_1, phq9_2]}\n"
    later = say("s", ", when: 'phq9_total > 3 and d_age_years > 3 and phq9_1_score > 1'")
    assert codes(LINK + phq + ask("d", "date") + later + END) == []


def test_a_language_that_every_flow_must_have_is_missed():
    nodes = "- {node: ask, id: q, kind: yes_no, text: {en: Q?}}\n"
    nodes += "- {node: end, id: bye, outcome: completed, text: {en: Bye}}\n"
    assert codes(nodes, languages="[en]") == [("missing-language", "languages")]
    assert codes(nodes, LintOptions(languages=("en",)), languages="[en]") == []


def test_danger_that_leads_nowhere_is_found():
    assert codes(ask("q", more=RISK + WHY) + END) == [("risk-without-path", "q")]
    assert codes(TRIAGE + ask("q", more=RISK + WHY) + END) == [("risk-without-path", "q")]
    assert codes(ask("q", more=RISK + WHY) + say("s", ", when: q") + END) == []


def test_danger_in_an_instrument_that_leads_nowhere_is_found():
    nodes = LINK + "- {node: instrument, id: i, instrument: phq9, items: [phq9_9]" + WHY + "}\n"
    assert codes(nodes + END) == [("risk-without-path", "phq9_9")]
    assert codes(nodes + TRIAGE + END) == []


def test_choices_that_nobody_can_pick_are_found():
    twin = "{value: b, label: {en: Ant, es: Abeja}}"
    same = f", choices: [{{value: a, label: {{en: Ant, es: Hormiga}}}}, {twin}]"
    assert codes(ask("q", "one_of", same) + END) == []
    numbers = (
        ", choices: [{value: a, label: {en: 2 ants, es: 2 hormigas}},"
        " {value: b, label: {en: 1 bee, es: 1 abeja}}]"
    )
    flow = flow_of(ask("q", "one_of", numbers) + END)
    step = flow.steps[0]
    assert isinstance(step, AskStep)
    hidden = dict.fromkeys(flow.languages, "")
    choices = tuple(replace(choice, labels=hidden, words={}) for choice in step.reading.choices)
    shown = {
        key: tuple(replace(c, label="", value="?") for c in step.choices[key])
        for key in step.choices
    }
    broken = replace(step, reading=replace(step.reading, choices=choices), choices=shown)
    problems = lint(replace(flow, steps=(broken, *flow.steps[1:])))
    assert [p.code for p in problems] == ["choice-unreadable"] * 4
    assert problems[0].path == "q.choices[0].label.en"


LONG = "This is a long text. " * 20


def test_a_text_message_over_its_limit_is_found():
    found = codes(f"- {{node: say, id: s, text: {{en: '{LONG}', es: Corto.}}}}\n" + ask("q") + END)
    assert found == [("sms-segments", "s.text.en.sms")]


def test_choices_count_towards_the_length():
    many = ", ".join(
        f"{{value: c{n}, label: {{en: Quite a long label number {n}, es: Corto {n}}}}}"
        for n in range(12)
    )
    found = codes(ask("q", "one_of", f", choices: [{many}]") + END)
    assert ("sms-segments", "q.text.en.sms") in found


def test_the_introduction_of_an_instrument_counts_with_its_first_item():
    nodes = LINK + "- {node: instrument, id: i, instrument: phq9, items: [phq9_1, phq9_2]}\n" + END
    assert codes(nodes) == []
    found = codes(nodes, LintOptions(instrument_segments=1))
    assert ("sms-segments", "phq9_1.text.en.sms") in found
    assert ("sms-segments", "phq9_2.text.en.sms") not in found


def test_the_longest_words_of_a_clinic_count():
    text = "x" * 290
    nodes = f"- {{node: say, id: s, text: {{en: '{text}{{clinic_name}}', es: Si.}}}}\n"
    assert codes(nodes + ask("q") + END) == [("sms-segments", "s.text.en.sms")]


def test_a_summary_counts_with_all_its_topics():
    asks = "".join(
        ask(f"q{n}", more=f", topic: {{en: A rather long topic number {n}, es: Tema {n}}}")
        for n in range(40)
    )
    nodes = asks + "- {node: summary, id: s, text: {en: Check., es: Revise.}}\n" + END
    assert codes(nodes) == [("sms-segments", "s.text.en.sms")]


def test_a_character_that_makes_messages_dear_is_found():
    nodes = "- {node: say, id: s, text: {en: 'Well done 👍', es: 'Está así'}}\n" + ask("q") + END
    assert codes(nodes) == [("sms-alphabet", "s.text.en.sms")]


HARD_EN = (
    "The institutional administrative representatives unfortunately necessitate"
    " comprehensive documentation regarding aforementioned physiological characteristics"
    " before authorising subsequent multidisciplinary consultations accordingly"
)
HARD_ES = (
    "Los representantes administrativos institucionales desafortunadamente necesitan"
    " documentación complementaria relativa a características fisiológicas anteriormente"
    " mencionadas previamente a autorizaciones multidisciplinarias correspondientes posteriores"
)


def test_words_above_the_reading_grade_are_found():
    nodes = (
        f"- {{node: say, id: a, text: {{en: {{sms: Short., web: {HARD_EN}}}, es: Corto.}}}}\n"
        f"- {{node: say, id: b, text: {{en: Short., es: {{sms: Corto., web: {HARD_ES}}}}}}}\n"
    )
    found = codes(nodes + ask("q") + END, LintOptions(grade_words=15))
    assert found == [("reading-grade", "a.en.web"), ("reading-grade", "b.es.web")]


def test_the_published_wording_of_an_instrument_is_exempt():
    nodes = LINK + "- {node: instrument, id: i, instrument: phq9}\n" + TRIAGE + END
    options = LintOptions(grade=0.0, grade_words=8)
    assert not any(
        path.startswith("phq9") for code, path in codes(nodes, options) if code == "reading-grade"
    )


def test_a_sensitive_question_without_a_why_is_found():
    assert codes(ask("q", more=", sensitive: true") + END) == [("why-missing", "q.why")]
    assert codes(ask("q", more=RISK) + TRIAGE + END) == [("why-missing", "q.why")]
    nodes = LINK + "- {node: instrument, id: i, instrument: asq}\n" + TRIAGE + END
    assert ("why-missing", "asq_1.why") in codes(nodes)


@pytest.mark.parametrize(
    "text",
    [
        "Your ketamine visit",
        "About your Depression",
        "Tome sertraline",
        "mental health",
        "Zoloft now",
    ],
)
def test_a_text_message_that_tells_the_reason_is_found(text):
    for nodes in (
        f"- {{node: say, id: s, text: {{en: {text}, es: Si.}}}}\n" + LINK + ask("q") + END,
        LINK + f"- {{node: say, id: s, text: {{en: {text}, es: Si.}}}}\n" + ask("q") + END,
    ):
        assert codes(nodes) == [("sms-telling", "s.text.en.sms")]


def test_a_question_may_tell_only_once_the_channel_was_chosen():
    telling = "- {node: ask, id: q, kind: yes_no, text: {en: Do you take Zoloft?, es: Si?}}\n"
    assert codes(telling + END) == [("sms-telling", "q.text.en.sms")]
    assert codes(telling + LINK + END) == [("sms-telling", "q.text.en.sms")]
    assert codes(LINK + telling + END) == []
    around = (
        ask("p")
        + "- {node: branch, id: b, cases: [{when: p, to: q}], otherwise: way, unknown: way}\n"
    )
    assert codes(around + LINK + telling + END) == [("sms-telling", "q.text.en.sms")]


def test_topics_and_ends_never_tell():
    topic = ask("q", more=", topic: {en: {sms: Ketamine, web: K}, es: Nada}")
    assert codes(LINK + topic + END) == [("sms-telling", "q.topic.en.sms")]
    assert codes(LINK + ask("q") + END.replace("Bye", "No depression")) == [
        ("sms-telling", "bye.text.en.sms")
    ]


def test_the_web_may_tell():
    web = "{sms: Your visit, web: Your ketamine visit}"
    nodes = f"- {{node: say, id: s, text: {{en: {web}, es: Si.}}}}\n" + ask("q") + END
    assert codes(nodes) == []


def test_exceptions_hold_for_their_flow_and_code_only(monkeypatch):
    flow = flow_of(ask("q", more=", next: bye, sensitive: true") + ask("lost") + END)
    data = lint_data()
    assert {p.code for p in lint(flow)} == {"unreachable", "why-missing"}
    excepted = type(data)(data.telling_words, {"main": {"unreachable": "because"}})
    monkeypatch.setattr("bot.flows.lint.lint_data", lambda: excepted)
    assert {p.code for p in lint(flow)} == {"why-missing"}
    monkeypatch.setattr(
        "bot.flows.lint.lint_data",
        lambda: type(data)(data.telling_words, {"other": {"unreachable": "because"}}),
    )
    assert {p.code for p in lint(flow)} == {"unreachable", "why-missing"}


def test_every_exception_has_a_reason():
    assert all(reason for codes in lint_data().exceptions.values() for reason in codes.values())


def test_ends_of_sub_flows_count_as_ends():
    nodes = ask("q") + "- {node: flow, id: f, flow: inner, when: q}\n" + END
    assert codes(nodes, inner=ask("i", more=", next: stop") + end("stop")) == []


def test_lint_reads_sms_and_web_of_every_language():
    flow = flow_of(ask("q") + END)
    step = flow.steps[0]
    assert {(lang, channel) for lang in ("en", "es") for channel in Channel} == set(step.text)
