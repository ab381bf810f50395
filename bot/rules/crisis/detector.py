"""The detector: from a text to a finding.

A text is folded, offered to the gate (one RE2 set of every group's anchors) and, in most cases,
done. Otherwise the groups whose anchors are present search it; each hit is read in its clause, its
guards demote it or not, and the highest tier left standing is the finding. Nothing here keeps
state between texts, and every part of it is linear in the text's length.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.core.findings import NOTHING_FOUND, Category, Finding, RuleHit, Subject, Tier
from bot.rules.crisis import views
from bot.rules.crisis.coded import Coded
from bot.rules.crisis.context import Answers, RiskQuestion, screen_in_context
from bot.rules.crisis.fold import View, fold
from bot.rules.crisis.harmless import GUARD_ID, Harmless
from bot.rules.crisis.lexicon import Lexicon
from bot.rules.crisis.model import Gate, Gathering, Grammar, Hit, Reading, Rule, RuleGroup, Scope
from bot.rules.crisis.scorecard import Scorecard
from bot.rules.crisis.surroundings import (
    guards_met,
    is_excused,
    look_around,
    subject_of,
    window,
)

_URGENCY = (
    Category.OVERDOSE,
    Category.SUICIDE,
    Category.MEDICAL,
    Category.HARM_TO_OTHERS,
    Category.PSYCHOSIS,
    Category.ABUSE,
    Category.SELF_HARM,
)
_RANK = {category: -place for place, category in enumerate(_URGENCY)}
_NEAR_BYTES = 2 * 50
_MARK = 0xFF
Verdict = tuple[Tier, Subject, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Detector:
    """The compiled crisis rules. Holds no state; safe to share between threads."""

    lexicon: Lexicon
    gate: Gate
    groups: tuple[RuleGroup, ...]
    grammar: Grammar
    answers: Answers
    scorecard: Scorecard

    def screen(self, text: str) -> Finding:
        """Return what `text` alone says; never raises, whatever it holds."""
        view = fold(text)
        coded = Coded(view.text, self.lexicon)
        opened = self.gate.set.Match(coded.codes)
        hits = self.hits(text, view, coded, opened)
        finding = _finding(hits, self.grammar)
        if finding.tier < Tier.CRISIS and self.gate.points_id in opened:
            return self._weighed(finding, hits, Reading(view, coded, []))
        return finding

    def weigh(self, text: str) -> Tier:
        """Return the tier that the points of `text` come to, whatever the rules say of it."""
        score = self.scorecard.score(Coded(fold(text).text, self.lexicon).codes)
        return Tier.NONE if score is None else score.tier

    def _weighed(self, finding: Finding, hits: list[Hit], reading: Reading) -> Finding:
        """Return the finding, raised if the text's points come to more."""
        plain = (hit for hit in hits if hit.reading.codes == reading.codes)
        score = self.scorecard.score(reading.codes, {hit.start for hit in plain if hit.guards})
        if score is None or score.tier <= finding.tier:
            return finding
        name = f"points.{score.tier.label}"
        told = [RuleHit(name, *reading.original_span(start, end)) for start, end in score.reasons]
        seen = {hit.subject for hit in hits} or {score.subject}
        return Finding(
            score.tier,
            finding.category if finding.tier > Tier.NONE else score.category,
            Subject.SELF if Subject.SELF in seen else Subject.OTHER,
            tuple(dict.fromkeys((*finding.rules, *told))),
        )

    def screen_straddling(self, text: str, offset: int) -> Finding:
        """Return what is said only by hits that begin before `offset` and end after it."""
        view = fold(text)
        coded = Coded(view.text, self.lexicon)
        hits = self.hits(text, view, coded, self.gate.set.Match(coded.codes))
        straddling = [hit for hit in hits if hit.original_span[0] < offset < hit.original_span[1]]
        return _finding(straddling, self.grammar, escalate=False)

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

    def hits(self, text: str, view: View, coded: Coded, opened: list[int]) -> list[Hit]:
        """Return the best occurrence of each rule in each reading of the text."""
        hits = self._search(view, coded, opened)
        if text.isascii() and max(opened, default=0) < self.gate.spelled_id:
            return hits  # no sign of disguise
        for reading in self._disguised(text, view, opened):
            coded = Coded(reading.text, self.lexicon)
            hits.extend(self._search(reading, coded, self.gate.set.Match(coded.codes)))
        return hits

    def _disguised(self, text: str, view: View, opened: list[int]) -> list[View]:
        """Return the other readings that the gate's signs of disguise ask for."""
        readings: list[View | None] = []
        if self.gate.spelled_id in opened:
            readings.append(views.spelled_out(view))
        if self.gate.backwards_id in opened or views.overrides_direction(text):
            readings.append(views.backwards(view))
        if self.gate.broken_id in opened:
            readings.append(views.rejoined(view, self.lexicon.broken))
            readings.append(views.uncovered(view, self.lexicon.censored))
        if views.is_upside_down(text):
            readings.append(views.upright(view))
        if self.gate.encoded_id in opened:
            readings.append(views.decoded(text))
        return [reading for reading in readings if reading is not None]

    def _search(self, view: View, coded: Coded, opened: list[int]) -> list[Hit]:
        """Return the best occurrence of each rule that matches the view."""
        matched: dict[str, Rule] = {}
        groups, codes = self.groups, coded.codes
        for group_id in opened:
            if group_id < len(groups):
                for index in groups[group_id].set.match(codes):
                    rule = groups[group_id].rules[index]
                    matched[rule.id] = rule
        if not matched:
            return []
        breaks = list(self.grammar.clause_break.spans(codes))
        reading = Reading(view, coded, breaks)
        found = (
            _best_occurrence(matched[rule_id], reading, self.grammar)
            for rule_id in sorted(matched)
        )
        return [hit for hit in found if hit is not None]


