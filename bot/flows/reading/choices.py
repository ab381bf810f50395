"""Which of the offered choices a reply names: by number, place in the list, label or typo.

The reply is scanned left to right for everything that could name a choice. What the scan could
not place decides whether the find counts: beside a bare number nothing else may stand in its
clause ("3 times a week" is not choice 3), beside a label a remark may follow.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from bot.flows.questions import Question, QuestionChoice
from bot.flows.reading.lexicon import Lean
from bot.flows.reading.polarity import longest_phrase
from bot.flows.reading.reply import Reply
from bot.flows.reading.spelling import BREAK, phrase_of

DISPUTED = -1
"""Stands for a phrase that names two choices."""

_LONGEST_LABEL = 24
# labels come from definitions, so what is kept here is never a patient's
_label_form = lru_cache(maxsize=4096)(phrase_of)


@dataclass(slots=True)
class Scan:
    """What a reply names (places in the list, in the order written) and what else it says.

    `by_number` are the places named by number, `numbers` how many numbers there were. `leading`
    when a choice is named before anything unknown. `strange` holds the runs of unknown words,
    `stray` the numbers no choice has.
    """

    found: list[int] = field(default_factory=list)
    by_number: set[int] = field(default_factory=set)
    numbers: int = 0
    leading: bool = True
    hedges: set[Lean] = field(default_factory=set)
    negated: bool = False
    contrasted: bool = False
    ranged: bool = False
    crowded: bool = False
    strange: list[list[str]] = field(default_factory=list)
    stray: list[str] = field(default_factory=list)


def labels_of(question: Question, language: str) -> dict[str, int]:
    """Return every phrase that names a choice -> its place, DISPUTED where two claim it."""
    table: dict[str, int] = {}
    for place, choice in enumerate(question.choices):
        for phrase in _phrases(choice, language):
            if table.setdefault(phrase, place) != place:
                table[phrase] = DISPUTED
    return table


def _phrases(choice: QuestionChoice, language: str) -> Iterator[str]:
    spoken = [language, *(other for other in choice.labels if other != language)]
    for tongue in spoken:
        label = choice.labels.get(tongue)
        if label is not None:
            yield from _label_forms(label)
    for words in choice.words.values():
        yield from filter(None, map(_label_form, words))


@lru_cache(maxsize=4096)
def _label_forms(label: str) -> tuple[str, ...]:
    """Return the label as a whole and without what it says in brackets."""
    outside = label.partition("(")[0] + label.rpartition(")")[2] if "(" in label else label
    return tuple(dict.fromkeys(filter(None, (_label_form(label), _label_form(outside)))))


def place_of_number(question: Question, number: int) -> int | None:
    """Return the place of the choice shown with this number, None when there is none."""
    place = number - question.first_number
    return place if 0 <= place < len(question.choices) else None


def numbers_in_label(choice: QuestionChoice) -> frozenset[str]:
    """Return the numbers that a choice's labels contain: "3 or 4" has two."""
    written = {word for label in choice.labels.values() for word in _label_form(label).split()}
    return frozenset(filter(str.isdigit, written))


def number_value(reply: Reply, position: int, words: Sequence[str]) -> int | None:
    """Return the whole number that stands at this word, in digits or spelt out."""
    word = words[position]
    if word.isdigit():
        # longer numbers are nobody's choice, and int() refuses thousands of digits
        return int(word) if len(word) < 6 else None
    values = reply.lexicon.numbers.plain[reply.language].get(word, ())
    if len(values) != 1 or (word in reply.lexicon.filler and not _counts(reply, position, words)):
        return None
    return values[0]


def _counts(reply: Reply, position: int, words: Sequence[str]) -> bool:
    """Whether "one" here is a number: not in "that one", "una llamada"."""
    lexicon = reply.lexicon
    before = words[position - 1] if position else ""
    after = words[position + 1] if position + 1 < len(words) else BREAK
    ends = after == BREAK or after in lexicon.joiners or after in lexicon.filler
    return before not in lexicon.pointers and (ends or after[0].isdigit())


def ordinal_place(reply: Reply, words: Sequence[str], start: int, count: int) -> tuple[int, int]:
    """Return the place an ordinal at `start` names among `count`, and its words (0 if none is)."""
    for length in (2, 1):
        nth = reply.lexicon.ordinals.get(" ".join(words[start : start + length]))
        if nth is not None and start + length <= len(words):
            place = nth - 1 if nth > 0 else count + nth
            return (place if 0 <= place < count else DISPUTED), length
    return DISPUTED, 0


def scan(reply: Reply, words: Sequence[str] | None = None) -> Scan:
    """Scan the words of a reply (all of them unless given) for choices."""
    return _Scanner(reply, reply.words if words is None else words).run()


