"""Commands: what a patient says to the conversation instead of answering.

Only a whole message is a command: "I want to go back to work" answers something. Words that a
phone carrier acts on (STOP, HELP) are none of this module's business.
"""

from __future__ import annotations

from functools import cache

from bot.flows.reading.lexicon import Lexicon, lexicon
from bot.flows.reading.results import Command, CommandKind
from bot.flows.reading.spelling import fold, storable, words_of

LONGEST_COMMAND = 60
"""Characters; whoever writes more is telling something."""

_LONGEST_COUNT = 3


def read_command(text: str, *, language: str) -> Command | None:
    """Return the command that is the whole message, in any language known; None if it is none."""
    quick = text.strip().lower()
    if len(quick) > LONGEST_COMMAND:
        return None
    found = _table().get(quick)
    if found is not None:
        return found
    words = words_of(fold(storable(text)))
    phrase = " ".join(word for word in words if word.isalnum())
    if not phrase or any(not _may_stand(word) for word in words):
        return None
    return _table().get(phrase) or _back(phrase.split(), language)


def _may_stand(word: str) -> bool:
    """Whether a command may hold this: words and punctuation, nothing that carries a meaning."""
    return word.isalnum() or word in ",'"


@cache
def _table() -> dict[str, Command]:
    known = lexicon()
    table = {phrase: Command(CommandKind(kind)) for phrase, kind in known.commands.items()}
    table.update(
        (phrase, Command(CommandKind.LANGUAGE, language=language))
        for phrase, language in known.switch_language.items()
    )
    return table


def _back(words: list[str], language: str) -> Command | None:
    """Read "back 2", "go back two questions", "atras tres"."""
    known = lexicon()
    while words and words[-1] in known.back_steps:
        words = words[:-1]
    if len(words) < 2 or known.commands.get(" ".join(words[:-1])) != CommandKind.BACK:
        return None
    count = _count(words[-1], language, known)
    return Command(CommandKind.BACK, count=count) if count else None


def _count(word: str, language: str, known: Lexicon) -> int | None:
    if word.isdigit():
        return int(word) if len(word) <= _LONGEST_COUNT else None
    spoken = language if language in known.languages else known.languages[0]
    values = known.numbers.plain[spoken].get(word, ())
    return values[0] if len(values) == 1 else None
