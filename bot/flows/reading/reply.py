"""One reply, prepared once for whichever reader its question needs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bot.flows.questions import Question
from bot.flows.reading.lexicon import Lexicon, lexicon
from bot.flows.reading.results import Ambiguous, AmbiguousReason, Understood
from bot.flows.reading.spelling import BREAK, fold, storable, words_of


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply to a question: as it is stored, folded, and cut into words (BREAK between clauses).

    `plain` are the words without BREAK and `phrase` is those joined by spaces.
    """

    question: Question
    written: str
    folded: str
    words: tuple[str, ...]
    plain: tuple[str, ...]
    phrase: str
    language: str
    today: date
    lexicon: Lexicon

    def is_safe(self, value: bool | str | tuple[str, ...]) -> bool:
        """Whether `value` is an answer that would end concern: never concluded from a typo."""
        risk = self.question.risk
        return risk is not None and not risk.is_positive(value)


def prepare(question: Question, text: str, *, language: str, today: date) -> Reply:
    """Return the reply in all forms readers use; a language without words counts as the first."""
    words_known = lexicon()
    written = storable(text)
    folded = fold(written)
    words = tuple(words_of(folded))
    plain = tuple(word for word in words if word != BREAK)
    spoken = language if language in words_known.languages else words_known.languages[0]
    return Reply(
        question, written, folded, words, plain, " ".join(plain), spoken, today, words_known
    )


def either(
    first: Understood, second: Understood, reason: AmbiguousReason
) -> Ambiguous | Understood:
    """Return both readings to choose from, or the one when they come to the same value."""
    return first if first.value == second.value else Ambiguous((first, second), reason)
