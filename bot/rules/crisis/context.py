"""Reading a text with what came before it: the question it answers, the texts it continues."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.core.findings import (
    Category,
    Finding,
    RuleHit,
    Subject,
    Tier,
    worse_of,
)
from bot.rules.crisis.fold import fold
from bot.rules.crisis.model import AnswerFile
from bot.rules.crisis.search import LazyPattern

_GAP = r"[^a-z0-9\x07]+"
_EDGE = r"[^a-z0-9\x07]*"
_WINDOW_TEXTS = 3
_WINDOW_CHARACTERS = 400


@dataclass(frozen=True, slots=True)
class RiskQuestion:
    """The risk question now being answered, and the tier that a positive answer means."""

    link_id: str
    category: Category
    tier: Tier


@dataclass(frozen=True, slots=True)
class Answers:
    """Compiled readings of short replies: `positive` includes every hedge, `negative` none."""

    positive: Any
    negative: Any


def screen_in_context(
    text: str,
    previous: Sequence[str],
    question: RiskQuestion | None,
    *,
    screen: Callable[[str], Finding],
    straddling: Callable[[str, int], Finding],
    answers: Answers,
) -> Finding:
    """Return the worst of: the text alone, with the texts before it, as answer to the question."""
    finding = screen(text)
    if previous:
        finding = worse_of(finding, _across_messages(text, previous, straddling))
    if question is not None and _is_positive(text, answers):
        finding = worse_of(_answer_finding(text, question), finding)
    return finding


def _answer_finding(text: str, question: RiskQuestion) -> Finding:
    hit = RuleHit(f"answer:{question.link_id}", 0, len(text))
    return Finding(question.tier, question.category, Subject.SELF, (hit,))


def compile_answers(file: AnswerFile) -> Answers:
    """Return the compiled readings of the short replies in `file`."""
    openers = f"(?:(?:{_any_phrase(file.openers)}){_GAP})*"
    positive = _any_phrase([*file.positive, *file.positive_es])
    negative, tails = _any_phrase(file.negative), _any_phrase(file.negative_tails)
    return Answers(
        positive=LazyPattern(
            lambda: rf"\A{_EDGE}{openers}(?:{positive})(?:{_GAP}|\z)", "positive"
        ),
        negative=LazyPattern(
            lambda: rf"\A{_EDGE}{openers}(?:{negative})(?:{_GAP}(?:{tails}))*{_EDGE}\z", "negative"
        ),
    )


def _any_phrase(phrases: Sequence[str]) -> str:
    """Return the source of any of `phrases`, their letters repeated as one likes."""
    return "|".join(
        "".join(_GAP if char == " " else f"{char}+" for char in fold(phrase).text)
        for phrase in phrases
    )


def _is_positive(text: str, answers: Answers) -> bool:
    reply = fold(text).text.replace("'", "").encode()
    return answers.positive.search(reply) is not None and answers.negative.search(reply) is None


def _across_messages(
    text: str, previous: Sequence[str], straddling: Callable[[str, int], Finding]
) -> Finding:
    """Return what is said only by `text` and the texts before it together.

    A hit counts when it began before `text` and ends inside it; its span is cut to `text`.
    """
    before = " ".join(previous[-_WINDOW_TEXTS:])[-_WINDOW_CHARACTERS:] + " "
    offset = len(before)
    finding = straddling(before + text[:_WINDOW_CHARACTERS], offset)
    rules = tuple(replace(hit, start=0, end=hit.end - offset) for hit in finding.rules)
    return replace(finding, rules=rules)
