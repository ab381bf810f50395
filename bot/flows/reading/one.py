"""Reading a reply to a question with one choice to make, and to yes/no questions."""

from __future__ import annotations

from bot.flows.questions import Kind, Question
from bot.flows.reading.choices import (
    DISPUTED,
    Scan,
    labels_of,
    numbers_in_label,
    place_of_number,
    scan,
)
from bot.flows.reading.lexicon import Lean, Lexicon
from bot.flows.reading.polarity import (
    CONTRADICTORY,
    HEDGED,
    hedge,
    polarity_of,
    read_polarity,
)
from bot.flows.reading.reply import Reply, either
from bot.flows.reading.results import (
    Ambiguous,
    AmbiguousReason,
    Reading,
    Unclear,
    UnclearReason,
    Understood,
    Unsure,
)
from bot.flows.reading.typos import Candidate, candidates, is_certain, is_near

_NOT_A_CHOICE = Unclear(UnclearReason.NOT_A_CHOICE)
_SEVERAL = Unclear(UnclearReason.SEVERAL_CHOICES)


def read_yes_no(reply: Reply) -> Reading:
    """Read a yes/no reply; the list's numbers are yes, no, and "not sure" where it is offered."""
    yes, no = Understood(True, {}, reply.written), Understood(False, {}, reply.written)
    found = _numbered_answer(reply)
    if found is not None:
        number, rest = found
        answers: tuple[Reading, ...] = (yes, no, Unsure()) if reply.question.unsure else (yes, no)
        place = number - reply.question.first_number
        if not 0 <= place < len(answers):
            return _NOT_A_CHOICE
        return _agreeing(reply, answers[place], rest)
    return read_polarity(reply, yes, no) or _NOT_A_CHOICE


def _numbered_answer(reply: Reply) -> tuple[int, tuple[str, ...]] | None:
    """Return a number that opens the reply and the words after it, if all before it is filler."""
    nth = _ordinal(reply)
    if nth is not None:
        return nth - 1 + reply.question.first_number, ()
    meaningful = [w for w in reply.plain if w not in "#" and w not in _openers(reply.lexicon)]
    if not meaningful:
        return None
    first, rest = meaningful[0], tuple(meaningful[1:])
    if first.isdigit() and len(first) < 6:
        return int(first), rest
    if rest:
        return None
    values = reply.lexicon.numbers.plain[reply.language].get(reply.phrase, ())
    if len(values) == 1:
        return values[0], ()
    return None


def _ordinal(reply: Reply) -> int | None:
    """Return 2 for "the second one"; "last" is no number here: it may be "not sure"."""
    words = " ".join(word for word in reply.plain if word not in reply.lexicon.filler)
    nth = reply.lexicon.ordinals.get(words) or reply.lexicon.ordinals.get(reply.phrase)
    return None if nth is None or nth < 0 else nth


def _openers(lexicon: Lexicon) -> frozenset[str]:
    return lexicon.filler - lexicon.polarity.keys() - {"one", "un", "una"}


def _agreeing(reply: Reply, answer: Reading, rest: tuple[str, ...]) -> Reading:
    """Return the numbered answer if the words after the number say nothing else."""
    if not rest:
        return answer
    lean = polarity_of(rest, reply.lexicon).lean
    if not isinstance(answer, Understood):
        return answer if lean is Lean.UNSURE else _NOT_A_CHOICE
    wanted = Lean.YES if answer.value else Lean.NO
    if lean is wanted:
        return answer
    return _NOT_A_CHOICE if lean is None else CONTRADICTORY


def read_one_of(reply: Reply) -> Reading:
    """Read a reply that names one choice."""
    labels = labels_of(reply.question, reply.language)
    place = labels.get(reply.phrase)
    if place is not None and not reply.phrase.isdigit():
        return _NOT_A_CHOICE if place == DISPUTED else choice_at(reply, place)
    return _polar(reply, labels) or _scanned(reply, labels)


def choice_at(reply: Reply, place: int) -> Understood:
    """Return the choice at this place as understood."""
    return Understood(reply.question.choices[place].value, {}, reply.written)


def _polar(reply: Reply, labels: dict[str, int]) -> Reading | None:
    """Read a choice between yes and no (an instrument's item) in all words for yes and no."""
    polar: dict[Lean, int] = {}
    for label, place in labels.items():
        lean = reply.lexicon.polarity.get(label)
        if lean in (Lean.YES, Lean.NO) and place != DISPUTED:
            polar.setdefault(lean, place)
    if set(polar) != {Lean.YES, Lean.NO} or polar[Lean.YES] == polar[Lean.NO]:
        return None
    if any(word[0].isdigit() for word in reply.plain):
        return None
    return read_polarity(
        reply, choice_at(reply, polar[Lean.YES]), choice_at(reply, polar[Lean.NO])
    )