def _best_occurrence(rule: Rule, reading: Reading, grammar: Grammar) -> Hit | None:
    """Return the first occurrence that no guard demotes, else the least demoted one."""
    best: Hit | None = None
    judged = set()
    codes = reading.codes
    for span in rule.pattern.spans(codes):
        start, end = _trimmed(codes, span)
        told_by = (end - start, *window(reading, start, end))
        if told_by in judged:
            continue  # what stands in the same surroundings outweighs nothing
        judged.add(told_by)
        hit = Hit(rule, reading, start, end, *_judge(rule, reading, start, end, grammar))
        if best is None or hit.weight > best.weight:
            best = hit
        if best.tier == rule.tier and best.subject is Subject.SELF:
            break
    return best


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
    if tier >= Tier.CRISIS and _is_harmless(around.sentence, reading, grammar.harmless):
        tier = Tier.CHECK_IN
        met.append(GUARD_ID)
    return tier, subject_of(rule, around, reading, grammar), tuple(met)


def _is_harmless(sentence: bytes, reading: Reading, harmless: Harmless) -> bool:
    known = reading.harmless.get(sentence)
    if known is None:
        known = reading.harmless[sentence] = harmless.is_met(sentence)
    return known


def _trimmed(codes: bytes, span: tuple[int, int]) -> tuple[int, int]:
    """Return the span without the marks that bound it."""
    start, end = span
    if codes[start] != _MARK != codes[end - 2]:
        return span
    while start < end and codes[start] == _MARK:
        start += 2
    while end > start and codes[end - 2] == _MARK:
        end -= 2
    return start, end


def _finding(hits: list[Hit], grammar: Grammar, *, escalate: bool = True) -> Finding:
    """Return the finding of all hits: the most urgent one gives tier, category and subject."""
    if not hits:
        return NOTHING_FOUND
    rules = [RuleHit(hit.rule.id, *hit.original_span, hit.guards) for hit in hits]
    lead = max(hits, key=_precedence)
    tier = lead.tier
    for hit in hits if escalate else ():
        raised = _escalated(hit, grammar)
        if raised is not None:
            rules.append(raised)
            if tier < Tier.EMERGENCY:
                lead, tier = hit, Tier.EMERGENCY
    gathered = _gathered(hits, grammar) if tier < Tier.CRISIS else None
    if gathered is not None and gathered[0].to > tier:
        gathering, sign = gathered
        rules.append(RuleHit(gathering.id, *sign.original_span))
        return Finding(gathering.to, gathering.category, sign.subject, tuple(dict.fromkeys(rules)))
    if tier is Tier.NONE:
        return Finding(rules=tuple(dict.fromkeys(rules)))
    return Finding(tier, lead.rule.category, lead.subject, tuple(dict.fromkeys(rules)))


def _gathered(hits: list[Hit], grammar: Grammar) -> tuple[Gathering, Hit] | None:
    """Return the most urgent gathering that the standing weak signs amount to, and the first."""
    signs = {
        hit.rule.id: hit
        for hit in hits
        if hit.rule.tier < Tier.CRISIS and hit.subject is Subject.SELF and not hit.guards
    }
    for gathering in grammar.gatherings:
        own = [hit for hit in signs.values() if hit.rule.category is gathering.category]
        if sum(1 + hit.rule.tier for hit in _apart(own)) >= gathering.weight:
            return gathering, own[0]
    return None


def _apart(hits: list[Hit]) -> list[Hit]:
    """Return the hits that share no words with a heavier one: one phrase is one sign."""
    kept: list[tuple[int, int, Hit]] = []
    for hit in sorted(hits, key=lambda each: -each.rule.tier):
        start, end = hit.original_span
        if all(end <= other_start or other_end <= start for other_start, other_end, _ in kept):
            kept.append((start, end, hit))
    return [hit for _, _, hit in kept]


def _precedence(hit: Hit) -> tuple[int, bool, int]:
    return hit.tier, hit.subject is Subject.SELF, _RANK[hit.rule.category]


def _escalated(hit: Hit, grammar: Grammar) -> RuleHit | None:
    """Return what makes a standing crisis hit about the writer an emergency, if anything does."""
    if hit.tier is not Tier.CRISIS or hit.subject is not Subject.SELF or hit.guards:
        return None
    low, high = max(0, hit.start - _NEAR_BYTES), hit.end + _NEAR_BYTES
    near = hit.reading.codes[low:high]
    for escalation in grammar.escalations:
        if hit.rule.category not in escalation.categories:
            continue
        found = escalation.pattern.search(near)
        if found is not None:
            start, end = _trimmed(near, found)
            return RuleHit(escalation.id, *hit.reading.original_span(low + start, low + end))
    return None
