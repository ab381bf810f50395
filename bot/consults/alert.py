"""The page to on-call staff: who is called when, until somebody acknowledges.

What must stay true:

* An alert that is open has a moment at which it acts next. It never falls asleep by itself:
  after the last row of ESCALATION it keeps calling everybody, every REPEAT.
* A page that is known not to have arrived moves it on at once: its next step comes early.
* Only a person ends it: by acknowledging. Nothing in here decides that all is well.
* Opening hours do not matter.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

ESCALATION: tuple[tuple[timedelta, int], ...] = (
    (timedelta(minutes=0), 1),
    (timedelta(minutes=2), 2),
    (timedelta(minutes=5), 3),
    (timedelta(minutes=15), 1_000),
)
"""(time since the alert was opened, how many people from the head of the on-call list)."""

CALLED_FROM = 2
"""From this row of ESCALATION on people are called by voice as well, and earlier if a page is
known not to have arrived."""

REPEAT = timedelta(minutes=15)
"""After the last step everybody on the list is called again this often."""


class AlertReason(StrEnum):
    """Why staff are paged."""

    CRISIS = "crisis"
    OPTED_OUT_AT_RISK = "opted-out-at-risk"
    UNDELIVERED = "undelivered"
    SILENT_AT_RISK = "silent-at-risk"


@dataclass(frozen=True, slots=True)
class Alert:
    """One page that must be acknowledged. `step` counts the calls made so far, from 0.

    `next_at` is when it acts again; None only once `acknowledged_at` is set. `at_least` is the row
    of ESCALATION that it has reached whatever the clock says, since a page before it failed.
    """

    id: str
    reason: str
    opened_at: datetime
    step: int = 0
    next_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    at_least: int = 0

    @property
    def is_open(self) -> bool:
        """Whether nobody has acknowledged it yet."""
        return self.acknowledged_at is None


def open_alert(alert_id: str, reason: str, now: datetime) -> Alert:
    """Return a new alert that acts at once."""
    return Alert(alert_id, reason, opened_at=now, next_at=now)


def advance(alert: Alert, now: datetime, *, people: int) -> tuple[Alert, int]:
    """Return the alert after acting at `now`, and how many people to call (0 if none is due).

    `people` is the length of the on-call list. A late runner does not call twice for the steps it
    missed: it calls as many as the latest step that is due, once. The next moment always lies
    after `now`, whatever the clock did.
    """
    if not alert.is_open or alert.next_at is None or alert.next_at > now:
        return alert, 0
    due = row_due(alert, now)
    reach = min(people, ESCALATION[due][1])
    return replace(alert, step=alert.step + 1, next_at=_after(alert.opened_at, due, now)), reach


def row_due(alert: Alert, now: datetime) -> int:
    """Return the row of ESCALATION that holds at `now`, from 0."""
    elapsed = now - alert.opened_at
    by_time = max((i for i, (after, _) in enumerate(ESCALATION) if after <= elapsed), default=0)
    return max(by_time, min(alert.at_least, len(ESCALATION) - 1))


def is_called(alert: Alert, now: datetime) -> bool:
    """Whether people are called by voice in the step that is due at `now`."""
    return alert.at_least > 0 or row_due(alert, now) >= CALLED_FROM


def acknowledge(alert: Alert, *, by: str, now: datetime) -> Alert:
    """Return the alert acknowledged by a person; the first acknowledgement stands."""
    if not alert.is_open:
        return alert
    return replace(alert, acknowledged_at=now, acknowledged_by=by, next_at=None)


def _after(opened_at: datetime, due: int, now: datetime) -> datetime:
    if due + 1 < len(ESCALATION):
        return max(opened_at + ESCALATION[due + 1][0], now + timedelta(seconds=1))
    return now + REPEAT
