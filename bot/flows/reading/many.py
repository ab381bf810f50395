"""Reading a reply that may name several choices at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from bot.flows.questions import QuestionChoice
from bot.flows.reading.choices import DISPUTED, Scan, labels_of, place_of_number, scan
from bot.flows.reading.lexicon import Lean, Lexicon
from bot.flows.reading.polarity import CONTRADICTORY, HEDGED, hedge, polarity_of
from bot.flows.reading.reply import Reply, either
from bot.flows.reading.results import (
    AmbiguousReason,
    Reading,
    Unclear,
    UnclearReason,
    Understood,
)
from bot.flows.reading.spelling import BREAK, phrase_of
from bot.flows.reading.typos import candidates, is_certain

_NOT_A_CHOICE = Unclear(UnclearReason.NOT_A_CHOICE)
_CLASH = Unclear(UnclearReason.CONTRADICTORY)
_LONGEST_OPENER = 5


def read_many_of(reply: Reply) -> Reading:
    """Read any number of choices; the value is in the list's order, "none of these" alone."""
    labels = labels_of(reply.question, reply.language)
    if labels.get(reply.phrase, DISPUTED) != DISPUTED and not reply.phrase.isdigit():
        return chosen(reply, {labels[reply.phrase]})
    lexicon = reply.lexicon
    if reply.phrase in lexicon.none_of_them:
        return _none(reply)
    if reply.phrase in lexicon.both_of_them:
        both = _ordinary(reply)
        return chosen(reply, both) if len(both) == 2 else _NOT_A_CHOICE
    opener = _all_opener(reply)
    if opener:
        return _all_but(reply, reply.words[opener:])
    return _listed(reply, labels)


def chosen(reply: Reply, places: Iterable[int]) -> Reading:
    """Return the choices at these places; Unclear when an exclusive one stands beside others."""
    choices = reply.question.choices
    distinct = sorted(set(places))
    if len(distinct) > 1 and any(choices[place].exclusive for place in distinct):
        return _CLASH
    return Understood(tuple(choices[place].value for place in distinct), {}, reply.written)


def _ordinary(reply: Reply) -> set[int]:
    return {i for i, choice in enumerate(reply.question.choices) if not choice.exclusive}


def _none(reply: Reply) -> Reading:
    exclusive = [
        place
        for place, choice in enumerate(reply.question.choices)
        if choice.exclusive and not _says_unsure(choice, reply.lexicon)
    ]
    return chosen(reply, exclusive) if len(exclusive) < 2 else _NOT_A_CHOICE


def _says_unsure(choice: QuestionChoice, lexicon: Lexicon) -> bool:
    leans = {lexicon.polarity.get(phrase_of(label)) for label in choice.labels.values()}
    return Lean.UNSURE in leans


def _all_opener(reply: Reply) -> int:
    """Return how many words say "all of them" at the start of the reply, 0 if none do."""
    for count in range(min(_LONGEST_OPENER, len(reply.words)), 0, -1):
        if " ".join(reply.words[:count]) in reply.lexicon.all_of_them:
            return count
    return 0


def _all_but(reply: Reply, rest: Sequence[str]) -> Reading:
    words = [word for word in rest if word != BREAK]
    if all(word in reply.lexicon.filler for word in words):
        return chosen(reply, _ordinary(reply))
    for count in (2, 1):
        if " ".join(words[:count]) in reply.lexicon.except_for:
            seen = scan(reply, words[count:])
            if not seen.found or seen.stray or seen.strange or seen.hedges or seen.negated:
                return _NOT_A_CHOICE
            return chosen(reply, _ordinary(reply) - set(seen.found))
    return _NOT_A_CHOICE


def _listed(reply: Reply, labels: dict[str, int]) -> Reading:
    seen = scan(reply)
    if seen.hedges:
        return HEDGED if seen.found else hedge(reply.question, _weakest(seen))
    if seen.stray:
        return _NOT_A_CHOICE
    if seen.ranged:
        return _range_or_list(reply, seen)
    if seen.negated or seen.contrasted:
        return CONTRADICTORY if seen.found else _denied(reply)
    strange = _spelled_out(reply, seen, labels)
    if strange is None or not (seen.found or strange):
        return _NOT_A_CHOICE
    return chosen(reply, [*seen.found, *strange])


def _weakest(seen: Scan) -> Lean:
    return Lean.HEDGED if Lean.HEDGED in seen.hedges else Lean.UNSURE


def _denied(reply: Reply) -> Reading:
    """Read a "no" in other words ("no, not at all") as none of the choices."""
    polarity = polarity_of(reply.words, reply.lexicon)
    return _none(reply) if polarity.lean is Lean.NO and polarity.bare else _NOT_A_CHOICE


def _range_or_list(reply: Reply, seen: Scan) -> Reading:
    """Ask whether "1-3" means one to three, or one and three."""
    numbers = [int(word) for word in reply.plain if word.isdigit()]
    places = [place_of_number(reply.question, number) for number in numbers]
    if len(numbers) != 2 or seen.strange or None in places or numbers[0] >= numbers[1]:
        return _NOT_A_CHOICE
    first, last = (place for place in places if place is not None)
    all_of, ends = chosen(reply, range(first, last + 1)), chosen(reply, (first, last))
    if not isinstance(all_of, Understood) or not isinstance(ends, Understood):
        return _CLASH
    return either(all_of, ends, AmbiguousReason.RANGE_OR_LIST)


def _spelled_out(reply: Reply, seen: Scan, labels: dict[str, int]) -> list[int] | None:
    """Return the places of misspelt labels, clause by clause; None if a word stays unknown."""
    if not seen.strange:
        return []
    known = [(phrase, place) for phrase, place in labels.items() if place != DISPUTED]
    places = []
    for clause in _clauses(reply):
        part = scan(reply, clause)
        if not part.strange:
            continue
        written = " ".join(clause)
        ranked = candidates(written, known)
        if not is_certain(written, ranked) or set(part.found) - {ranked[0].key}:
            return None
        if reply.is_safe((reply.question.choices[ranked[0].key].value,)):
            return None
        places.append(ranked[0].key)
    return places


def _clauses(reply: Reply) -> Iterator[list[str]]:
    """Cut the reply at clause marks and at the words that join a list."""
    clause: list[str] = []
    for word in (*reply.words, BREAK):
        if word != BREAK and word not in reply.lexicon.joiners:
            clause.append(word)
        elif clause:
            yield clause
            clause = []
