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
    """One entry: its name, and the questions behind it."""

    name: str
    link_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """The entries, numbered from 1; 0 stands for going on. `text` begins on a new line."""

    text: str
    choices: tuple[Choice, ...]
    topics: tuple[Topic, ...]


def list_topics(
    flow: Flow, answers: Sequence[Answer], *, language: str, channel: Channel, confirm: bool
) -> Listing:
    """Return what can be changed; `confirm` words choice 0 as "all is right"."""
    topics = topics_of(flow, answers, language, channel)
    zero = phrases().text("all_right" if confirm else "change_none", language, channel)
    names = [zero, *(topic.name for topic in topics)]
    if channel is Channel.WEB:
        shown = shown_topics(flow, answers, language)
        lines = [f"{topic.name}: {value.translate(_NO_BRACES)}" for topic, value in shown]
    else:
        lines = [f"{number} {name}" for number, name in enumerate(names)]
        if confirm:
            lines.append(phrases().text("summary_hint", language, channel))
    return Listing(
        text="".join(f"\n{line}" for line in lines),
        choices=tuple(Choice(str(number), name) for number, name in enumerate(names)),
        topics=topics,
    )


def shown_topics(
    flow: Flow, answers: Sequence[Answer], language: str
) -> tuple[tuple[Topic, str], ...]:
    """Return each topic with its answer for the web; an instrument's answers are not spelt out."""
    given = {answer.link_id: answer for answer in answers}
    found: list[tuple[Topic, str]] = []
    for topic in topics_of(flow, answers, language, Channel.WEB):
        step = flow.steps[flow.index[topic.link_ids[0]]]
        shown = phrases().text("given", language, Channel.WEB)
        if isinstance(step, AskStep) and step.group is None:
            shown = show_answer(step, given[step.id], language, Channel.WEB)
        found.append((topic, shown))
    return tuple(found)


def list_all_topics(flow: Flow, language: str) -> Listing:
    """Return the summary by SMS at its longest: with every topic of the flow."""
    every = [Answer(link_id, AnswerStatus.SKIPPED) for link_id in flow.order]
    return list_topics(flow, every, language=language, channel=Channel.SMS, confirm=True)


def topic_question(topics: Sequence[Topic], zero: str, language: str) -> Question:
    """Return a question to read the reply with: a number, a topic's name, or the name of 0."""
    words = {language: phrases().words("all_right_words", language)}
    choices = [QuestionChoice("0", {language: zero}, words)]
    choices += [QuestionChoice(str(n), {language: t.name}) for n, t in enumerate(topics, 1)]
    return Question("", Kind.ONE_OF, tuple(choices), first_number=0, languages=(language,))


def topics_of(
    flow: Flow, answers: Sequence[Answer], language: str, channel: Channel
) -> tuple[Topic, ...]:
    """Return one topic per question that has one, and one per instrument that has one."""
    behind: dict[str, list[str]] = {}
    names: list[str] = []
    for answer in answers:
        step = flow.steps[flow.index[answer.link_id]]
        if not isinstance(step, AskStep) or step.topic is None:
            continue
        key = step.group or step.id
        if key not in behind:
            behind[key] = []
            names.append(step.topic[language, channel])
        behind[key].append(answer.link_id)
    return tuple(
        Topic(name, tuple(link_ids)) for name, link_ids in zip(names, behind.values(), strict=True)
    )
