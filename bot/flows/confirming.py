"""When a reply has two readings: ask which one is meant, never choose.

By SMS a date is not repeated, since it may be a date of birth: the patient is asked which number
came first instead. A century cannot be asked that way; there the date is asked for again.
"""

from __future__ import annotations

import re

from bot.core.messages import Channel, Choice
from bot.flows.display import show_value
from bot.flows.model import AskStep
from bot.flows.offers import UNSURE
from bot.flows.questions import Kind, Question, QuestionChoice
from bot.flows.reading import Ambiguous, Understood, read_reply
from bot.flows.reading.results import AmbiguousReason
from bot.flows.state import Pending, PendingKind, PossibleReading
from bot.flows.turn import Turn

NEITHER = "neither"
_FIRST_NUMBER = re.compile(r"\d+")


def has_wording(turn: Turn, reading: Ambiguous) -> bool:
    """Whether the two readings can be told apart in words that may be sent on this channel."""
    return turn.channel is Channel.WEB or reading.reason is not AmbiguousReason.CENTURY


def confirm(turn: Turn, step: AskStep, reading: Ambiguous) -> None:
    """Ask which of the two readings is meant."""
    readings = tuple(_possible(one) for one in reading.readings)
    turn.pending = Pending(PendingKind.READING, readings, reading.reason.value)
    ask_which(turn, step)


def ask_which(turn: Turn, step: AskStep) -> None:
    """Ask (again) which of the readings that are pending is meant."""
    if turn.pending is None:
        return
    labels = _labels(turn, step, turn.pending)
    text = turn.phrase("confirm_date" if _asks_order(turn, turn.pending) else "confirm")
    if turn.channel is Channel.SMS:
        text = "\n".join((text, *(f"{n} {label}" for n, label in enumerate(labels, 1))))
    turn.ask_own(text, tuple(Choice(str(n), label) for n, label in enumerate(labels, 1)))


def chosen(turn: Turn, step: AskStep, text: str) -> PossibleReading | str | None:
    """Return the reading that `text` picks, NEITHER, or None when it picks none of them."""
    pending = turn.pending
    if pending is None:
        return None
    picks: tuple[PossibleReading | str, ...] = (*pending.readings, NEITHER)
    number = text.strip().rstrip(".)")
    if number.isdecimal() and len(number) == 1 and 1 <= int(number) <= len(picks):
        return picks[int(number) - 1]  # even where a label holds this number too
    labels = _labels(turn, step, pending)
    values = [*map(str, range(len(pending.readings))), NEITHER]
    choices = tuple(
        QuestionChoice(value, {turn.language: label})
        for value, label in zip(values, labels, strict=True)
    )
    question = Question("", Kind.ONE_OF, choices, languages=(turn.language,))
    reading = read_reply(question, text, language=turn.language, today=turn.context.today)
    if not isinstance(reading, Understood):
        return None
    return NEITHER if reading.value == NEITHER else pending.readings[int(str(reading.value))]


def _possible(reading: Understood) -> PossibleReading:
    unsure = reading.value in (UNSURE, (UNSURE,))
    return PossibleReading(reading.value, reading.parts, reading.written, unsure)


def _asks_order(turn: Turn, pending: Pending) -> bool:
    """Whether to ask which number came first in a date instead of showing the dates."""
    return turn.channel is Channel.SMS and pending.reason == AmbiguousReason.DAY_OR_MONTH


def _labels(turn: Turn, step: AskStep, pending: Pending) -> list[str]:
    if _asks_order(turn, pending):
        shown = [turn.phrase(_order(reading)) for reading in pending.readings]
    else:
        shown = [
            show_value(step.question, one.value, one.written, turn.language, channel=turn.channel)
            for one in pending.readings
        ]
    return [*shown, turn.phrase("neither")]


def _order(reading: PossibleReading) -> str:
    """Return the phrase for what came first in the patient's date under this reading."""
    first = _FIRST_NUMBER.search(reading.written)
    month = int(str(reading.value)[5:7])
    return "month_first" if first is not None and int(first[0]) == month else "day_first"
