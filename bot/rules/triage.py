"""From answers to a decision. Pure: the same answers, rules and licence give the same decision.

Each rule is decided by three-valued logic. True: it fires. False: it does not. Unknown: an answer
is missing, and missing is not no, so it asks for review, unless its question is not needed on
this path or another rule that needs the same answers speaks for it.

Per route the worst disposition wins: emergency > not now > review > eligible. Over all routes:
an emergency on any route is an emergency. Otherwise the preferred route counts (any route for
somebody without a preference: the best of them); where that one is not now while another route is
open, a clinician reviews. Priority is the highest that a fired rule asks for; once it is more
than routine, a rule that yields asks for review where it asked for not now.

Half-way through a flow the same rules apply. What was not asked yet is unknown and so at most
review; only a definite not-now or emergency means anything there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

import msgspec

from bot.core.answers import Answer, AnswerStatus, Value, values_of
from bot.core.decisions import Decision, Disposition, FiredRule, Judge, Priority, QuickJudge, Score
from bot.rules.derived import derive
from bot.rules.ruleset import NOT_ASKED, Rule, Ruleset
from bot.rules.scores import score_all
from bot.rules.triage_file import OnUnknown

URGENCY = {Priority.ROUTINE: 0, Priority.URGENT: 1, Priority.STAT: 2}
YES_NO = {True: "yes", False: "no"}
NONE_CHOSEN = "none"


def decide(
    ruleset: Ruleset,
    answers: Iterable[Answer],
    *,
    licensed_states: Collection[str] | None = None,
) -> Decision:
    """Return what the rules say about `answers`.

    `licensed_states` are the clinic's, as ISO 3166-2 codes (US-CA); None means they are not known,
    which makes the place a matter for review.
    """
    known = _Known.of(ruleset, answers, licensed_states)
    hits = [hit for rule in ruleset.rules if (hit := _hit(rule, known)) is not None]
    priority = _priority(hits)
    if priority is not Priority.ROUTINE:
        hits = [_softened(hit) if hit.rule.entry.yields_to_urgent else hit for hit in hits]
    hits = _without_idle(hits, ruleset.routes)
    routes = _routes(hits, ruleset.routes)
    overall = _overall(routes, ruleset, known.values)
    fired = tuple(_fired(hit, ruleset, known) for hit in sorted(hits, key=_importance))
    return Decision(
        disposition=overall,
        priority=priority,
        routes=routes,
        fired=fired,
        scores=known.scores,
        ruleset_hash=ruleset.content_hash,
        patient_words=_patient_words(fired, overall, ruleset),
    )


def judge_for(ruleset: Ruleset, licensed_states: Collection[str]) -> Judge:
    """Return the judge of one clinic: what flows and turns triage with."""
    states = frozenset(licensed_states)
    closing = tuple(rule for rule in ruleset.rules if _can_close(rule))

    def may_close(answers: Iterable[Answer]) -> bool:
        known = _Known.of(ruleset, answers, states)
        hits = (_hit(rule, known) for rule in closing)
        return any(hit is not None and hit.worst >= Disposition.NOT_NOW for hit in hits)

    return QuickJudge(partial(decide, ruleset, licensed_states=states), may_close)


def _can_close(rule: Rule) -> bool:
    """Whether the rule can ask for not now or more, be it for what is unknown."""
    unknown = rule.unknown_worst if rule.unknown_routes is not None else Disposition.ELIGIBLE
    return max(rule.worst, unknown) >= Disposition.NOT_NOW


@dataclass(frozen=True, slots=True)
class _Known:
    """What there is to decide from: `symbols` with a value, and questions asked in vain."""

    values: Mapping[str, Value]
    symbols: frozenset[str]
    answers: Mapping[str, Answer]
    scores: tuple[Score, ...]
    valueless: frozenset[str]

    @classmethod
    def of(
        cls, ruleset: Ruleset, answers: Iterable[Answer], licensed_states: Collection[str] | None
    ) -> _Known:
        by_id = {answer.link_id: answer for answer in answers}
        values = values_of(by_id.values())
        scores = score_all(ruleset.scorers, ruleset.instruments, answers=by_id, values=values)
        derive(values, scores, derivations=ruleset.derivations, licensed_states=licensed_states)
        valueless = frozenset(
            link_id
            for link_id, answer in by_id.items()
            if answer.status is not AnswerStatus.ANSWERED
        )
        return cls(values, frozenset(values), by_id, scores, valueless)


class _Hit(msgspec.Struct, frozen=True):
    """A rule that applies.

    `missing` names the symbols without which it could not be decided. It is `idle` when it only
    says that something has not been asked.
    """

    rule: Rule
    routes: Mapping[str, Disposition]
    worst: Disposition
    priority: Priority
    missing: tuple[str, ...] = ()
    idle: bool = False

    @property
    def declined(self) -> bool:
        """Whether a missing answer was asked for and not given."""
        return bool(self.missing) and not self.idle


def _hit(rule: Rule, known: _Known) -> _Hit | None:
    untouched = known.symbols.isdisjoint(rule.when.symbols)
    verdict = rule.untouched if untouched else rule.when.evaluate(known.values)
    if verdict is None:
        return _unknown_hit(rule, known, untouched=untouched)
    return _Hit(rule, rule.routes, rule.worst, rule.entry.priority) if verdict else None


def _unknown_hit(rule: Rule, known: _Known, *, untouched: bool) -> _Hit | None:
    """Return what an undecided rule asks for; None when it is covered, or not needed here."""
    routes = rule.unknown_routes
    if routes is None:
        return None
    if rule.not_needed_when is not None and rule.not_needed_when.evaluate(known.values):
        return None
    missing = rule.symbols if untouched else _missing(rule, known)
    if any(_status(rule, symbol, known) != NOT_ASKED for symbol in missing):
        return _Hit(rule, routes, rule.unknown_worst, rule.entry.declined_priority, missing)
    return _Hit(rule, routes, rule.unknown_worst, Priority.ROUTINE, missing, idle=True)


def _missing(rule: Rule, known: _Known) -> tuple[str, ...]:
    return tuple(symbol for symbol in rule.symbols if known.values.get(symbol) is None)


def _status(rule: Rule, symbol: str, known: _Known) -> str:
    """Return why a symbol has no value: skipped, unclear or not asked."""
    if known.valueless:
        for link_id in rule.origins[symbol]:
            if link_id in known.valueless:
                return known.answers[link_id].status.value
    return NOT_ASKED


def _priority(hits: Iterable[_Hit]) -> Priority:
    """Return the most urgent priority that a hit asks for."""
    asked = {hit.priority for hit in hits}
    return max(asked, key=URGENCY.__getitem__, default=Priority.ROUTINE)


def _softened(hit: _Hit) -> _Hit:
    """Return the hit with review where it asked for not now: nobody at risk is turned away."""
    routes = {route: min(worst, Disposition.REVIEW) for route, worst in hit.routes.items()}
    return msgspec.structs.replace(
        hit, routes=routes, worst=max(routes.values(), default=Disposition.ELIGIBLE)
    )


def _without_idle(hits: list[_Hit], routes: tuple[str, ...]) -> list[_Hit]:
    """Leave out what was merely not asked, once every route is at least not now without it.

    Review could change nothing then, and fifty questions nobody needed would hide the reason.
    """
    settled = [hit for hit in hits if not hit.idle]
    is_settled = min(_routes(settled, routes).values()) >= Disposition.NOT_NOW
    return settled if is_settled else hits


def _routes(hits: Iterable[_Hit], routes: tuple[str, ...]) -> dict[str, Disposition]:
    """Return the worst disposition that any hit asks for, per route."""
    worst = dict.fromkeys(routes, Disposition.ELIGIBLE)
    for hit in hits:
        for route, disposition in hit.routes.items():
            if disposition > worst[route]:
                worst[route] = disposition
    return worst


def _overall(
    routes: Mapping[str, Disposition], ruleset: Ruleset, values: Mapping[str, Value]
) -> Disposition:
    """Return one disposition for all routes; the module's docstring says how."""
    if Disposition.EMERGENCY in routes.values():
        return Disposition.EMERGENCY
    wished = values.get(ruleset.preferred_route.symbol)
    best = min(routes.values())
    if not isinstance(wished, str) or wished not in routes:
        return best
    if routes[wished] is Disposition.NOT_NOW and best < Disposition.NOT_NOW:
        return Disposition.REVIEW
    return routes[wished]


