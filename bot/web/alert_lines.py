"""What was done about danger, line by line, in the words of the clinicians' pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from bot.core.clinic import Clinic
from bot.services.alert_history import AlertLine
from bot.web.wording import called, clinic_words


def alert_page(
    lines: Iterable[AlertLine], clinic: Clinic | None, clock: Callable[[datetime], datetime]
) -> list[dict[str, Any]]:
    """Return each line: when, what, to whom, by which way, and how far it came."""
    return [
        {
            "at": clock(line.at),
            "kind": line.kind,
            "what": called("alert_steps", line.kind),
            "detail": called("alert_details", line.detail),
            "who": _who(line, clinic),
            "channel": called("channels", line.channel),
            "state": called("deliveries", line.state),
            "failed": line.state in FAILED,
        }
        for line in lines
    ]


FAILED = frozenset({"failed", "undelivered", "unconfirmed", "unknown", "dropped"})
"""States in which nobody may rely on a text or page having arrived."""


def _who(line: AlertLine, clinic: Clinic | None) -> str:
    people = clinic.on_call if clinic is not None else ()
    if line.person is not None:
        known = line.person < len(people)
        unknown: str = clinic_words()["left_the_list"]
        return people[line.person].name if known else unknown
    return line.clinician_name or called("taken_by", line.by)
