"""An alert pages staff, step by step, until somebody acknowledges; on both databases."""

from datetime import timedelta

import msgspec
import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from bot.core.errors import ProviderFailure
from bot.core.segments import count_segments
from bot.delivery.alerts import page_due_alerts
from bot.delivery.outbox import deliver_due
from bot.delivery.receipts import watch_pages
from bot.delivery.senders import OutcomeUnknown
from bot.store.page_watch import page_failed
from bot.store.tables import AlertRow, AlertStepRow, OutboxRow


def paged_people(post):
    return [row.person for row in post.rows(AlertStepRow) if row.kind == "paged"]


def test_the_first_person_is_paged_at_once_by_every_way_there_is(post):
    post.open_alert()
    assert page_due_alerts(post.parts) == 1
    assert deliver_due(post.parts) == 2
    (text,), (letter,) = post.texts.taken, post.letters.taken
    assert (text.to, text.sender) == ("+12135550901", "+15005550006")
    assert letter.to == "ana@clinic.test"


def test_a_page_says_a_priority_a_link_and_a_code_and_nothing_of_a_patient(post):
    post.open_alert()
    page_due_alerts(post.parts)
    deliver_due(post.parts)
    for letter in post.texts.taken + post.letters.taken:
        assert "https://door.test/alerts/a1" in letter.body
        assert "482913" in letter.body
        for secret in ("+12135550001", "Lakeside", "c1", "p1", "crisis", "ketamine"):
            assert secret not in letter.body + letter.subject
    assert count_segments(post.texts.taken[0].body).segments == 1


def test_nobody_acknowledging_calls_more_people_at_two_five_and_fifteen_minutes(post):
    post.open_alert()
    reached = []
    for minutes in (0, 2, 3, 10, 15, 15):
        post.clock.advance(minutes=minutes)
        before = len(paged_people(post))
        page_due_alerts(post.parts)
        reached.append(len(set(paged_people(post)[before:])))
    assert reached == [1, 2, 3, 3, 3, 3]


def test_nothing_is_paged_twice_before_the_next_step(post):
    post.open_alert()
    assert page_due_alerts(post.parts) == 1
    post.clock.advance(seconds=90)
    assert page_due_alerts(post.parts) == 0


def test_an_acknowledged_alert_pages_nobody(post):
    post.open_alert()
    with post.parts.engine.begin() as connection:
        connection.execute(update(AlertRow).values(acknowledged_at=post.clock(), next_at=None))
    post.clock.advance(hours=2)
    assert page_due_alerts(post.parts) == 0
    assert post.rows(OutboxRow) == []


def test_an_open_alert_without_a_timer_cannot_be_stored(post):
    post.open_alert()
    with pytest.raises(IntegrityError), post.parts.engine.begin() as connection:
        connection.execute(update(AlertRow).values(next_at=None))


def test_a_conversation_has_one_open_alert_at_most(post):
    post.open_alert()
    with pytest.raises(IntegrityError):
        post.open_alert("a2")


def test_a_clinic_without_on_call_staff_leaves_a_trace_and_stays_awake(post):
    empty = msgspec.structs.replace(post.parts.clinic_of("demo"), on_call=())
    object.__setattr__(post.parts, "clinic_of", {"demo": empty}.get)
    post.open_alert()
    page_due_alerts(post.parts)
    assert [row.kind for row in post.rows(AlertStepRow)] == ["nobody-to-page"]
    (alert,) = post.rows(AlertRow)
    assert alert.next_at > post.clock()


def test_a_runner_that_dies_between_step_and_page_loses_neither(post):
    post.open_alert()
    page_due_alerts(post.parts)
    post.clock.advance(minutes=1)
    assert deliver_due(post.parts) == 2
    assert len(post.texts.taken) == 1


def test_a_person_who_left_the_list_is_not_paged(post):
    post.open_alert()
    page_due_alerts(post.parts)
    empty = msgspec.structs.replace(post.parts.clinic_of("demo"), on_call=())
    object.__setattr__(post.parts, "clinic_of", {"demo": empty}.get)
    deliver_due(post.parts)
    assert {row.state for row in post.rows(OutboxRow)} == {"dropped"}
    assert post.texts.taken == []


def test_the_alert_acts_again_after_any_silence(post):
    post.open_alert()
    for _ in range(20):
        page_due_alerts(post.parts)
        (alert,) = post.rows(AlertRow)
        assert alert.next_at - post.clock() <= timedelta(minutes=15)
        post.clock.advance(minutes=7)


REFUSED = ProviderFailure("twilio", "connect", retryable=True)
BROKEN = OutcomeUnknown("twilio", "http 500")


def outage(post, minutes, failure, *, list_says):
    """The worker works while the provider takes no text and no call."""
    post.texts.moods = [failure] * 9999
    post.calls.moods = [failure] * 9999
    post.texts.listed = [list_says] * 9999
    for _ in range(minutes * 4):
        watch_pages(post.parts)
        page_due_alerts(post.parts)
        deliver_due(post.parts)
        post.clock.advance(seconds=15)
    post.texts.moods, post.calls.moods, post.texts.listed = [], [], []


@pytest.mark.parametrize("minutes", [1, 10])
@pytest.mark.parametrize(
    ("failure", "list_says"),
    [(REFUSED, REFUSED), (BROKEN, REFUSED), (BROKEN, ())],
    ids=["refused", "broken", "broken, but it lists"],
)
def test_after_an_outage_everybody_is_paged_within_two_minutes_and_once(
    post, minutes, failure, list_says
):
    post.open_alert()
    page_due_alerts(post.parts)
    outage(post, minutes, failure, list_says=list_says)
    for _ in range(8):
        deliver_due(post.parts)
        post.clock.advance(seconds=15)
    expected = ["+12135550901", "+12135550902"][: 1 if minutes == 1 else 2]
    assert sorted(letter.to for letter in post.texts.taken) == expected


def test_a_page_whose_alert_was_taken_meanwhile_does_not_leave(post):
    post.open_alert()
    page_due_alerts(post.parts)
    with post.parts.engine.begin() as connection:
        connection.execute(update(AlertRow).values(acknowledged_at=post.clock(), next_at=None))
    deliver_due(post.parts)
    assert post.texts.taken == post.letters.taken == []
    assert {row.last_error for row in post.rows(OutboxRow)} == {"taken"}


def test_two_pages_of_one_step_that_fail_move_the_alert_on_once(post):
    post.open_alert()
    page_due_alerts(post.parts)
    with post.parts.engine.begin() as connection:
        payload = {"alert_id": "a1", "row": 0}
        told = [
            page_failed(connection, payload, now=post.clock(), new_id=post.parts.new_id)
            for _ in range(2)
        ]
    assert told == [True, False]
    assert post.rows(AlertRow)[0].at_least == 1
