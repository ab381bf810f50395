"""Check that each choice can be picked: what is shown must be understood when it comes back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from bot.core.answers import Value
from bot.core.messages import Channel
from bot.flows.lint_problem import LintOptions, Problem
from bot.flows.model import AskStep, Flow
from bot.flows.offers import UNSURE
from bot.flows.questions import Kind
from bot.flows.reading import Understood, Unsure, read_reply

_ANY_DAY = date(2026, 1, 1)
"""Choices do not depend on the day."""


def unreadable_choices(flow: Flow, options: LintOptions) -> Iterator[Problem]:
    """Report choices that neither their number nor their label picks, in some language."""
    for step in flow.steps:
        if isinstance(step, AskStep) and step.question.kind in (Kind.ONE_OF, Kind.MANY_OF):
            for language in flow.languages:
                yield from _unreadable(step, language)


def _unreadable(step: AskStep, language: str) -> Iterator[Problem]:
    shown = step.choices[language, Channel.SMS]
    for place, choice in enumerate(step.reading.choices):
        written = (shown[place].value, shown[place].label, choice.labels.get(language, ""))
        if not any(_picks(step, text, choice.value, language) for text in written):
            path = f"{step.id}.choices[{place}].label.{language}"
            yield Problem("choice-unreadable", path, "neither its number nor its label picks it")


def _picks(step: AskStep, text: str, value: str, language: str) -> bool:
    reading = read_reply(step.reading, text, language=language, today=_ANY_DAY)
    if isinstance(reading, Unsure):
        return value == UNSURE
    wanted: Value = (value,) if step.question.kind is Kind.MANY_OF else value
    return isinstance(reading, Understood) and reading.value == wanted
