"""The detector: from a text to a finding.

A text is folded, offered to the gate (one RE2 set of every group's anchors) and, in most cases,
done. Otherwise the groups whose anchors are present search it; each hit is read in its clause, its
guards demote it or not. The scorecard adds up what words and hits come to: what stands is a
check-in if all else speaks against it, and what no frame saw is raised. The highest tier left is
the finding. Nothing here keeps state between texts, and every part of it is linear in the text's
length.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bot.core.findings import Finding, RuleHit, Subject, Tier
from bot.rules.crisis import views
from bot.rules.crisis.coded import Coded
from bot.rules.crisis.context import Answers, RiskQuestion, screen_in_context
from bot.rules.crisis.fold import View, fold
from bot.rules.crisis.gate import Gate, Sign
from bot.rules.crisis.gathering import finding_of
from bot.rules.crisis.lexicon import FIRST_MARK, Lexicon
from bot.rules.crisis.model import Grammar, Rule, Scope
from bot.rules.crisis.reading import Hit, Reading, trimmed
from bot.rules.crisis.scorecard import Scorecard, Weighed
from bot.rules.crisis.search import LazyPattern, Spans, behind
from bot.rules.crisis.surroundings import (
    guards_met,
    is_excused,
    look_around,
    subject_of,
    window,
)

_LONG_SENTENCE_BYTES = 2 * 60
_SHORT_SENTENCE_WORDS = 6
GUARD_ID = "points.harmless"
"""Told of a hit that the scorecard demotes."""
Verdict = tuple[Tier, Subject, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Detector:
    """The compiled crisis rules. Holds no state; safe to share between threads."""

    lexicon: Lexicon
    gate: Gate
    grammar: Grammar
    answers: Answers
    scorecard: Scorecard

    def screen(self, text: str) -> Finding:
        """Return what `text` alone says; never raises, whatever it holds."""
        hits, weighed, view, coded = self._judged(text)
        finding = finding_of(hits, self.grammar)
        if weighed is not None and self.scorecard.tier(weighed) > finding.tier < Tier.CRISIS:
            return self._raised(finding, hits, weighed, Reading(view, coded, []))
        return finding

    def weigh(self, text: str) -> Tier:
        """Return the tier that the points of `text` come to, whatever the rules say of it."""
        weighed = self._judged(text)[1]
        return Tier.NONE if weighed is None else self.scorecard.tier(weighed)

    def _judged(self, text: str) -> tuple[list[Hit], Weighed | None, View, Coded]:
        """Return the hits in `text` after guards and points, and what the points come to."""
        view = fold(text)
        coded = Coded(view.text, self.lexicon)
        signs = self.gate.signs(coded.codes)
        hits = self.hits(text, view, coded, signs)
        is_weak = not hits or all(hit.rule.tier is Tier.NONE for hit in hits)
        if is_weak and not self.scorecard.opens(coded.codes):
            return hits, None, view, coded
        seen = [(hit.start, signs_of(hit)) for hit in hits if hit.reading.codes == coded.codes]
        weighed = self.scorecard.weigh(coded.codes, seen)
        if weighed.total < self.scorecard.stands:
            hits = [self._demoted(hit, coded.codes, weighed.total) for hit in hits]
        return hits, weighed, view, coded

    def _demoted(self, hit: Hit, codes: bytes, total: float) -> Hit:
        """Return the hit as a check-in, unless it stands in another reading or a long sentence.

        People write whole lives without a full stop: there, frames alone decide. In a sentence of
        a few words little speaks for or against: there, more has to. A rule that has no line among
        the points is one that their fit has not met, and is not judged by them.
        """
        if hit.tier < Tier.CRISIS or hit.reading.codes != codes:
            return hit
        if standing(hit.rule.id) not in self.scorecard.points:
            return hit
        sentence = hit.reading.sentence_at(hit.start)
        if len(sentence) > _LONG_SENTENCE_BYTES or (
            is_short(sentence, self.scorecard.passed_over) and total >= self.scorecard.stands_short
        ):
            return hit
        return replace(hit, tier=Tier.CHECK_IN, guards=(*hit.guards, GUARD_ID))

    def _raised(
        self, finding: Finding, hits: list[Hit], weighed: Weighed, reading: Reading
    ) -> Finding:
        """Return the finding, raised to the tier that the text's points come to."""
        tier, score = self.scorecard.tier(weighed), self.scorecard.explained(weighed)
        name = f"points.{tier.label}"
        told = [RuleHit(name, *reading.original_span(start, end)) for start, end in score.reasons]
        seen = {hit.subject for hit in hits} or {score.subject}
        return Finding(
            tier,
            finding.category if finding.tier > Tier.NONE else score.category,
            Subject.SELF if Subject.SELF in seen else Subject.OTHER,
            tuple(dict.fromkeys((*finding.rules, *told))),
        )

    def screen_straddling(self, text: str, offset: int) -> Finding:
        """Return what is said only by hits that begin before `offset` and end after it."""
        hits = self._judged(text)[0]
        straddling = [hit for hit in hits if hit.original_span[0] < offset < hit.original_span[1]]
        return finding_of(straddling, self.grammar, escalate=False)

    def screen_in_context(
        self, text: str, *, previous: Sequence[str] = (), question: RiskQuestion | None = None
    ) -> Finding:
        """Return what `text` says after the `previous` texts, as answer to `question`.

        `previous` holds the last inbound texts, oldest first. Never lower than `screen(text)`.
        """
        return screen_in_context(
            text,
            previous,
            question,
            screen=self.screen,
            straddling=self.screen_straddling,
            answers=self.answers,
        )

    def hits(self, text: str, view: View, coded: Coded, signs: list[int]) -> list[Hit]:
        """Return each rule's best occurrence in each sentence of each reading, points apart."""
        hits = self._search(view, coded)
        if text.isascii() and not signs:
            return hits  # no sign of disguise
        for reading in self._disguised(text, view, signs):
            hits.extend(self._search(reading, Coded(reading.text, self.lexicon)))
        return hits

    def _disguised(self, text: str, view: View, signs: list[int]) -> list[View]:
        """Return the other readings that the gate's signs of disguise ask for."""
        readings: list[View | None] = []
        if Sign.SPELLED in signs:
            readings.append(views.spelled_out(view))
        if Sign.BACKWARDS in signs or views.overrides_direction(text):
            readings.append(views.backwards(view))
        if Sign.BROKEN in signs:
            readings.append(views.rejoined(view, self.lexicon.broken))
            readings.append(views.uncovered(view, self.lexicon.censored))
        if views.is_upside_down(text):
            readings.append(views.upright(view))
        if Sign.ENCODED in signs:
            readings.append(views.decoded(text))
        return [reading for reading in readings if reading is not None]

    def _search(self, view: View, coded: Coded) -> list[Hit]:
        """Return the best occurrence in each sentence of each rule that matches the view."""
        matched = self.gate.matched(coded.codes)
        if not matched:
            return []
        breaks = list(self.grammar.clause_break.spans(coded.codes))
        reading = Reading(view, coded, breaks)
        return [
            hit
            for rule in sorted(matched, key=lambda each: each.id)
            for hit in _best_occurrences(rule, matched[rule], reading, self.grammar)
        ]


