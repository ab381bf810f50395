"""The list of topics that a patient may change: by SMS their names only, on the web the answers.

A text message may lie open on a table; it never repeats what the patient has told us.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.core.answers import Answer, AnswerStatus
from bot.core.messages import Channel, Choice
from bot.flows.display import show_answer
from bot.flows.model import AskStep, Flow
from bot.flows.phrases import phrases
from bot.flows.questions import Kind, Question, QuestionChoice

_NO_BRACES = str.maketrans("{}", "()")
"""A patient's own words must not pass for a placeholder."""


@dataclass(frozen=True, slots=True)
class Topic:
    """One entry: its name, the questions behind it, and their answers in words (for the web)."""

    name: str
    link_ids: tuple[str, ...]
    shown: str


@dataclass(frozen=True, slots=True)
class Listing:
    """The entries, numbered from 1; 0 stands for going on. `text` begins on a new line."""

    text: str
    choices: tuple[Choice, ...]
    question: Question
    topics: tuple[Topic, ...]


def list_topics(
    flow: Flow, answers: Sequence[Answer], *, language: str, channel: Channel, confirm: bool
) -> Listing:
    """Return what can be changed; `confirm` words choice 0 as "all is right"."""
    topics = _topics(flow, answers, language, channel)
    zero = phrases().text("all_right" if confirm else "change_none", language, channel)
    names = [zero, *(topic.name for topic in topics)]
    lines = [f"{number} {name}" for number, name in enumerate(names)]
    if channel is Channel.WEB:
        lines = [f"{topic.name}: {topic.shown}" for topic in topics]
    if confirm and channel is Channel.SMS:
        lines.append(phrases().text("summary_hint", language, channel))
    return Listing(
        text="".join(f"\n{line}" for line in lines),
        choices=tuple(Choice(str(number), name) for number, name in enumerate(names)),
        question=_question(names, language),
        topics=topics,
    )


def list_all_topics(flow: Flow, language: str) -> Listing:
    """Return the summary by SMS at its longest: with every topic of the flow."""
    every = [Answer(link_id, AnswerStatus.SKIPPED) for link_id in flow.order]
    return list_topics(flow, every, language=language, channel=Channel.SMS, confirm=True)


def _question(names: Sequence[str], language: str) -> Question:
    """Return a question to read the reply with: a number, or a topic's name."""
    words = {language: phrases().words("all_right_words", language)}
    choices = [QuestionChoice("0", {language: names[0]}, words)]
    choices += [QuestionChoice(str(n), {language: name}) for n, name in enumerate(names) if n]
    return Question("", Kind.ONE_OF, tuple(choices), first_number=0, languages=(language,))


def _topics(
    flow: Flow, answers: Sequence[Answer], language: str, channel: Channel
) -> tuple[Topic, ...]:
    """Return one topic per question that has one, and one per instrument that has one."""
    found: dict[str, Topic] = {}
    for answer in answers:
        step = flow.steps[flow.index[answer.link_id]]
        if not isinstance(step, AskStep) or step.topic is None:
            continue
        key, shown = step.group or step.id, show_answer(step, answer, language, channel)
        if key in found:  # a further item of the same instrument
            shown = phrases().text("given", language, channel)
        before = found[key].link_ids if key in found else ()
        name = step.topic[language, channel]
        found[key] = Topic(name, (*before, answer.link_id), shown.translate(_NO_BRACES))
    return tuple(found.values())
