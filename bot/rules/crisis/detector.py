"""The detector: from a text to a finding.

A text is folded, offered to the gate (one RE2 set of every group's anchors) and, in most cases,
done. Otherwise the groups whose anchors are present search it; each hit is read in its clause, its
guards demote it or not, and the highest tier left standing is the finding. Nothing here keeps
state between texts, and every part of it is linear in the text's length.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.core.findings import NOTHING_FOUND, Category, Finding, RuleHit, Subject, Tier
from bot.rules.crisis import views
from bot.rules.crisis.context import Answers, RiskQuestion, screen_in_context
from bot.rules.crisis.fold import View, fold
from bot.rules.crisis.model import Grammar, Hit, Rule, RuleGroup
from bot.rules.crisis.surroundings import applies, look_around, subject_of

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
_NEAR_BYTES = 240


@dataclass(frozen=True, slots=True)
class Gate:
    """One RE2 set: a pattern for each group's anchors, then one for each sign of disguise."""

    set: Any
    spaced_id: int
    encoded_id: int
    backwards_id: int
    misspelled_id: int


@dataclass(frozen=True, slots=True)
class Detector:
    """The compiled crisis rules. Holds no state; safe to share between threads."""

    gate: Gate
    groups: tuple[RuleGroup, ...]
    misspellings: Mapping[bytes, bytes]
    fillers: frozenset[bytes]
    grammar: Grammar
    answers: Answers

    def screen(self, text: str) -> Finding:
        """Return what `text` alone says; never raises, whatever it holds."""
        return _finding(self._hits(text), self.grammar)

    def screen_straddling(self, text: str, offset: int) -> Finding:
        """Return what is said only by hits that begin before `offset` and end after it."""
        straddling = []
        for hit, view in self._hits(text):
            start, end = view.original_span(hit.start, hit.end)
            if start < offset < end:
                straddling.append((hit, view))
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

    def _hits(self, text: str) -> list[tuple[Hit, View]]:
        """Return the best occurrence of each rule in each reading of the text."""
        view = fold(text)
        opened = self.gate.set.Match(view.text) or []
        if not opened and not views.overrides_direction(text):
            return []
        hits = []
        for reading in self._readings(text, view, opened):
            brief = views.without_fillers(reading, self.fillers)
            hits.extend((hit, brief) for hit in self._search(brief))
        return hits

    def _readings(self, text: str, view: View, opened: list[int]) -> list[View]:
        """Return the plain reading, and those that the gate's signs of disguise ask for."""
        readings = [view]
        plain = view
        if self.gate.spaced_id in opened:
            closed = views.spelled_out(view)
            if closed is not None:
                readings.append(closed)
                plain = closed
        if self.gate.misspelled_id in opened or plain is not view:
            put_right = views.mended(plain, self.misspellings)
            if put_right is not None:
                readings.append(put_right)
        if self.gate.backwards_id in opened or views.overrides_direction(text):
            readings.append(views.backwards(view))
        if self.gate.encoded_id in opened:
            readings.extend(views.decoded(text))
        return readings

    def _search(self, view: View) -> list[Hit]:
        """Return the best occurrence of each rule that matches the view."""
        hits = []
        for group_id in sorted(self.gate.set.Match(view.text) or ()):
            if group_id >= len(self.groups):
                break
            group = self.groups[group_id]
            for rule_id in sorted(group.set.Match(view.text) or ()):
                hit = _best_occurrence(group.rules[rule_id], view.text, self.grammar)
                if hit is not None:
                    hits.append(hit)
        return hits


def _best_occurrence(rule: Rule, text: bytes, grammar: Grammar) -> Hit | None:
    """Return the first occurrence that no guard demotes, else the least demoted one."""
    best: Hit | None = None
    for found in rule.pattern.finditer(text):
        hit = _judge(rule, text, found.span(), grammar)
        if best is None or (hit.tier, hit.subject is Subject.SELF) > (
            best.tier, best.subject is Subject.SELF
        ):  # fmt: skip
            best = hit
        if best.tier == rule.tier and best.subject is Subject.SELF:
            break
    return best


def _judge(rule: Rule, text: bytes, span: tuple[int, int], grammar: Grammar) -> Hit:
    """Return the occurrence with the guards that its surroundings call for."""
    start, end = _trimmed(text, span)
    around = look_around(text, start, end, grammar.clause_breaks)
    tier = rule.tier
    met = []
    for guard in rule.guards:
        if guard.to < tier and applies(guard, around):
            tier = guard.to
            met.append(guard.id)
    return Hit(rule, start, end, tier, subject_of(rule, around, grammar), tuple(met))


def _trimmed(text: bytes, span: tuple[int, int]) -> tuple[int, int]:
    """Return the span without the separators that bound it."""
    start, end = span
    while start < end and text[start] in b" ,.;:!?\n\"'()-":
        start += 1
    while end > start and text[end - 1] in b" ,.;:!?\n\"'()-":
        end -= 1
    return start, end


def _finding(hits: list[tuple[Hit, View]], grammar: Grammar, *, escalate: bool = True) -> Finding:
    """Return the finding of all hits: the most urgent one gives tier, category and subject."""
    if not hits:
        return NOTHING_FOUND
    rules = [_rule_hit(hit, view) for hit, view in hits]
    lead, view = max(hits, key=_precedence)
    tier = lead.tier
    for hit, reading in hits if escalate else ():
        raised = _escalated(hit, reading, grammar)
        if raised is not None:
            rules.append(raised)
            if tier < Tier.EMERGENCY:
                lead, tier = hit, Tier.EMERGENCY
    if tier is Tier.NONE:
        return Finding(rules=tuple(rules))
    return Finding(tier, lead.rule.category, lead.subject, tuple(dict.fromkeys(rules)))


def _precedence(entry: tuple[Hit, View]) -> tuple[int, bool, int]:
    hit = entry[0]
    return hit.tier, hit.subject is Subject.SELF, _RANK[hit.rule.category]


def _rule_hit(hit: Hit, view: View) -> RuleHit:
    start, end = view.original_span(hit.start, hit.end)
    return RuleHit(hit.rule.id, start, end, hit.guards)


def _escalated(hit: Hit, view: View, grammar: Grammar) -> RuleHit | None:
    """Return what makes a standing crisis hit about the writer an emergency, if anything does."""
    if hit.tier is not Tier.CRISIS or hit.subject is not Subject.SELF or hit.guards:
        return None
    low = max(0, hit.start - _NEAR_BYTES)
    near = view.text[low : hit.end + _NEAR_BYTES]
    for escalation in grammar.escalations:
        found = (
            escalation.pattern.search(near) if hit.rule.category in escalation.categories else None
        )
        if found is not None:
            start, end = _trimmed(near, found.span())
            return RuleHit(escalation.id, *view.original_span(low + start, low + end))
    return None
