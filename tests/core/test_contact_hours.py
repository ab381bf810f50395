"""When a patient may be texted, in every zone and across every change of the clock."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.clinic import Clinic, OpeningHours
from bot.core.contact_hours import COURTEOUS_HOURS, DAYS, may_contact, next_contact
from tests.conversation.conftest import CLINIC

ZONES = [
    "America/New_York",
    "America/Los_Angeles",
    "America/St_Johns",
    "Pacific/Kiritimati",
    "Etc/GMT+12",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Europe/Dublin",
    "Africa/Casablanca",
    "UTC",
]


def clinic(zone: str = "America/New_York", **fields: object) -> Clinic:
    return msgspec.structs.replace(CLINIC, time_zone=zone, **fields)


def hours(*entries: tuple[str, str, str]) -> tuple[OpeningHours, ...]:
    return tuple(OpeningHours(*entry) for entry in entries)


WORKDAYS = hours(*((day, "08:30", "17:00") for day in DAYS[:5]))


def local(written: str, zone: str = "America/New_York", fold: int = 0) -> datetime:
    moment = datetime.fromisoformat(written).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return moment.astimezone(UTC)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-11-23T08:59:59", "2026-11-23T09:00"),
        ("2026-11-23T09:00", "2026-11-23T09:00"),
        ("2026-11-23T19:59:59", "2026-11-23T19:59:59"),
        ("2026-11-23T20:00", "2026-11-24T09:00"),
        ("2026-11-23T03:00", "2026-11-23T09:00"),
    ],
)
def test_without_hours_it_is_from_nine_to_eight_every_day(moment, expected):
    assert next_contact(clinic(), local(moment)) == local(expected)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-11-27T16:59", "2026-11-27T16:59"),
        ("2026-11-27T17:00", "2026-11-30T08:30"),
        ("2026-11-28T12:00", "2026-11-30T08:30"),
        ("2026-11-30T08:29", "2026-11-30T08:30"),
    ],
)
def test_opening_hours_count_where_there_are_no_contact_hours(moment, expected):
    assert next_contact(clinic(hours=WORKDAYS), local(moment)) == local(expected)


def test_contact_hours_count_before_opening_hours():
    saturdays = hours(("saturday", "10:00", "12:00"))
    asked = clinic(hours=WORKDAYS, contact_hours=saturdays)
    assert next_contact(asked, local("2026-11-23T10:00")) == local("2026-11-28T10:00")


def test_a_day_may_have_several_windows_in_any_order():
    asked = clinic(contact_hours=hours(("monday", "15:00", "18:00"), ("monday", "09:00", "11:00")))
    assert next_contact(asked, local("2026-11-23T08:00")) == local("2026-11-23T09:00")
    assert next_contact(asked, local("2026-11-23T11:00")) == local("2026-11-23T15:00")


def test_hours_of_the_night_are_cut_off():
    asked = clinic(hours=hours(*((day, "06:00", "23:30") for day in DAYS)))
    assert next_contact(asked, local("2026-11-23T06:30")) == local("2026-11-23T08:00")
    assert next_contact(asked, local("2026-11-23T21:00")) == local("2026-11-24T08:00")


def test_a_clinic_that_opens_only_at_night_writes_by_day():
    asked = clinic(hours=hours(*((day, "00:00", "06:00") for day in DAYS)))
    assert next_contact(asked, local("2026-11-23T02:00")) == local("2026-11-23T09:00")


@pytest.mark.parametrize(
    ("zone", "moment", "expected"),
    [
        # The clock is put forward at 02:00 on 8 March and back on 1 November 2026.
        ("America/New_York", "2026-03-07T20:30", "2026-03-08T09:00"),
        ("America/New_York", "2026-10-31T20:30", "2026-11-01T09:00"),
        ("Pacific/Kiritimati", "2026-11-23T21:00", "2026-11-24T09:00"),
        ("Etc/GMT+12", "2026-11-23T21:00", "2026-11-24T09:00"),
        # The 30th of December 2011 did not happen here.
        ("Pacific/Apia", "2011-12-29T20:00", "2011-12-31T09:00"),
        # In Lord Howe the clock is put forward by half an hour.
        ("Australia/Lord_Howe", "2026-10-03T20:30", "2026-10-04T09:00"),
    ],
)
def test_nine_is_nine_on_the_clinics_own_clock(zone, moment, expected):
    assert next_contact(clinic(zone), local(moment, zone)) == local(expected, zone)


def test_hours_are_counted_in_moments_not_on_the_clock():
    """The night in which the clock is put forward is an hour shorter."""
    closed, opens = local("2026-03-07T20:00"), local("2026-03-08T09:00")
    assert next_contact(clinic(), closed) - closed == timedelta(hours=12)
    assert opens == closed + timedelta(hours=12)


SOME_HOURS = st.lists(
    st.builds(
        lambda day, opens, length: OpeningHours(
            day,
            f"{opens // 60:02d}:{opens % 60:02d}",
            f"{min(opens + length, 1439) // 60:02d}:{min(opens + length, 1439) % 60:02d}",
        ),
        st.sampled_from(DAYS),
        st.integers(0, 1380),
        st.integers(30, 900),
    ),
    max_size=6,
).map(tuple)
MOMENTS = st.integers(0, 16 * 366 * 86_400).map(
    lambda seconds: datetime(2011, 12, 20, tzinfo=UTC) + timedelta(seconds=seconds)
)


def wanted_hours(asked: Clinic) -> list[tuple[str, time, time]]:
    """Read the clinic's hours once more, in the plainest way."""
    for entries in (asked.contact_hours, asked.hours):
        read = [
            (
                e.day,
                max(time.fromisoformat(e.opens), COURTEOUS_HOURS[0]),
                min(time.fromisoformat(e.closes), COURTEOUS_HOURS[1]),
            )
            for e in entries
        ]
        if any(opens < closes for _, opens, closes in read):
            return read
    return [(day, time(9), time(20)) for day in DAYS]


def is_within(asked: Clinic, moment: datetime) -> bool:
    wall = moment.astimezone(ZoneInfo(asked.time_zone))
    return any(
        DAYS[wall.weekday()] == day and opens <= wall.time().replace(fold=0) < closes
        for day, opens, closes in wanted_hours(asked)
    )


@settings(max_examples=300, deadline=None)
@given(zone=st.sampled_from(ZONES), moment=MOMENTS, contact=SOME_HOURS, opening=SOME_HOURS)
def test_the_next_moment_is_allowed_and_nothing_before_it_was(zone, moment, contact, opening):
    asked = clinic(zone, contact_hours=contact, hours=opening)
    found = next_contact(asked, moment)
    assert found >= moment
    assert is_within(asked, found)
    assert next_contact(asked, found) == found
    assert may_contact(asked, found)
    assert may_contact(asked, moment) == (found == moment) == is_within(asked, moment)
    steps = int((found - moment) / timedelta(minutes=15))
    assert not any(
        is_within(asked, moment + timedelta(minutes=15) * step) for step in range(steps)
    )
