"""How the choices of a question are offered.

By SMS they are numbered lines under the text; on the web they are buttons, which send the same
number back. Where that number would be read otherwise, since a label holds it ("3 or 4"), a button
sends its label. Numbers come first: a label may be a word that shows danger when sent alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from bot.core.messages import Channel, Choice
from bot.flows.files import ChoiceFile
from bot.flows.model import Wording
from bot.flows.phrases import for_channel, phrases
from bot.flows.questions import Kind, Question, QuestionChoice
from bot.flows.reading import Understood, read_reply

UNSURE = "?"
"""Value of the choice "not sure" that reading is shown; no choice of a file can have it."""

_DIGIT = re.compile(r"[0-9]")
_CHOOSING = frozenset({Kind.YES_NO, Kind.ONE_OF, Kind.MANY_OF})


def as_read(question: Question) -> Question:
    """Return the question as reading sees it: with "not sure" as its last choice."""
    if not question.unsure or question.kind not in (Kind.ONE_OF, Kind.MANY_OF):
        return question
    labels = {lang: phrases().text("unsure", lang, Channel.WEB) for lang in question.languages}
    unsure = QuestionChoice(UNSURE, labels, exclusive=True)
    return replace(question, choices=(*question.choices, unsure))


def _labels(
    question: Question, choices: tuple[ChoiceFile, ...], lang: str, channel: Channel
) -> list[str]:
    say = phrases()
    labels = [for_channel(choice.label[lang], channel) for choice in choices]
    if question.kind is Kind.YES_NO:
        labels = [say.text("yes", lang, channel), say.text("no", lang, channel)]
    if question.unsure and question.kind in _CHOOSING:
        labels.append(say.text("unsure", lang, channel))
    return labels


def with_choices(
    question: Question, plain: Wording, choices: tuple[ChoiceFile, ...], *, offers_skip: bool
) -> Wording:
    """Return the whole text per language and channel; the web shows choices as buttons."""
    written = dict(plain)
    for lang, channel in plain:
        if channel is Channel.SMS:
            lines = [plain[lang, channel]]
            lines += _numbered(_labels(question, choices, lang, channel), question.first_number)
            lines += _hints(question, lang, offers_skip=offers_skip)
            written[lang, channel] = "\n".join(lines)
    return written


def _numbered(labels: list[str], first: int) -> list[str]:
    """Return "1 Yes", or "1) 3 or 4" where a label itself begins with a number."""
    mark = ")" if any(label[:1].isdigit() for label in labels) else ""
    return [f"{number}{mark} {label}" for number, label in enumerate(labels, first)]


def _hints(question: Question, lang: str, *, offers_skip: bool) -> list[str]:
    keys = {
        "many_hint": question.kind is Kind.MANY_OF,
        "unsure_hint": question.unsure and question.kind not in _CHOOSING,
        "skip_hint": offers_skip,
    }
    return [phrases().text(key, lang, Channel.SMS) for key, wanted in keys.items() if wanted]


def offered(
    question: Question, choices: tuple[ChoiceFile, ...], *, offers_skip: bool
) -> Mapping[tuple[str, Channel], tuple[Choice, ...]]:
    """Return the choices to show: numbers go back for choices, words for the rest."""
    found: dict[tuple[str, Channel], tuple[Choice, ...]] = {}
    for lang in question.languages:
        for channel in Channel:
            labels = _labels(question, choices, lang, channel)
            values = _values(question, labels, lang, channel)
            extra = [
                ("unsure", question.unsure and question.kind not in _CHOOSING),
                ("skip", offers_skip),
            ]
            words = [phrases().text(key, lang, channel) for key, wanted in extra if wanted]
            found[lang, channel] = (
                *(Choice(*pair) for pair in zip(values, labels, strict=True)),
                *(Choice(word, word) for word in words),
            )
    return found


def _values(question: Question, labels: list[str], lang: str, channel: Channel) -> list[str]:
    """Return what each choice sends back: its number, or its label where the number misleads."""
    numbers = [str(number) for number, _ in enumerate(labels, question.first_number)]
    if channel is Channel.SMS or not any(_DIGIT.search(label) for label in labels):
        return numbers
    shown = as_read(question)
    values = [choice.value for choice in shown.choices]
    return [
        number if _means(shown, number, value, lang) else label
        for number, label, value in zip(numbers, labels, values, strict=True)
    ]


def _means(question: Question, reply: str, value: str, lang: str) -> bool:
    reading = read_reply(question, reply, language=lang, today=date.max)
    return isinstance(reading, Understood) and reading.value in (value, (value,))
