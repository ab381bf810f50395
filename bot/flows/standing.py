"""Where a conversation stands, for a page that shows it: what is open, how far, what can be done.

Pure, and nothing is said or walked: a page may look as often as it likes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from bot.core.decisions import Decision
from bot.core.messages import Channel, Choice
from bot.flows.commands import can_be_asked_again, may_skip
from bot.flows.engine import current_choices
from bot.flows.model import AskStep, Flow, LinkStep, SummaryStep
from bot.flows.phrases import fill, phrases
from bot.flows.questions import Kind, Question
from bot.flows.state import FlowState, TurnContext
from bot.flows.summary import shown_topics
from bot.flows.turn import Turn

InputKind = Literal["text", "yes_no", "one_of", "many_of", "number", "date"]

_INPUTS: dict[Kind, InputKind] = {
    Kind.YES_NO: "yes_no",
    Kind.ONE_OF: "one_of",
    Kind.MANY_OF: "many_of",
    Kind.INTEGER: "number",
    Kind.DECIMAL: "number",
    Kind.DATE: "date",
}
"""How a page asks for each kind of value; other kinds are written as text."""


@dataclass(frozen=True, slots=True)
class SummaryLine:
    """One answer (or one instrument's answers) in words; `link_id` is what `change` takes."""

    link_id: str
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What is open. `question` is None where the engine or a summary asks; `kind` says how.

    `skip` and `back` are what to send for it, None where that does nothing. `number` of `about`
    questions is open, an estimate; 0 of 0 when nothing is.
    """

    kind: InputKind
    question: Question | None
    choices: tuple[Choice, ...]
    skip: str | None
    back: str | None
    number: int
    about: int
    summary: tuple[SummaryLine, ...] | None


def standing(flow: Flow, state: FlowState) -> Standing:
    """Return where `state` stands, in words for the web."""
    turn = Turn(flow, state, _context(state))
    step, language = turn.open_step(), state.language
    if step is None:
        return Standing("text", None, (), None, None, 0, 0, None)
    number, about = turn.progress()
    skip = phrases().text("skip", language, Channel.WEB)
    choices = tuple(choice for choice in current_choices(flow, state) if choice.value != skip)
    back = phrases().text("back", language, Channel.WEB) if _can_go_back(turn) else None
    asked = step if isinstance(step, AskStep) and turn.pending is None else None
    question = None if asked is None else asked.question
    kind: InputKind = "one_of" if question is None else _INPUTS.get(question.kind, "text")
    can_skip = bool(turn.reask) or (asked is not None and may_skip(turn, asked))
    summary = None
    if isinstance(step, SummaryStep) and turn.pending is None:
        summary = summary_lines(flow, state)
    return Standing(
        kind, question, choices, skip if can_skip else None, back, number, about, summary
    )


def summary_lines(flow: Flow, state: FlowState) -> tuple[SummaryLine, ...]:
    """Return what was answered so far, topic by topic, as the summary lists it on the web."""
    return tuple(
        SummaryLine(_changed_by(flow, topic.link_ids), topic.name, shown)
        for topic, shown in shown_topics(flow, state.answers, state.language)
    )


def changeable(flow: Flow, link_id: str) -> bool:
    """Whether the answer to this question can be given anew, as long as it is on the path."""
    step = flow.steps[flow.index[link_id]] if link_id in flow.index else None
    return isinstance(step, AskStep) and not isinstance(step, LinkStep)


def wish_to_change(flow: Flow | None, target: str, language: str) -> str:
    """Return in words that a patient wants to change the answer to a question or group."""
    topic = _topic_of(flow, target, language) if flow is not None else ""
    key = "change_asked" if topic else "change_some"
    return fill(phrases().text(key, language, Channel.WEB), {"topic": topic})


def _topic_of(flow: Flow, target: str, language: str) -> str:
    for step in flow.steps:
        if isinstance(step, AskStep) and target in (step.id, step.group):
            wording = step.topic or step.plain
            return wording.get((language, Channel.WEB), "")
    return ""


def _changed_by(flow: Flow, link_ids: tuple[str, ...]) -> str:
    step = flow.steps[flow.index[link_ids[0]]]
    return (step.group if isinstance(step, AskStep) else None) or link_ids[0]


def _can_go_back(turn: Turn) -> bool:
    if turn.reask:
        return next(iter(a.link_id for a in turn.answers), None) != turn.reask[0]
    return any(can_be_asked_again(turn, answer.link_id) for answer in turn.answers)


def _context(state: FlowState) -> TurnContext:
    return TurnContext(date.min, state.turn_count, state.channel, {}, _nobody_judges)


def _nobody_judges(answers: Iterable[object]) -> Decision:
    raise RuntimeError("looking walks nowhere, so nothing is judged")
