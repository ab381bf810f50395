"""Reading a reply: the one door to all readers.

Most replies are a number or a plain yes or no; those are looked up before anything else is done.
Whatever is written, something comes back: no text raises.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import cache

from bot.flows.questions import Kind, Question
from bot.flows.reading.dates import read_date
from bot.flows.reading.lexicon import Lean, lexicon
from bot.flows.reading.many import read_many_of
from bot.flows.reading.numbers import read_number
from bot.flows.reading.one import quick_number, read_one_of, read_yes_no
from bot.flows.reading.places import read_place
from bot.flows.reading.pressure import read_blood_pressure
from bot.flows.reading.reply import Reply, prepare
from bot.flows.reading.results import Reading, Unclear, UnclearReason, Understood
from bot.flows.reading.spelling import storable
from bot.flows.reading.taken import read_medications

LONGEST_REPLY_CHARS = 1000
"""A longer reply to a question that is not open is a story; it is asked to be put shortly."""

LONGEST_LIST_CHARS = 4000
"""The same for a list of medications."""

_LONGEST_QUICK = 12
_EMPTY = Unclear(UnclearReason.EMPTY)
_TOO_LONG = Unclear(UnclearReason.TOO_LONG)

_READERS: Mapping[Kind, Callable[[Reply], Reading]] = {
    Kind.YES_NO: read_yes_no,
    Kind.ONE_OF: read_one_of,
    Kind.MANY_OF: read_many_of,
    Kind.INTEGER: read_number,
    Kind.DECIMAL: read_number,
    Kind.DATE: read_date,
    Kind.PLACE: read_place,
    Kind.MEDICATIONS: read_medications,
    Kind.BLOOD_PRESSURE: read_blood_pressure,
}


def read_reply(question: Question, text: str, *, language: str, today: date) -> Reading:
    """Return what `text` answers to `question`: a legal value, two to choose from, or no value.

    `language` is the conversation's; replies in the others are read too. `today` is the day at
    the clinic, for ages and future dates. Never raises for any text.
    """
    if len(text) <= _LONGEST_QUICK:
        reading = _quick(question, text)
        if reading is not None:
            return reading
    if question.kind is Kind.TEXT:
        return _read_text(text)
    limit = LONGEST_LIST_CHARS if question.kind is Kind.MEDICATIONS else LONGEST_REPLY_CHARS
    if len(text) > limit:
        # a long run of spaces is no long answer
        text = storable(text)
        if len(text) > limit:
            return _TOO_LONG
    reply = prepare(question, text, language=language, today=today)
    return _READERS[question.kind](reply) if reply.folded else _EMPTY


def _read_text(text: str) -> Reading:
    """Keep free text whole, without control characters; it is unclear only when it is empty."""
    written = storable(text)
    visible = any(character.isprintable() and not character.isspace() for character in written)
    return Understood(written, {}, written) if visible else _EMPTY


def _quick(question: Question, text: str) -> Reading | None:
    """Look a short plain reply up; None when it needs to be read."""
    plain = text.strip()
    if not plain:
        return _EMPTY
    if plain.isdigit() and plain.isascii():
        reader = _QUICK_NUMBERS.get(question.kind)
        return reader(question, int(plain), plain) if reader is not None else None
    if question.kind is Kind.YES_NO:
        answer = _plain_answers().get(plain.lower())
        return None if answer is None else Understood(answer, {}, plain)
    return None


@cache
def _plain_answers() -> Mapping[str, bool]:
    """Return the phrases that are a plain yes or no and nothing else."""
    meanings = {Lean.YES: True, Lean.SAYS_YES: True, Lean.NO: False}
    polarity = lexicon().polarity
    return {phrase: meanings[lean] for phrase, lean in polarity.items() if lean in meanings}


def _quick_many(question: Question, number: int, written: str) -> Reading | None:
    one = quick_number(question, number, written)
    return (
        Understood((one.value,), {}, written)
        if isinstance(one, Understood) and isinstance(one.value, str)
        else one
    )


def _quick_integer(question: Question, number: int, written: str) -> Reading | None:
    low = 0 if question.minimum is None else question.minimum
    if low <= number and (question.maximum is None or number <= question.maximum):
        return Understood(number, {}, written)
    return Unclear(UnclearReason.OUT_OF_RANGE)


_QUICK_NUMBERS: Mapping[Kind, Callable[[Question, int, str], Reading | None]] = {
    Kind.YES_NO: quick_number,
    Kind.ONE_OF: quick_number,
    Kind.MANY_OF: _quick_many,
    Kind.INTEGER: _quick_integer,
}
