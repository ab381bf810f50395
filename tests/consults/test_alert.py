from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.consults.alert import REPEAT, acknowledge, advance, is_called, open_alert

OPENED = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def test_an_alert_calls_one_at_once_and_more_at_two_five_and_fifteen_minutes() -> None:
    alert = open_alert("a", "crisis", OPENED)
    called = []
    for _ in range(6):
        assert alert.next_at is not None
        at = alert.next_at
        alert, reach = advance(alert, at, people=4)
        called.append(((at - OPENED) // minutes(1), reach))
    assert called == [(0, 1), (2, 2), (5, 3), (15, 4), (30, 4), (45, 4)]


def test_nothing_happens_before_the_next_step_is_due() -> None:
    alert, _ = advance(open_alert("a", "crisis", OPENED), OPENED, people=2)
    assert advance(alert, OPENED + minutes(1.9), people=2) == (alert, 0)


def test_a_runner_that_was_down_calls_once_for_all_it_missed() -> None:
    alert = open_alert("a", "crisis", OPENED)
    alert, reach = advance(alert, OPENED + minutes(40), people=5)
    assert reach == 5
    assert alert.next_at == OPENED + minutes(40) + REPEAT


def test_acknowledging_ends_the_calls_and_the_first_acknowledgement_stands() -> None:
    alert = acknowledge(open_alert("a", "crisis", OPENED), by="n1", now=OPENED + minutes(1))
    later = acknowledge(alert, by="n2", now=OPENED + minutes(2))
    assert (later.acknowledged_by, later.next_at) == ("n1", None)
    assert advance(later, OPENED + minutes(60), people=3) == (later, 0)


def test_an_empty_list_keeps_the_alert_awake() -> None:
    alert, reach = advance(open_alert("a", "crisis", OPENED), OPENED, people=0)
    assert reach == 0
    assert alert.next_at is not None


@given(st.lists(st.integers(-7_200, 7_200), max_size=30), st.integers(0, 6))
def test_an_open_alert_always_has_a_moment_to_act_after_now(jumps: list[int], people: int) -> None:
    alert, now = open_alert("a", "crisis", OPENED), OPENED
    for jump in jumps:
        now += timedelta(seconds=jump)
        alert, _ = advance(alert, now, people=people)
        assert alert.is_open
        assert alert.next_at is not None
        if alert.next_at <= now:
            alert, _ = advance(alert, now, people=people)
            assert alert.next_at is not None
            assert alert.next_at > now


def test_a_failed_page_moves_it_on_and_people_are_called_by_voice() -> None:
    alert, _ = advance(open_alert("a", "crisis", OPENED), OPENED, people=4)
    assert not is_called(alert, OPENED)
    at = OPENED + minutes(0.3)
    alert, reach = advance(replace(alert, at_least=1, next_at=at), at, people=4)
    assert (reach, alert.next_at) == (2, OPENED + minutes(5))
    assert is_called(alert, at)


def test_it_is_never_moved_beyond_its_last_step() -> None:
    alert = replace(open_alert("a", "crisis", OPENED), at_least=99)
    alert, reach = advance(alert, OPENED, people=4)
    assert (reach, alert.next_at) == (4, OPENED + REPEAT)


def test_people_are_called_by_voice_from_five_minutes_on() -> None:
    alert = open_alert("a", "crisis", OPENED)
    assert [is_called(alert, OPENED + minutes(m)) for m in (0, 2, 4.9, 5, 60)] == [
        False, False, False, True, True,
    ]  # fmt: skip