def _scanned(reply: Reply, labels: dict[str, int]) -> Reading:
    seen = scan(reply)
    if not seen.found:
        return _unplaced(reply, seen, labels)
    if seen.stray:
        return _NOT_A_CHOICE
    if seen.hedges:
        return HEDGED
    places = list(dict.fromkeys(seen.found))
    if seen.negated:
        return CONTRADICTORY
    if len(places) > 1:
        return _two_places(reply, seen, places)
    if seen.contrasted:
        return CONTRADICTORY
    return _single(reply, seen, places[0])


def _two_places(reply: Reply, seen: Scan, places: list[int]) -> Reading:
    if len(places) > 2 or seen.by_number >= set(places):
        return _SEVERAL
    first, second = (choice_at(reply, place) for place in places)
    return either(first, second, AmbiguousReason.TWO_CHOICES)


def _single(reply: Reply, seen: Scan, place: int) -> Reading:
    found = choice_at(reply, place)
    if seen.numbers > 1:
        # "1+1" is a sum
        return _NOT_A_CHOICE
    if place in seen.by_number and len(seen.found) == 1:
        if seen.crowded or (seen.strange and not seen.leading):
            return _NOT_A_CHOICE
        if seen.strange and reply.is_safe(str(found.value)):
            return _NOT_A_CHOICE
        return _number_or_label(reply, place)
    if seen.strange and (not seen.leading or reply.is_safe(str(found.value))):
        return _NOT_A_CHOICE
    return found


def _number_or_label(reply: Reply, place: int) -> Reading:
    """Read a bare number; ask when it may rather be the number in another choice's label."""
    number = str(place + reply.question.first_number)
    choices = reply.question.choices
    if number not in reply.plain or number in numbers_in_label(choices[place]):
        return choice_at(reply, place)
    for other, choice in enumerate(choices):
        if number in numbers_in_label(choice):
            return either(
                choice_at(reply, place), choice_at(reply, other), AmbiguousReason.NUMBER_OR_LABEL
            )
    return choice_at(reply, place)


def _unplaced(reply: Reply, seen: Scan, labels: dict[str, int]) -> Reading:
    """Read a reply that names no choice as written: a hedge, a typo, or nothing."""
    if seen.hedges:
        return hedge(reply.question, Lean.HEDGED if Lean.HEDGED in seen.hedges else Lean.UNSURE)
    if seen.stray or seen.contrasted or not reply.phrase:
        return _NOT_A_CHOICE
    known = [(phrase, place) for phrase, place in labels.items() if place != DISPUTED]
    ranked = candidates(reply.phrase, known)
    partly = None if seen.negated else _place_of_part(reply, known)
    if partly is not None:
        ranked.sort(key=lambda candidate: candidate.key != partly)
    elif not is_near(reply.phrase, ranked):
        return _NOT_A_CHOICE
    denied = bool(ranked) and _denies(reply, known, ranked[0].key)
    if not ranked or (seen.negated and not denied):
        return _NOT_A_CHOICE
    # a slip never adds or removes a "not"
    certain = denied == seen.negated and (partly is not None or is_certain(reply.phrase, ranked))
    return _misspelt(reply, ranked, certain=certain, is_part=partly is not None)


def _misspelt(reply: Reply, ranked: list[Candidate], *, certain: bool, is_part: bool) -> Reading:
    """Take the nearest choice, or ask: always where it would end a concern or has a score."""
    place = ranked[0].key
    best = choice_at(reply, place)
    # without a slip only spaces differ
    certain |= ranked[0].slips == 0
    scored = reply.question.choices[place].ordinal is not None
    if certain and not reply.is_safe(str(best.value)) and not (is_part and scored):
        return best
    if len(ranked) < 2:
        return _NOT_A_CHOICE
    return Ambiguous((best, choice_at(reply, ranked[1].key)), AmbiguousReason.SPELLING)


def _place_of_part(reply: Reply, known: list[tuple[str, int]]) -> int | None:
    """Return the only choice whose label has all words of the reply: "phone" for "Phone call"."""
    idle = reply.lexicon.filler | reply.lexicon.joiners
    words = {word for word in reply.plain if word not in idle and word.isalpha()}
    places = {place for phrase, place in known if words <= set(phrase.split())}
    return places.pop() if words and len(places) == 1 else None


def _denies(reply: Reply, known: list[tuple[str, int]], place: int) -> bool:
    """Whether a label of this choice has a "not" in it."""
    negators = reply.lexicon.negators
    return any(i == place and negators.intersection(phrase.split()) for phrase, i in known)


def quick_number(question: Question, number: int, written: str) -> Reading | None:
    """Read a reply that is nothing but a number; None when a closer look is needed."""
    place = number - question.first_number
    if question.kind is Kind.YES_NO:
        return Understood(place == 0, {}, written) if 0 <= place < 2 else None
    if place_of_number(question, number) is None:
        return _NOT_A_CHOICE
    for choice in question.choices:
        if choice.has_digits:
            return None
    return Understood(question.choices[place].value, {}, written)
