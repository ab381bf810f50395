"""Recognising medications in what a patient writes, misspelt and with doses beside them.

Nothing is dropped: a word that is neither a known name nor an ordinary word is kept as an
unrecognised mention for the clinician. A misspelt word is taken for a name only when it is long
enough, one or two slips away, and near to no other medication.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.flows.reading.formulary import Named, formulary, nearest
from bot.flows.reading.lexicon import lexicon
from bot.flows.reading.numerals import number_at
from bot.flows.reading.results import MedicationMention
from bot.flows.reading.spelling import fold, storable

LONGEST_SPELLCHECKED_CHARS = 4000
"""In a longer text names must be spelt right; its other words are not collected."""

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ufe0f]")
_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:['\u2019][^\W\d_]+)*|\n|\S")
_SHORTEST_UNRECOGNISED = 3
_YEARS = range(1900, 2101)
_MONTHS_UNIT, _DAYS_UNIT, _DAYS_A_WEEK = "calendar", "time", 7


@dataclass(frozen=True, slots=True)
class Token:
    """A word, number or mark: its folded form and where it stands in the text."""

    form: str
    start: int
    end: int


@dataclass(slots=True)
class Mention:
    """One name found (None: an unrecognised word) at `text[start:end]` and what is beside it.

    `negated` when a negating word stands before it in the same clause.
    """

    text: str
    named: Named | None
    start: int
    end: int
    clause: int
    negated: bool = False
    dose: str | None = None
    weeks: int | None = None
    months: int | None = None

    @property
    def has_detail(self) -> bool:
        """Whether a dose or a duration is attached already."""
        return (self.dose, self.weeks, self.months) != (None, None, None)


@dataclass(frozen=True, slots=True)
class _Detail:
    """A dose or a duration and where it stands."""

    start: int
    end: int
    clause: int
    dose: str | None = None
    weeks: int | None = None
    months: int | None = None


def recognise_medications(text: str) -> tuple[MedicationMention, ...]:
    """Return every medication named, in the order written; what is not known has no class."""
    return tuple(result for mention in find_mentions(text) for result in described(mention))


def find_mentions(text: str) -> list[Mention]:
    """Return the mentions in a text, in the order written."""
    clean = _INVISIBLE.sub("", storable(text))
    tokens = [Token(fold(m[0]), m.start(), m.end()) for m in _TOKEN.finditer(clean)]
    tokens = [
        Token(token.form.replace("'", ""), token.start, token.end)
        for token in tokens
        if (token.form or clean[token.start] == "\n") and not _is_hyphen(token, clean)
    ]
    return _Finder(clean, tokens).run()


def _is_hyphen(token: Token, clean: str) -> bool:
    """Whether this joins two words of a name, as in Claritin-D."""
    around = clean[token.start - 1 : token.start] + clean[token.end : token.end + 1]
    return token.form == "-" and len(around) == 2 and around.isalpha()


def described(mention: Mention) -> list[MedicationMention]:
    """Return what a mention names: several medications where a product holds several."""
    written = mention.text[mention.start : mention.end]
    if mention.named is None:
        return [_mention_of(mention, written, None, None)]
    return [_mention_of(mention, written, *known) for known in mention.named.medications]


def _mention_of(
    mention: Mention, written: str, name: str | None, drug_class: str | None
) -> MedicationMention:
    return MedicationMention(
        written, name, drug_class, mention.dose, mention.weeks, mention.months
    )


class _Finder:
    """One pass over the tokens; every step consumes at least one."""

    def __init__(self, clean: str, tokens: Sequence[Token]) -> None:
        self.clean = clean
        self.tokens = tokens
        self.forms = [token.form for token in tokens]
        self.known = formulary()
        self.words = lexicon()
        self.spellchecks = len(clean) <= LONGEST_SPELLCHECKED_CHARS
        self.seen: dict[str, Named | None] = {}
        self.mentions: list[Mention] = []
        self.loose: _Detail | None = None
        self.clause = 0
        self.negated = False
        self.unknown_until = -1

    def run(self) -> list[Mention]:
        position = 0
        steps = (self._separator, self._name, self._number, self._word)
        while position < len(self.tokens):
            position += next((used for step in steps if (used := step(position))), 1)
        self._attach_loose()
        return self.mentions

    def _separator(self, at: int) -> int:
        # a line break has no form of its own
        if self.forms[at] and self.forms[at] not in self.known.separators:
            return 0
        self._attach_loose()
        self.clause += 1
        self.negated = False
        return 1

    def _name(self, at: int) -> int:
        """Match the longest name; a point inside it ("St. John's wort") is passed over."""
        if self.forms[at] not in self.known.openings:
            return 0
        last = min(at + self.known.longest, len(self.forms) - 1)
        for end in range(last, at - 1, -1):
            words = [form for form in self.forms[at : end + 1] if form != "."]
            named = self.known.names.get(" ".join(words))
            if named is not None and self.forms[end] != ".":
                self._mention(named, at, end + 1 - at)
                return end + 1 - at
        return 0

    def _mention(self, named: Named | None, at: int, count: int) -> None:
        start, end = self.tokens[at].start, self.tokens[at + count - 1].end
        self.mentions.append(Mention(self.clean, named, start, end, self.clause, self.negated))

    def _number(self, at: int) -> int:
        """Read "10 mg", "for six weeks", or the bare "300" after a name."""
        article = self.forms[at] in self.words.numbers.article
        values, used = number_at(self.forms, at, "en", self.words)
        if article and not values:
            values, used = (1.0,), 1
        following = self.forms[at + used] if at + used < len(self.forms) else ""
        if not values or self._in_range(at, used):
            return 0
        unit = self.words.units.get(following)
        if following in self.known.dose_units and not article:
            self._detail(at, used + 1, dose=self._written(at, used + 1))
        elif unit is not None and unit.dimension in (_MONTHS_UNIT, _DAYS_UNIT):
            self._duration(at, used + 1, values[0] * unit.factor, unit.dimension)
        elif not self._bare_dose(at, used, following):
            return 0 if article else used
        else:
            return used
        return used + 1

    def _in_range(self, at: int, used: int) -> bool:
        """Whether this number is one end of a range: "6-8 weeks" is no exact duration."""
        ends = (at, at + used - 1)
        return any(
            self._is_number(near)
            for mark, near in ((ends[0] - 1, ends[0] - 2), (ends[1] + 1, ends[1] + 2))
            if 0 <= mark < len(self.forms) and self.forms[mark] in self.words.ranges
        )

    def _is_number(self, at: int) -> bool:
        return 0 <= at < len(self.forms) and self.forms[at][:1].isdigit()

    def _bare_dose(self, at: int, used: int, following: str) -> bool:
        """Attach a number without a unit that follows a name: "Wellbutrin XL 300"."""
        form = self.forms[at]
        if not form[0].isdigit() or not self.mentions or self.mentions[-1].dose is not None:
            return False
        before = at - 1
        while before >= 0 and self.forms[before] in self.known.forms:
            before -= 1
        adjacent = before >= 0 and self.tokens[before].end == self.mentions[-1].end
        if not adjacent or following in self.known.amounts | self.known.rates:
            return False
        if form.isdigit() and len(form) == 4 and int(form) in _YEARS:
            return False
        self._detail(at, used, dose=form)
        return True

    def _duration(self, at: int, count: int, amount: float, dimension: str) -> None:
        if amount != int(amount):
            return
        if dimension == _MONTHS_UNIT:
            self._detail(at, count, months=int(amount))
        elif int(amount) % _DAYS_A_WEEK == 0:
            self._detail(at, count, weeks=int(amount) // _DAYS_A_WEEK)

    def _detail(
        self,
        at: int,
        count: int,
        *,
        dose: str | None = None,
        weeks: int | None = None,
        months: int | None = None,
    ) -> None:
        start, end = self.tokens[at].start, self.tokens[at + count - 1].end
        detail = _Detail(start, end, self.clause, dose, weeks, months)
        last = self.mentions[-1] if self.mentions else None
        if last is not None and last.clause == self.clause:
            _attach(last, detail)
        elif self.loose is None:
            self.loose = detail

    def _attach_loose(self) -> None:
        """Give a detail that stood before the only name of its clause to that name."""
        loose, self.loose = self.loose, None
        if loose is None:
            return
        clause = loose.clause
        here = [mention for mention in self.mentions if mention.clause == clause]
        if here:
            _attach(here[0], loose)
        elif self.mentions and not self.mentions[-1].has_detail:
            # "Zoloft, 50 mg"
            _attach(self.mentions[-1], loose)

    def _word(self, at: int) -> int:
        form = self.forms[at]
        if form in self.words.negators:
            self.negated = True
        elif form[0].isalpha() and form not in self.known.ordinary:
            self._unknown(at, form)
        return 1

    def _unknown(self, at: int, form: str) -> None:
        """Take the word for a misspelt name, or keep it with its unknown neighbours as written."""
        if not self.spellchecks:
            return
        if form not in self.seen:
            self.seen[form] = nearest(form, self.known)
        named = self.seen[form]
        if named is not None:
            self._mention(named, at, 1)
            return
        last = self.mentions[-1] if self.mentions else None
        if last is not None and last.named is None and self.unknown_until == at - 1:
            last.end = self.tokens[at].end
        elif len(form) >= _SHORTEST_UNRECOGNISED:
            self._mention(None, at, 1)
        else:
            return
        self.unknown_until = at

    def _written(self, at: int, count: int) -> str:
        return self.clean[self.tokens[at].start : self.tokens[at + count - 1].end]


def _attach(mention: Mention, detail: _Detail) -> None:
    mention.dose = mention.dose or detail.dose
    mention.weeks = mention.weeks or detail.weeks
    mention.months = mention.months or detail.months
    mention.start = min(mention.start, detail.start)
    mention.end = max(mention.end, detail.end)
