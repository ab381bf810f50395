"""When a patient may be texted without having written just now.

A clinic says it by `contact_hours`, else by its opening hours, else DEFAULT_WINDOW holds every
day. Whatever a clinic says, nothing is sent outside COURTEOUS_HOURS. Hours are on the clinic's own
wall clock. Where that clock is changed, a border that happens twice or never is taken in the way
that leaves less time: late for opening, early for closing.

This is about reminders alone. Emergency resources, replies and pages know no hours.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import count
from zoneinfo import ZoneInfo

from bot.core.clinic import Clinic, OpeningHours

Window = tuple[time, time]
"""Local opening and closing time of one day; the closing moment is outside."""

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

DEFAULT_WINDOW: Window = (time(9), time(20))

COURTEOUS_HOURS: Window = (time(8), time(21))
"""Source: 47 CFR 64.1200(c)(1), which forbids sales calls before 8 a.m. and after 9 p.m. at the
called party's place. Reminders sell nothing; the hours are a good measure of rest all the same."""


def next_contact(clinic: Clinic, moment: datetime) -> datetime:
    """Return the first moment from `moment` on (in UTC) at which a patient may be texted."""
    return next(
        max(moment.astimezone(UTC), opens)
        for opens, closes in _windows_from(clinic, moment)
        if moment < closes
    )


def may_contact(clinic: Clinic, moment: datetime) -> bool:
    """Whether a patient may be texted at `moment` without having written just now."""
    return next_contact(clinic, moment) == moment


def _windows_from(clinic: Clinic, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
    zone = ZoneInfo(clinic.time_zone)
    week = _week(clinic.contact_hours, clinic.hours)
    first = moment.astimezone(zone).date()
    for days in count():
        day = first + timedelta(days=days)
        for opens, closes in week[day.weekday()]:
            begin, end = max(_readings(day, opens, zone)), min(_readings(day, closes, zone))
            if begin < end:
                yield begin, end


def _readings(day: date, wall: time, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return both moments that a wall clock's time may mean; the same one on most days."""
    local = datetime.combine(day, wall, tzinfo=zone)
    return local.replace(fold=0).astimezone(UTC), local.replace(fold=1).astimezone(UTC)


@lru_cache(maxsize=256)
def _week(*said: tuple[OpeningHours, ...]) -> tuple[tuple[Window, ...], ...]:
    """Return the windows of each weekday, Monday first; never a week without any."""
    for hours in said:
        week = tuple(tuple(_courteous(hours, day)) for day in DAYS)
        if any(week):
            return week
    return ((DEFAULT_WINDOW,),) * len(DAYS)


def _courteous(hours: Iterable[OpeningHours], day: str) -> Iterator[Window]:
    for entry in sorted((e for e in hours if e.day == day), key=lambda entry: entry.opens):
        opens = max(time.fromisoformat(entry.opens), COURTEOUS_HOURS[0])
        closes = min(time.fromisoformat(entry.closes), COURTEOUS_HOURS[1])
        if opens < closes:
            yield opens, closes
