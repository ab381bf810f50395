"""How long answers took, case by case, and what is promised of that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.faults.checker import Claim
from tests.live.servers import Answer, share

PROMISED_SECONDS = 3.0
LONGEST_SECONDS = 5.0
PROMISED_SHARE = 0.999
ENOUGH = 1000
"""Fewer answers say nothing about one in a thousand."""

WAITED_SECONDS = 1.0
"""An answer that took as long has waited for the database; others come in milliseconds."""


@dataclass(frozen=True)
class Timing:
    """All answers of one case, in seconds."""

    case: str
    seconds: tuple[float, ...]

    @property
    def waited(self) -> tuple[float, ...]:
        return tuple(each for each in self.seconds if each >= WAITED_SECONDS)

    def figures(self) -> dict[str, object]:
        """Return what is told of it, in milliseconds."""
        found = {"p50": share(self.seconds, 0.5), "p999": share(self.seconds, PROMISED_SHARE)}
        found["longest"] = max(self.seconds)
        milliseconds = {name: round(value * 1000) for name, value in found.items()}
        counts = {"answers": len(self.seconds), "waited": len(self.waited)}
        return {"case": self.case, **counts, **milliseconds}


def timed(case: str, answers: Sequence[Answer]) -> Timing:
    return Timing(case, tuple(answer.seconds for answer in answers))


def promised(timings: Sequence[Timing]) -> list[Claim]:
    """Judge every case with answers enough by itself, and all that waited together."""
    pooled = Timing("all that waited", tuple(s for each in timings for s in each.waited))
    groups = [("alone", each.case, each.seconds) for each in timings]
    groups += [("waited", each.case, each.waited) for each in timings]
    groups.append(("together", pooled.case, pooled.seconds))
    judged = [(case, seconds) for _, case, seconds in groups if len(seconds) >= ENOUGH]
    late = [
        f"{case}: {share(seconds, PROMISED_SHARE):.2f} s"
        for case, seconds in judged
        if share(seconds, PROMISED_SHARE) > PROMISED_SECONDS
    ]
    over = [f"{t.case}: {s:.2f} s" for t in timings for s in t.seconds if s > LONGEST_SECONDS]
    total = sum(len(each.seconds) for each in timings)
    return [
        Claim("P3", "no crisis waits longer than 5 s", total, over),
        Claim("P3", "99.9 % of crises are answered in 3 s", len(judged), late),
    ]
