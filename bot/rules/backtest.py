"""What would change: stored answers decided again under other rules. Nothing is stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from bot.core.answers import Answer
from bot.core.decisions import Decision, Disposition, Priority
from bot.rules.ruleset import Ruleset
from bot.rules.triage import decide


@dataclass(frozen=True, slots=True)
class Case:
    """One conversation as it was decided: by which rules, from which answers, how.

    `decision` is None when it never came to one; `licensed_states` are its clinic's, None if they
    are not known.
    """

    conversation_id: str
    ruleset_hash: str | None
    decision: Decision | None
    answers: tuple[Answer, ...]
    licensed_states: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The part of a decision that people act on."""

    disposition: Disposition
    priority: Priority

    @classmethod
    def of(cls, decision: Decision) -> Outcome:
        """Return a decision's outcome."""
        return cls(decision.disposition, decision.priority)


@dataclass(frozen=True, slots=True)
class Change:
    """A conversation that the other rules see otherwise.

    `added` and `removed` are ids of rules that fired only after, only before; a rule that applies
    for want of an answer is written `id?`.
    """

    conversation_id: str
    ruleset_hash: str | None
    before: Outcome
    after: Outcome
    added: tuple[str, ...]
    removed: tuple[str, ...]

    @property
    def is_new_outcome(self) -> bool:
        """Whether disposition or priority change, not only the reasons."""
        return self.before != self.after


@dataclass(frozen=True, slots=True)
class Report:
    """All changes. `undecided` conversations had no decision to compare with."""

    ruleset_hash: str
    decided: int
    undecided: int
    changes: tuple[Change, ...]

    @property
    def moves(self) -> dict[tuple[Outcome, Outcome], int]:
        """How many conversations move from which outcome to which, most frequent first."""
        counted = Counter((c.before, c.after) for c in self.changes if c.is_new_outcome)
        return dict(counted.most_common())


def backtest(cases: Iterable[Case], ruleset: Ruleset) -> Report:
    """Decide every case again under `ruleset`; return what differs from the stored decision."""
    decided = undecided = 0
    changes: list[Change] = []
    for case in cases:
        if case.decision is None:
            undecided += 1
            continue
        decided += 1
        after = decide(ruleset, case.answers, licensed_states=case.licensed_states)
        if (change := _change(case, case.decision, after)) is not None:
            changes.append(change)
    return Report(ruleset.content_hash, decided, undecided, tuple(changes))


def _change(case: Case, before: Decision, after: Decision) -> Change | None:
    fired_before, fired_after = _fired(before), _fired(after)
    change = Change(
        conversation_id=case.conversation_id,
        ruleset_hash=case.ruleset_hash,
        before=Outcome.of(before),
        after=Outcome.of(after),
        added=tuple(sorted(fired_after - fired_before)),
        removed=tuple(sorted(fired_before - fired_after)),
    )
    differs = change.is_new_outcome or change.added or change.removed
    return change if differs else None


def _fired(decision: Decision) -> set[str]:
    return {f"{rule.id}?" if rule.because_unknown else rule.id for rule in decision.fired}
