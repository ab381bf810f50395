"""Checks of texts: length and alphabet by SMS, how hard they are to read, whether why is said."""

from __future__ import annotations

from collections.abc import Iterator

from bot.core.messages import Channel
from bot.core.segments import count_segments, is_gsm7
from bot.flows.lint_problem import LintOptions, Problem
from bot.flows.model import (
    AskStep,
    EndStep,
    Flow,
    FlowStep,
    LinkStep,
    SayStep,
    SummaryStep,
    Wording,
)
from bot.flows.phrases import fill
from bot.flows.reading_grade import reading_grade
from bot.flows.summary import list_all_topics

_SHARED = frozenset({"topic", "why", "stem"})
"""What the items of one instrument have in common: checked once, with the first of them."""


def wordings(flow: Flow) -> Iterator[tuple[int, str, Wording]]:
    """Give every text of the flow: the number of its step, the name of its field, the text."""
    seen: set[tuple[str, str]] = set()
    for number, step in enumerate(flow.steps):
        group = step.group if isinstance(step, AskStep) else None
        for field, wording in _fields(step):
            if group is not None and field in _SHARED:
                if (group, field) in seen:
                    continue
                seen.add((group, field))
            yield number, field, wording


def _fields(step: FlowStep) -> Iterator[tuple[str, Wording]]:
    if isinstance(step, SayStep | EndStep | SummaryStep | AskStep):
        yield "text", step.text
    if isinstance(step, AskStep):
        for field, wording in (("why", step.why), ("topic", step.topic), ("stem", step.stem)):
            if wording is not None:
                yield field, wording
        for number, wording in enumerate(step.again or ()):
            yield f"again[{number}]", wording
    if isinstance(step, LinkStep) and step.offer is not None:
        yield "offer", step.offer


def long_texts(flow: Flow, options: LintOptions) -> Iterator[Problem]:
    """Report texts that take more SMS segments than their limit.

    An instrument's introduction is counted with the first item that it is sent with.
    """
    stems = {number: w for number, field, w in wordings(flow) if field == "stem"}
    for number, field, wording in wordings(flow):
        step = flow.steps[number]
        for language in flow.languages:
            text = _sms(wording, language, options)
            if field == "text" and number in stems:
                text = f"{_sms(stems[number], language, options)}\n{text}"
            if isinstance(step, SummaryStep):
                text += list_all_topics(flow, language).text
            yield from _too_long(text, f"{step.id}.{field}.{language}.sms", step, options)


def _too_long(text: str, path: str, step: FlowStep, options: LintOptions) -> Iterator[Problem]:
    found, limit = count_segments(text).segments, _limit(step, options)
    if found > limit:
        message = f"takes {found} segments, at most {limit} may be sent"
        yield Problem("sms-segments", path, message)


def _limit(step: FlowStep, options: LintOptions) -> int:
    if isinstance(step, SummaryStep):
        return options.summary_segments
    if isinstance(step, AskStep) and step.group is not None:
        return options.instrument_segments
    return options.segments


def wide_texts(flow: Flow, options: LintOptions) -> Iterator[Problem]:
    """Report SMS texts with a character that makes every segment less than half as long."""
    for number, field, wording in wordings(flow):
        for language in flow.languages:
            text = wording[language, Channel.SMS]
            if not is_gsm7(text):
                wide = sorted({letter for letter in text if not is_gsm7(letter)})
                path = f"{flow.steps[number].id}.{field}.{language}.sms"
                message = f"{' '.join(wide)} forces UCS-2, 70 characters a segment"
                yield Problem("sms-alphabet", path, message)


def hard_texts(flow: Flow, options: LintOptions) -> Iterator[Problem]:
    """Report nodes whose own words are above the reading grade; published wording is exempt."""
    for step in flow.steps:
        for language in flow.languages:
            for channel in Channel:
                text = "\n".join(_own_words(step, language, channel))
                grade = reading_grade(text, language)
                long_enough = len(text.split()) >= options.grade_words
                if grade is not None and long_enough and grade > options.grade:
                    path = f"{step.id}.{language}.{channel.value}"
                    message = f"reads at grade {grade:.1f}, at most {options.grade:g} is allowed"
                    yield Problem("reading-grade", path, message)


def _own_words(step: FlowStep, language: str, channel: Channel) -> Iterator[str]:
    """Give the words that are ours to choose, without choices and topics."""
    key = (language, channel)
    if isinstance(step, AskStep):
        if step.group is None:
            yield step.plain[key]
        if step.why is not None:
            yield step.why[key]
    elif isinstance(step, SayStep | EndStep | SummaryStep):
        yield step.text[key]
    if isinstance(step, LinkStep) and step.offer is not None:
        yield step.offer[key]


def missing_whys(flow: Flow, options: LintOptions) -> Iterator[Problem]:
    """Report sensitive and risk questions that do not say why they are asked."""
    for step in flow.steps:
        if not isinstance(step, AskStep) or step.why is not None:
            continue
        if step.sensitive or step.question.risk is not None:
            yield Problem("why-missing", f"{step.id}.why", "a sensitive question says why")


def _sms(wording: Wording, language: str, options: LintOptions) -> str:
    return fill(wording[language, Channel.SMS], options.words)
