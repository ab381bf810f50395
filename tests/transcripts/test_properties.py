"""What holds for any patient: any replies, any order, any change for the worse."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.answers import Answer, AnswerStatus, Value
from bot.core.decisions import Decision
from bot.core.messages import Channel
from bot.flows.events import Ended, RiskAnswered
from bot.flows.questions import Question
from bot.flows.reading import Understood, read_reply
from bot.flows.state import decode_state, encode_state
from tests.transcripts.talking import TODAY, Stage, Talk, answer_until, texts_of

HERE = Path(__file__).parent
QUIET = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

PLAUSIBLE = [
    "1",
    "2",
    "3",
    "0",
    "yes",
    "no",
    "none",
    "sí",
    "ninguna",
    "not sure",
    "NONE",
    "120/80",
]
COMMANDS = ["back", "skip", "why", "repeat", "HUMAN", "pause", "en español", "English", "change"]
ODD = [
    "",
    "   ",
    "maybe",
    "yes but no",
    "²",
    "1 and 3",
    "11",
    "-1",
    "3/4/1990",
    "California",
    "🙂",
]
REPLIES = st.one_of(
    st.sampled_from(PLAUSIBLE),
    st.sampled_from(PLAUSIBLE + COMMANDS + ODD + ["start over"]),
    st.text(max_size=40),
)

WORSE: dict[str, list[str]] = {
    "dob": ["March 14 2004", "March 14 1950", "March 14 2012"],
    "place": ["Texas"],
    "phq9_9": ["1", "3"],
    "asq_1": ["yes"],
    "asq_3": ["yes"],
    "asq_4": ["yes"],
    "asq_5": ["yes"],
    "overdose_taken": ["yes"],
    "harm_others": ["yes"],
    "psychosis_now": ["yes"],
    "psychosis_commands": ["yes"],
    "intoxicated_now": ["yes"],
    "mania_now": ["yes"],
    "mental_history": ["1 2", "1 3 4", "2"],
    "trials_adequate": ["1"],
    "ketamine_history": ["1", "3", "4"],
    "head_conditions": ["1", "3", "4 6"],
    "bp": ["145/85", "150/95", "190/110"],
    "bp_symptoms": ["yes"],
    "heart_conditions": ["1", "4 7"],
    "heart_recent": ["yes"],
    "body_conditions": ["1", "3 4", "8"],
    "drug_use": ["1", "40"],
    "medications": ["xanax 1 mg", "oxycodone", "zzyzzyx 3 mg"],
    "home_safety": ["2", "3"],
}
"""For each question, replies that are worse than the sheet's; the last is not always the worst.

No adequate trial at all is left out: it means not now, but review as soon as the suicide screen is
not negative, so that a clinician sees the patient. There a worse answer does change the outcome.
"""


def sheet() -> dict[str, str]:
    path = HERE / "sheets" / "base-en.yaml"
    loaded: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return {link_id: str(reply) for link_id, reply in loaded.items()}


SHEET = sheet()


def play(stage: Stage, replies: list[str], channel: Channel) -> Talk:
    talk = Talk.begin(stage, "en", channel)
    for text in replies:
        talk.say(text)
    return talk


def answers_read(stage: Stage, replies: dict[str, str]) -> list[Answer]:
    """Read every question's reply, those that the flow would pass over as well."""
    found: list[Answer] = []
    for link_id, question in stage.flow.questions.items():
        if link_id not in replies or link_id in ("channel_choice", "anything_else"):
            continue
        reading = read_reply(question, replies[link_id], language="en", today=TODAY)
        if isinstance(reading, Understood):
            parts = dict(reading.parts) | points(question, reading)
            found.append(Answer(link_id, AnswerStatus.ANSWERED, reading.value, parts))
    return found


def points(question: Question, reading: Understood) -> dict[str, Value]:
    """The option's points, which the engine puts beside an instrument's answer."""
    ordinals = {choice.value: choice.ordinal for choice in question.choices}
    score = ordinals.get(str(reading.value))
    return {} if score is None else {"score": score}


@QUIET
@given(replies=st.lists(REPLIES, max_size=60), channel=st.sampled_from(Channel))
def test_any_reply_at_any_question_leaves_a_sound_state(
    stage: Stage, replies: list[str], channel: Channel
) -> None:
    talk = Talk.begin(stage, "en", channel)
    for text in replies:
        events = talk.say(text)
        assert texts_of(events).strip(), "the patient is never left without a word"
        assert decode_state(encode_state(talk.state)) == talk.state
        ended = talk.open_question == "end"
        assert ended == bool(talk.state.outcome)
        assert not any(isinstance(e, Ended) for e in events) or ended


@QUIET
@given(replies=st.lists(REPLIES, max_size=50))
def test_the_same_replies_give_the_same_record_and_decision(
    stage: Stage, replies: list[str]
) -> None:
    first, second = (play(stage, replies, Channel.SMS) for _ in range(2))
    assert first.lines == second.lines
    assert first.decision == second.decision


@QUIET
@given(start=st.sampled_from(["phq9_9", "asq_1", "asq_4", "overdose_taken", "harm_others"]))
def test_a_risk_that_was_told_stays_in_the_record_after_going_back(
    stage: Stage, start: str
) -> None:
    talk = Talk.begin(stage, "en", Channel.SMS)
    answer_until(talk, start, SHEET, "on the way")
    talk.say("3" if start == "phq9_9" else "yes")
    told = [e for e in talk.events if isinstance(e, RiskAnswered)]
    talk.say("back")
    talk.say("0" if start == "phq9_9" else "no")
    assert [e for e in talk.events if isinstance(e, RiskAnswered)][: len(told)] == told
    assert told


def changes(most: int) -> st.SearchStrategy[dict[str, str]]:
    one = st.sampled_from(sorted(WORSE)).flatmap(
        lambda link_id: st.tuples(st.just(link_id), st.sampled_from(WORSE[link_id]))
    )
    return st.lists(one, max_size=most).map(dict)


def decided(stage: Stage, replies: dict[str, str]) -> Decision:
    return stage.judge(answers_read(stage, SHEET | replies))


@settings(parent=QUIET, max_examples=150)
@given(some=changes(4), more=changes(2))
def test_a_worse_answer_never_lowers_the_disposition_of_any_route(
    stage: Stage, some: dict[str, str], more: dict[str, str]
) -> None:
    before = decided(stage, some)
    after = decided(stage, more | some)
    assert after.disposition >= before.disposition
    assert all(after.routes[route] >= found for route, found in before.routes.items())
    assert {r.id for r in before.fired if not r.because_unknown} - {r.id for r in after.fired} <= {
        "phq9-moderate",
        "trials-two",
        "asq-non-acute",
    }


def test_every_worse_answer_in_the_table_is_read_and_is_worse(stage: Stage) -> None:
    plain = decided(stage, {})
    assert plain.disposition.label == "eligible"
    for link_id, replies in WORSE.items():
        if link_id in ("asq_5", "ketamine_history"):
            continue  # asq_5 alone is never asked; ketamine at a clinic is no worse
        for reply in replies:
            assert decided(stage, {link_id: reply}).disposition > plain.disposition, (
                link_id,
                reply,
            )
