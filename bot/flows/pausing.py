"""The first reply after a pause or a reminder: an answer, or only a sign of life?"""

from __future__ import annotations

from bot.flows.model import AskStep
from bot.flows.questions import Kind, Question
from bot.flows.reading import Reading, Understood, read_reply
from bot.flows.turn import Turn

YES_NO = Question("", Kind.YES_NO)
"""A question of the engine's own, to read a bare yes or no by."""

_FREE = frozenset({Kind.TEXT, Kind.MEDICATIONS})
"""Kinds to which almost any text would be an answer."""


def is_taken_at_once(turn: Turn, step: AskStep, reading: Reading, text: str) -> bool:
    """Whether a reply is a clear pick of what the open question offers."""
    return isinstance(reading, Understood) and is_heard(turn, step, reading, text)


def is_heard(turn: Turn, step: AskStep, reading: Reading, text: str) -> bool:
    """Whether a reply is heard as one to the open question; always so without a pause.

    A bare yes or no may be meant for whatever brought the patient back. It counts only where it
    means danger; otherwise the question is asked again.
    """
    if not turn.paused:
        return True
    if not isinstance(reading, Understood) or step.question.kind in _FREE:
        return False
    risk = step.question.risk
    means_danger = risk is not None and risk.is_positive(reading.value)
    return means_danger or text.strip().isdecimal() or not _is_yes_or_no(turn, text)


def _is_yes_or_no(turn: Turn, text: str) -> bool:
    reading = read_reply(YES_NO, text, language=turn.language, today=turn.context.today)
    return isinstance(reading, Understood)
