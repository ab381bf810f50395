"""Whatever a patient writes, at whatever question: the state stays sound and there is a way on."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.answers import AnswerStatus, values_of
from bot.core.decisions import Disposition
from bot.core.messages import Channel
from bot.flows import current_question, fold
from bot.flows.events import AnswerRecorded, Asked, NotUnderstood, RiskAnswered, Said
from bot.flows.model import SummaryStep
from bot.flows.questions import Kind
from tests.flows.small import Patient, flow_of, verdict
from tests.flows.test_commands import TOPICS
from tests.flows.test_engine import END, LIST, OFFER, ask, end, say

RISK = ", risk: {category: overdose, tier: emergency, positive: true}"
FLOW = flow_of(
    say("hello")
    + OFFER
    + TOPICS
    + ask("many", "many_of", LIST + ", unsure: true, when: r")
    + "- {node: triage, id: t, cases: {not-now: stop}}\n"
    + ask("bp", "blood_pressure", ", skippable: true")
    + ask("d", "date", ", past: true, topic: {en: Day, es: Dia}")
    + "- {node: branch, id: b, cases: [{when: bp_systolic >= 140, to: risky}],"
    " otherwise: drinks, unknown: risky}\n"
    + ask("risky", more=RISK)
    + "- {node: instrument, id: drinks, instrument: auditc, topic: {en: Drinks, es: Tragos}}\n"
    + "- {node: flow, id: f, flow: inner, when: auditc_total >= 3}\n"
    + ask("meds", "medications", ", unsure: true")
    + ask("n", "integer", ", minimum: 0, maximum: 9")
    + "- {node: summary, id: sum, text: {en: Please check., es: Revise.}}\n"
    + "- {node: triage, id: u, final: true}\n"
    + END
    + end("stop"),
    inner=ask("why_so", "text") + ask("place", "place"),
)
GOOD = {
    Kind.YES_NO: "yes",
    Kind.ONE_OF: "1",
    Kind.MANY_OF: "1",
    Kind.INTEGER: "3",
    Kind.DATE: "March 14 1990",
    Kind.PLACE: "Texas",
    Kind.TEXT: "Something",
    Kind.MEDICATIONS: "none",
    Kind.BLOOD_PRESSURE: "120/80",
}
WRITTEN = st.one_of(
    st.sampled_from(
        [
            *GOOD.values(),
            *(
                "0",
                "2",
                "3",
                "no",
                "No",
                "maybe",
                "not sure",
                "150/95",
                "3/4/1990",
                "never",
                "2,1",
            ),
            *("back", "back 2", "back 5", "skip", "why", "repeat", "pause", "human", "change"),
            *(
                "start over",
                "en español",
                "english",
                "ok",
                "",
                " ",
                "\ud800",
                "²",
                "1\ufe0f\u20e3",
            ),
            "x" * 5000,
            "{secure_link} {clinic_name} {zz",
        ]
    ),
    st.text(max_size=12),
)


def judge(answers):
    known = values_of(answers)
    return verdict(Disposition.NOT_NOW if known.get("p") is False else Disposition.REVIEW)


def talked(texts, language="en", channel=Channel.SMS):
    """Talk; the patient checks after every step that state and fold agree and survive JSON."""
    return Patient(FLOW, language=language, channel=channel, judge=judge).says(*texts)


LENGTHY = settings(max_examples=70, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@LENGTHY
@given(
    st.lists(WRITTEN, max_size=30), st.sampled_from(["en", "es"]), st.sampled_from(list(Channel))
)
def test_any_replies_leave_a_sound_state_and_a_text(texts, language, channel):
    patient = Patient(FLOW, language=language, channel=channel, judge=judge)
    for text in texts:
        asked = current_question(FLOW, patient.state)
        before = patient.answers
        patient.says(text)
        assert patient.text.strip()
        assert len({a.link_id for a in patient.state.answers}) == len(patient.state.answers)
        for event in patient.of(AnswerRecorded):
            settled = asked is not None and event.answer.link_id == asked.link_id
            assert settled or event.answer.link_id in ("way", "sum")
        for link_id in set(patient.answers) - set(before):
            recorded = {e.answer.link_id for e in patient.of(AnswerRecorded)}
            assert link_id in recorded or not patient.of(NotUnderstood)


@LENGTHY
@given(st.lists(WRITTEN, max_size=20), st.sampled_from(list(Channel)))
def test_from_anywhere_good_replies_lead_to_an_end(texts, channel):
    patient = talked(texts, channel=channel)
    for _ in range(60):
        if not patient.state.position:
            return
        patient.says(good_reply(patient))
    raise AssertionError(f"no way on from {patient.state.position}")


def good_reply(patient):
    if patient.state.pending is not None:
        return "1"
    question = current_question(patient.flow, patient.state)
    if question is None:
        return "0"
    if question.risk is not None:
        return "no"
    return "never" if question.link_id == "auditc_1" else GOOD[question.kind]


@LENGTHY
@given(st.lists(WRITTEN, max_size=20))
def test_no_text_message_repeats_an_answer(texts):
    patient = talked([*texts[:10], "zanzibar-secret", *texts[10:], "change", "repeat"])
    said = [event.text for event in patient.all_events if isinstance(event, Said | Asked)]
    assert not any("zanzibar" in text for text in said)


@LENGTHY
@given(st.lists(WRITTEN, max_size=20))
def test_whatever_closes_a_risk_question_but_a_clear_no_is_told(texts):
    patient = talked(["1", "yes", "Ana", "no", "0", "0", "180/99", "March 14 1990"])
    assert patient.asked == "risky"
    for text in texts:
        patient.says(text)
        for event in patient.of(AnswerRecorded):
            if event.answer.link_id == "risky" and event.answer.value is not False:
                assert [e.link_id for e in patient.of(RiskAnswered)] == ["risky"]


@LENGTHY
@given(st.lists(WRITTEN, max_size=20))
def test_folding_is_idempotent_and_order_does_not_matter(texts):
    state = talked(texts).state
    shuffled = tuple(reversed(state.answers))
    again = fold(FLOW, shuffled, state.held, judge=judge)
    assert again.answers == state.answers
    assert again.position == state.position


@LENGTHY
@given(st.lists(WRITTEN, max_size=20), st.integers(1, 6))
def test_going_back_and_keeping_every_answer_changes_nothing(texts, count):
    patient = talked(texts)
    if patient.state.reask or patient.state.pending or not patient.state.position:
        return
    before = patient.state
    patient.says(f"back {count}")
    for _ in range(len(patient.state.reask)):
        patient.says("skip")
    assert patient.state.answers == before.answers
    assert patient.state.position == before.position
    assert patient.state.reask == ()


def test_a_patient_reaches_the_end_by_answering():
    patient = talked([])
    seen = []
    while patient.state.position:
        seen.append(patient.state.position)
        patient.says(good_reply(patient))
    assert seen[0] == "way"
    assert seen[-1] == "sum"
    assert all(answer.status is AnswerStatus.ANSWERED for answer in patient.state.answers)
    assert isinstance(FLOW.steps[FLOW.index["sum"]], SummaryStep)
