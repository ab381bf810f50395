"""An answer in words, for the patient who gave it to check it. Never sent by SMS as a list.

Where a value has no words of ours (free text) the patient's own are shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

from bot.core.answers import Answer, AnswerStatus, Value
from bot.core.messages import Channel
from bot.flows.model import AskStep
from bot.flows.offers import UNSURE
from bot.flows.phrases import fill, phrases
from bot.flows.questions import Kind, Question
from bot.flows.reading.places import places


def show_answer(step: AskStep, answer: Answer, language: str, channel: Channel) -> str:
    """Return the answer in words: what was understood, "not sure", or "left open"."""
    if answer.status is AnswerStatus.ANSWERED:
        unknown = answer.parts.get("unrecognised")
        if isinstance(unknown, tuple) and isinstance(answer.value, tuple) and unknown:
            return ", ".join((*answer.value, *unknown))
        return show_value(step.question, answer.value, answer.written, language, channel=channel)
    unsure = answer.status is AnswerStatus.UNCLEAR and step.question.unsure
    return phrases().text("unsure" if unsure else "not_answered", language, channel)


def show_value(
    question: Question, value: Value, written: str, language: str, *, channel: Channel
) -> str:
    """Return a value of this question in words."""
    if value in (UNSURE, (UNSURE,)):
        return phrases().text("unsure", language, channel)
    show = _SHOWN.get(question.kind)
    return show(question, value, language) if show else written or str(value)


def _yes_no(question: Question, value: Value, language: str) -> str:
    return phrases().text("yes" if value else "no", language, Channel.WEB)


def _label(question: Question, value: Value, language: str) -> str:
    labels = (choice.labels for choice in question.choices if choice.value == value)
    return _in(next(labels, {}), language) or str(value)


def _in(labels: Mapping[str, str], language: str) -> str:
    return labels.get(language) or next(iter(labels.values()), "")


def _labels(question: Question, value: Value, language: str) -> str:
    values = value if isinstance(value, tuple) else ()
    shown = ", ".join(_label(question, code, language) for code in values)
    return shown or phrases().text("nothing", language, Channel.WEB)


def _number(question: Question, value: Value, language: str) -> str:
    unit = phrases().text(f"unit_{question.unit.value}", language, Channel.WEB)
    number = f"{value:g}" if isinstance(value, float) else str(value)
    return f"{number} {unit}".rstrip()


def _date(question: Question, value: Value, language: str) -> str:
    year, month, day = str(value).split("-")
    say = phrases()
    months = say.text("months", language, Channel.WEB).split()
    words = {"year": year, "month": months[int(month) - 1], "day": str(int(day))}
    return fill(say.text("date", language, Channel.WEB), words)


def _names(question: Question, value: Value, language: str) -> str:
    names = value if isinstance(value, tuple) else ()
    return ", ".join(names) or phrases().text("nothing", language, Channel.WEB)


def _place(question: Question, value: Value, language: str) -> str:
    code = str(value)
    return _place_names().get(code, code)


@cache
def _place_names() -> Mapping[str, str]:
    """Return code -> the first name that the places' list gives it."""
    named: dict[str, str] = {}
    for name, codes in places().names:
        if len(codes) == 1:
            named.setdefault(codes[0], name.title())
    return named


_SHOWN: Mapping[Kind, Callable[[Question, Value, str], str]] = {
    Kind.YES_NO: _yes_no,
    Kind.ONE_OF: _label,
    Kind.MANY_OF: _labels,
    Kind.INTEGER: _number,
    Kind.DECIMAL: _number,
    Kind.DATE: _date,
    Kind.PLACE: _place,
    Kind.MEDICATIONS: _names,
    Kind.BLOOD_PRESSURE: lambda _, value, __: str(value),
}
