"""Yes, no, and all that is neither.

The reply is cut into known phrases, longest first, and what is left over. It counts as yes or no
only when every phrase points the same way and nothing left over takes it back. Three traps this
avoids: "no energy" is not a no, "I have a headache" is not a yes, "no idea" is neither. When "no"
(or "yes") would end a concern, nothing but filler may stand beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.flows.questions import Question
from bot.flows.reading.lexicon import Lean, Lexicon
from bot.flows.reading.reply import Reply
from bot.flows.reading.results import (
    Ambiguous,
    AmbiguousReason,
    Reading,
    Unclear,
    UnclearReason,
    Understood,
    Unsure,
)
from bot.flows.reading.spelling import BREAK

LONGEST_PHRASE = 7
_AFFIRMING = frozenset({Lean.YES, Lean.SAYS_YES, Lean.LEANS_YES})
_DENYING = frozenset({Lean.NO, Lean.LEANS_NO})
_PLAIN = frozenset({Lean.YES, Lean.SAYS_YES, Lean.NO})
HEDGED = Unclear(UnclearReason.HEDGED, hedged=True)
CONTRADICTORY = Unclear(UnclearReason.CONTRADICTORY, hedged=True)


@dataclass(frozen=True, slots=True)
class Polarity:
    """Which way a reply leans; `bare` when it says nothing else. None: neither yes nor no.

    `contradictory` when it points both ways.
    """

    lean: Lean | None
    bare: bool = False
    contradictory: bool = False


@dataclass(slots=True)
class _Parse:
    """What a reply consists of; `noun_after_no` when a word hangs on a "no" ("no energy")."""

    leans: list[Lean] = field(default_factory=list)
    rest: list[str] = field(default_factory=list)
    noun_after_no: bool = False


def polarity_of(words: Sequence[str], lexicon: Lexicon) -> Polarity:
    """Return which way these words (BREAK between clauses) lean, in any language known."""
    whole = lexicon.polarity.get(" ".join(word for word in words if word != BREAK))
    if whole is not None:
        return Polarity(None if whole is Lean.NEITHER else whole, bare=True)
    return _judge(_parse(words, lexicon), lexicon)


def longest_phrase(words: Sequence[str], start: int, lexicon: Lexicon) -> tuple[Lean | None, int]:
    """Return the longest known phrase that begins at `start`: its lean and its number of words."""
    for count in range(min(LONGEST_PHRASE, len(words) - start), 0, -1):
        lean = lexicon.polarity.get(" ".join(words[start : start + count]))
        if lean is not None:
            return lean, count
    return None, 1


def _parse(words: Sequence[str], lexicon: Lexicon) -> _Parse:
    parse = _Parse()
    position, after_no = 0, False
    while position < len(words):
        lean, count = longest_phrase(words, position, lexicon)
        if lean is not None and lean is not Lean.NEITHER:
            parse.leans.append(lean)
            after_no = lean is Lean.NO
        elif words[position] == BREAK:
            after_no = False
        else:
            rest = [w for w in words[position : position + count] if w not in lexicon.filler]
            parse.noun_after_no |= after_no and bool(rest)
            parse.rest.extend(rest)
            if not parse.leans and rest:
                # "my doctor said no" answers another question
                parse.leans.append(Lean.NEITHER)
        position += count
    return parse


def _judge(parse: _Parse, lexicon: Lexicon) -> Polarity:
    said = set(parse.leans)
    rest = set(parse.rest)
    if Lean.HEDGED in said:
        return Polarity(Lean.HEDGED)
    if Lean.UNSURE in said:
        return Polarity(Lean.UNSURE if said <= {Lean.UNSURE, Lean.NEITHER} else Lean.HEDGED)
    if said & _AFFIRMING and said & _DENYING:
        return Polarity(Lean.HEDGED, contradictory=True)
    if not said or Lean.NEITHER in said:
        return Polarity(None)
    if rest & lexicon.contrasts:
        return Polarity(Lean.HEDGED)
    if rest & lexicon.negators:
        return Polarity(Lean.HEDGED, contradictory=True)
    return _affirmed(said, rest) if said & _AFFIRMING else _denied(parse, said, rest, lexicon)


def _affirmed(said: set[Lean], rest: set[str]) -> Polarity:
    if rest and said == {Lean.SAYS_YES}:
        return Polarity(None)
    lean = Lean.YES if said & {Lean.YES, Lean.SAYS_YES} else Lean.LEANS_YES
    return Polarity(lean, bare=not rest and said <= _PLAIN)


def _denied(parse: _Parse, said: set[Lean], rest: set[str], lexicon: Lexicon) -> Polarity:
    if rest & lexicon.narrowing:
        return Polarity(Lean.HEDGED)
    if parse.noun_after_no and parse.leans.count(Lean.NO) < 2:
        return Polarity(None)
    lean = Lean.NO if Lean.NO in said else Lean.LEANS_NO
    return Polarity(lean, bare=not rest and said <= _PLAIN)


def read_polarity(reply: Reply, yes: Understood, no: Understood) -> Reading | None:
    """Read a reply as one of two values; None when it is neither yes nor no nor a hedge."""
    polarity = polarity_of(reply.words, reply.lexicon)
    if polarity.lean is None:
        return None
    if polarity.contradictory:
        return CONTRADICTORY
    if polarity.lean in (Lean.HEDGED, Lean.UNSURE):
        return hedge(reply.question, polarity.lean)
    wanted, other = (yes, no) if polarity.lean in _AFFIRMING else (no, yes)
    if polarity.lean in (Lean.LEANS_YES, Lean.LEANS_NO):
        if reply.question.risk is not None:
            return HEDGED
        return Ambiguous((wanted, other), AmbiguousReason.WEAK)
    if not polarity.bare and _ends_concern(reply, wanted):
        return HEDGED
    return wanted


def hedge(question: Question, lean: Lean) -> Unclear | Unsure:
    """Read a hedge. Only not knowing is "not sure" on a risk question; "maybe" is a hint there."""
    if question.unsure and (lean is Lean.UNSURE or question.risk is None):
        return Unsure()
    return HEDGED


def _ends_concern(reply: Reply, wanted: Understood) -> bool:
    value = wanted.value
    return isinstance(value, bool | str) and reply.is_safe(value)
