"""From the hits in a text to one finding: the most urgent hit, what raises it, signs together."""

from __future__ import annotations

from bot.core.findings import NOTHING_FOUND, Category, Finding, RuleHit, Subject, Tier
from bot.rules.crisis.model import Gathering, Grammar
from bot.rules.crisis.reading import Hit, trimmed
from bot.rules.crisis.search import Span

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


def finding_of(hits: list[Hit], grammar: Grammar, *, escalate: bool = True) -> Finding:
    """Return the finding of all hits: the most urgent one gives tier, category and subject."""
    if not hits:
        return NOTHING_FOUND
    spans = [hit.original_span for hit in hits]
    rules = [
        RuleHit(hit.rule.id, *span, hit.guards) for hit, span in zip(hits, spans, strict=True)
    ]
    lead = max(hits, key=_precedence)
    tier = lead.tier
    for hit in hits if escalate else ():
        raised = _escalated(hit, grammar)
        if raised is not None:
            rules.append(raised)
            if tier < Tier.EMERGENCY:
                lead, tier = hit, Tier.EMERGENCY
    gathered = _gathered(hits, spans, grammar) if tier < Tier.CRISIS else None
    if gathered is not None and gathered[0].to > tier:
        gathering, sign = gathered
        rules.append(RuleHit(gathering.id, *sign.original_span))
        return Finding(gathering.to, gathering.category, sign.subject, tuple(dict.fromkeys(rules)))
    if tier is Tier.NONE:
        return Finding(rules=tuple(dict.fromkeys(rules)))
    return Finding(tier, lead.rule.category, lead.subject, tuple(dict.fromkeys(rules)))


def _gathered(
    hits: list[Hit], spans: list[Span], grammar: Grammar
) -> tuple[Gathering, Hit] | None:
    """Return the most urgent gathering that the standing weak signs amount to, and the first."""
    signs = {
        hit.rule.id: (hit, span)
        for hit, span in zip(hits, spans, strict=True)
        if hit.rule.tier < Tier.CRISIS and hit.subject is Subject.SELF and not hit.guards
    }
    if not signs:
        return None
    for gathering in grammar.gatherings:
        own = [sign for sign in signs.values() if sign[0].rule.category is gathering.category]
        if own and sum(1 + tier for tier in _tiers_apart(own)) >= gathering.weight:
            return gathering, own[0][0]
    return None


def _tiers_apart(signs: list[tuple[Hit, Span]]) -> list[Tier]:
    """Return the tiers of those that share no words with a heavier one: one phrase is one sign."""
    kept: list[tuple[Span, Tier]] = []
    for hit, (start, end) in sorted(signs, key=lambda each: -each[0].rule.tier):
        if all(end <= other_start or other_end <= start for (other_start, other_end), _ in kept):
            kept.append(((start, end), hit.rule.tier))
    return [tier for _, tier in kept]


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
            start, end = trimmed(near, found)
            return RuleHit(escalation.id, *hit.reading.original_span(low + start, low + end))
    return None