def _listed(word: str) -> Sequence[str]:
    """Return the numbers of "1,3", a list here and no decimal; any other word as it is."""
    parts = word.split(",") if word[0].isdigit() else ()
    return [piece for part in parts for piece in (part, BREAK)][:-1] or [word]


class _Scanner:
    """One pass over the words; every step consumes at least one."""

    def __init__(self, reply: Reply, words: Sequence[str]) -> None:
        self.reply = reply
        self.words = [part for word in words for part in _listed(word)]
        self.labels = labels_of(reply.question, reply.language)
        self.longest = min(_LONGEST_LABEL, max((p.count(" ") + 1 for p in self.labels), default=0))
        self.vocabulary = {word for label in self.labels for word in label.split()}
        self.scan = Scan()
        self.clause_numbered = False
        self.clause_strange = False

    def run(self) -> Scan:
        steps = (self._range, self._label, self._ordinal, self._number, self._phrase)
        position = 0
        while position < len(self.words):
            if self.words[position] == BREAK:
                self._end_clause()
                position += 1
                continue
            used = next((n for step in steps if (n := step(position))), 0)
            position += used or self._word(position)
        self._end_clause()
        return self.scan

    def _end_clause(self) -> None:
        self.scan.crowded |= self.clause_numbered and self.clause_strange
        self.clause_numbered = self.clause_strange = False

    def _name(self, place: int, written: str, *, numbered: bool) -> None:
        if place == DISPUTED:
            self.scan.stray.append(written)
            return
        self.scan.found.append(place)
        if numbered:
            self.scan.by_number.add(place)
            self.scan.numbers += 1
            self.clause_numbered = True

    def _label(self, start: int) -> int:
        """Match a label; clause marks inside it may be written or not."""
        phrase, best = "", 0
        for end in range(start, len(self.words)):
            if self.words[end] == BREAK:
                continue
            phrase = f"{phrase} {self.words[end]}" if phrase else self.words[end]
            if phrase.count(" ") >= self.longest:
                break
            if phrase in self.labels:
                best, place = end - start + 1, self.labels[phrase]
        if best:
            self._name(place, phrase, numbered=self.words[start].isdigit() and best == 1)
        return best

    def _range(self, start: int) -> int:
        three = self.words[start : start + 3]
        if len(three) < 3 or three[1] not in self.reply.lexicon.ranges:
            return 0
        if not (three[0].isdigit() and three[2].isdigit()):
            return 0
        self.scan.ranged = True
        return self._number(start) + 1

    def _ordinal(self, start: int) -> int:
        place, length = ordinal_place(
            self.reply, self.words, start, len(self.reply.question.choices)
        )
        if length:
            self._name(place, self.words[start], numbered=True)
            # the "one" of "the second one"
            length += self._is_thing(start + length)
        return length

    def _is_thing(self, position: int) -> bool:
        """Whether a word that could be a number only stands for the thing named before it."""
        plain = self.reply.lexicon.numbers.plain[self.reply.language]
        word = self.words[position] if position < len(self.words) else BREAK
        return word in plain and word in self.reply.lexicon.filler

    def _number(self, start: int) -> int:
        word = self.words[start]
        number = number_value(self.reply, start, self.words)
        if number is None:
            if word[0].isdigit():
                self.scan.stray.append(word)
                return 1
            return 0
        place = place_of_number(self.reply.question, number)
        if self.reply.lexicon.partitives.intersection(self.words[start + 1 : start + 2]):
            place = None
        self._name(DISPUTED if place is None else place, word, numbered=True)
        return 1

    def _phrase(self, start: int) -> int:
        lean, count = longest_phrase(self.words, start, self.reply.lexicon)
        if lean in (Lean.HEDGED, Lean.UNSURE):
            self.scan.hedges.add(lean)
        elif lean in (Lean.NO, Lean.LEANS_NO):
            self.scan.negated = True
        elif lean is not Lean.YES:
            return 0
        return count

    def _word(self, start: int) -> int:
        word, lexicon = self.words[start], self.reply.lexicon
        if word in lexicon.negators:
            self.scan.negated = True
        elif word in lexicon.contrasts - self.vocabulary:
            self.scan.contrasted = True
        elif not (word == "#" or word in lexicon.filler or self._joins(start)):
            self._unknown(start)
        return 1

    def _joins(self, start: int) -> bool:
        """Whether this joins the parts of a list; a mark at the very start joins nothing."""
        word = self.words[start]
        return word in self.reply.lexicon.joiners and (start > 0 or word.isalnum())

    def _unknown(self, start: int) -> None:
        runs = self.scan.strange
        if start and runs and runs[-1][-1] == self.words[start - 1] and not self.scan.found:
            runs[-1].append(self.words[start])
        else:
            runs.append([self.words[start]])
        self.scan.leading &= bool(self.scan.found)
        self.clause_strange = True