def _importance(hit: _Hit) -> tuple[int, bool, int]:
    """Sort key: the worst first, what is known before what is missing, then the more urgent."""
    return -hit.worst, hit.missing != (), -URGENCY[hit.priority]


def _fired(hit: _Hit, ruleset: Ruleset, known: _Known) -> FiredRule:
    if hit.idle and len(hit.missing) == len(hit.rule.symbols):
        return hit.rule.unasked
    entry = hit.rule.entry
    return FiredRule(
        id=entry.id,
        routes=hit.routes,
        priority=hit.priority,
        flag=_flag(hit, ruleset),
        source=hit.rule.source,
        version=entry.version,
        symbols=tuple((symbol, _shown(hit.rule, symbol, known)) for symbol in hit.rule.symbols),
        because_unknown=bool(hit.missing),
        patient_words=entry.words if _speaks_to_patient(hit) else "",
    )


def _speaks_to_patient(hit: _Hit) -> bool:
    """Whether the rule's words hold: not for what is missing, nor for a not-now that yielded."""
    return not hit.missing and hit.worst == hit.rule.worst


def _flag(hit: _Hit, ruleset: Ruleset) -> str:
    entry = hit.rule.entry
    applies = hit.declined and entry.unknown is OnUnknown.SAME
    if applies or not hit.missing:
        return entry.flag
    words = ruleset.flags.declined if hit.declined else ruleset.flags.not_asked
    return words.format(about=entry.about)


def _shown(rule: Rule, symbol: str, known: _Known) -> str:
    """Return an answer as the clinician reads it beside the rule."""
    value = known.values.get(symbol)
    if value is None:
        return _status(rule, symbol, known)
    if isinstance(value, bool):
        return YES_NO[value]
    if isinstance(value, tuple):
        return ", ".join(value) or NONE_CHOSEN
    return str(value)


def _patient_words(
    fired: tuple[FiredRule, ...], overall: Disposition, ruleset: Ruleset
) -> tuple[str, ...]:
    """Return the keys of what the patient may be told, each once; not now adds the way back."""
    keys = [rule.patient_words for rule in fired if rule.patient_words]
    if overall is Disposition.NOT_NOW:
        keys.append(ruleset.always_with_not_now)
    return tuple(dict.fromkeys(keys))
