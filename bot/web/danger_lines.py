"""Danger that was seen, as clinicians see it: the patient's words, the signs marked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.conversation.crisis import FROM_TEXT
from bot.core.findings import RuleHit
from bot.services.consult_sheet import SeenDanger
from bot.web.wording import reason_called


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the patient's words; `is_sign` says that a rule saw danger in it."""

    text: str
    is_sign: bool


def danger_page(event: SeenDanger, clock: Callable[[datetime], datetime]) -> dict[str, Any]:
    """Return one safety event: when, what, in which words, by which rules, and what was said."""
    is_text = event.source == FROM_TEXT
    return {
        "at": clock(event.at),
        "tier": event.tier,
        "category": event.category or "",
        "subject": event.subject,
        "source": "a text" if is_text else reason_called(event.source),
        "rules": ", ".join(dict.fromkeys(hit.id for hit in event.rules)),
        "words": marked(event.words, event.rules if is_text else ()),
        "said": event.said,
    }


def marked(words: str, hits: Iterable[RuleHit]) -> list[Piece]:
    """Return `words` cut at the hits' spans, without losing or doubling a character.

    Hits that overlap or touch are one sign. A span that does not lie in the words is passed over.
    """
    pieces: list[Piece] = []
    at = 0
    for start, end in _joined(hits, len(words)):
        if start > at:
            pieces.append(Piece(words[at:start], is_sign=False))
        pieces.append(Piece(words[start:end], is_sign=True))
        at = end
    if at < len(words):
        pieces.append(Piece(words[at:], is_sign=False))
    return pieces


def _joined(hits: Iterable[RuleHit], length: int) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    inside = ((hit.start, hit.end) for hit in hits if 0 <= hit.start < hit.end <= length)
    for start, end in sorted(inside):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