def signs_of(hit: Hit) -> frozenset[bytes]:
    """Return what a hit tells the scorecard: rule, tier, whether it stands, guards met."""
    is_standing = hit.tier >= Tier.CRISIS
    signs = (f"tier {hit.tier.label}", *map("guard {}".format, hit.guards))
    told = standing(hit.rule.id) if is_standing else f"falls {hit.rule.id}".encode()
    return frozenset((told, *map(str.encode, signs)))


def is_short(sentence: bytes, passed_over: frozenset[bytes]) -> bool:
    """Return whether the codes are so few that little in them speaks for or against.

    Marks and what is passed over do not count: no comma and no word of greeting lowers a finding.
    """
    codes = (sentence[place : place + 2] for place in range(0, len(sentence), 2))
    words = (code for code in codes if code[0] != FIRST_MARK and code not in passed_over)
    return sum(1 for _ in words) <= _SHORT_SENTENCE_WORDS


def standing(rule_id: str) -> bytes:
    """Return the feature of a hit of the rule that stands."""
    return f"stands {rule_id}".encode()


def _best_occurrences(
    rule: Rule, branches: Sequence[LazyPattern], reading: Reading, grammar: Grammar
) -> Iterable[Hit]:
    """Return, of each sentence, the first occurrence that no guard demotes, or the best one."""
    best: dict[bytes, Hit] = {}
    judged = set()
    codes = reading.codes
    spans = Spans(branches, codes)
    span = spans.from_(0)
    while span is not None:
        start, end = trimmed(codes, span)
        low, high = reading.sentence_around(start)
        sentence = codes[low:high]
        known = best.get(sentence)
        if known is not None and known.tier == rule.tier and known.subject is Subject.SELF:
            span = spans.from_(max(high, behind(span)))  # nothing in it outweighs that
            continue
        span = spans.from_(behind(span))
        told_by = (end - start, *window(reading, start, end))
        if told_by in judged:
            continue  # what stands in the same surroundings outweighs nothing
        judged.add(told_by)
        hit = Hit(rule, reading, start, end, *_judge(rule, reading, start, end, grammar))
        if known is None or hit.weight > known.weight:
            best[sentence] = hit
    return best.values()


def _judge(rule: Rule, reading: Reading, start: int, end: int, grammar: Grammar) -> Verdict:
    """Return tier, subject and guards met of the occurrence at `codes[start:end]`."""
    around = look_around(reading, start, end)
    tier = rule.tier
    met = []
    known: dict[Scope, frozenset[str]] = {}
    for guard in rule.guards:
        if guard.to >= tier:
            break  # they are sorted: the others are no lower
        names = known.get(guard.scope)
        if names is None:
            names = known[guard.scope] = guards_met(guard.scope, around, reading, grammar)
        if guard.id in names and not is_excused(guard, around):
            tier = guard.to
            met.append(guard.id)
    return tier, subject_of(rule, around, reading, grammar), tuple(met)
