"""An emergency text that nobody confirms pages a human; on both databases."""

import pytest
from sqlalchemy import insert, select, update

from bot.core.decisions import Priority
from bot.delivery.alerts import page_due_alerts
from bot.delivery.outbox import deliver_due
from bot.delivery.receipts import watch_emergency_texts
from bot.store.receipts import apply_receipts, keep_receipt
from bot.store.tables import AlertRow, AlertStepRow, MessageRow


def say(post, *, kind="crisis", delivery="responded", message_id="m1", channel="sms"):
    now = post.clock()
    with post.parts.engine.begin() as connection:
        connection.execute(
            insert(MessageRow).values(
                id=message_id, conversation_id="c1", turn_number=1, position=1,
                direction="outbound", channel=channel, kind=kind, body="Call 911", media_count=0,
                has_location=False, delivery=delivery, created_at=now,
            )
        )  # fmt: skip


def test_an_emergency_text_without_a_receipt_opens_an_alert(post):
    say(post)
    post.clock.advance(minutes=4)
    assert watch_emergency_texts(post.parts) == 1
    (alert,) = post.rows(AlertRow)
    assert (alert.reason, alert.next_at) == ("undelivered", post.clock())
    assert [step.kind for step in post.rows(AlertStepRow)] == ["unconfirmed"]


def test_an_open_alert_is_woken_instead_of_waiting_for_its_next_step(post):
    post.open_alert()
    say(post)
    for minutes in (0, 2, 3):
        post.clock.advance(minutes=minutes)
        page_due_alerts(post.parts)
    before = len(post.rows(AlertStepRow))
    assert watch_emergency_texts(post.parts) == 1
    assert page_due_alerts(post.parts) == 1
    assert len(post.rows(AlertRow)) == 1
    assert len(post.rows(AlertStepRow)) > before + 1


def test_each_text_is_reported_once(post):
    say(post)
    post.clock.advance(minutes=4)
    assert [watch_emergency_texts(post.parts) for _ in range(3)] == [1, 0, 0]


@pytest.mark.parametrize(
    "told",
    [{"delivery": "delivered"}, {"kind": "routine"}, {"channel": "web"}, {"delivery": "failed"}],
)
def test_what_arrived_or_was_no_emergency_text_pages_nobody(post, told):
    say(post, **told)
    post.clock.advance(minutes=10)
    assert watch_emergency_texts(post.parts) == 0


def test_a_receipt_is_given_time_to_come(post):
    say(post)
    post.clock.advance(minutes=2)
    assert watch_emergency_texts(post.parts) == 0


def test_a_receipt_that_comes_late_still_counts(post):
    say(post)
    post.clock.advance(minutes=4)
    watch_emergency_texts(post.parts)
    with post.parts.engine.begin() as connection:
        connection.execute(update(MessageRow).values(provider_key="SM1"))
        keep_receipt(connection, "SM1", "delivered", error=None, now=post.clock())
        apply_receipts(connection, "SM1", now=post.clock())
        assert connection.scalar(select(MessageRow.delivery)) == "delivered"


def test_bad_news_that_came_before_the_id_of_an_emergency_text_wakes_a_person(post):
    post.put_text(kind="crisis", priority=Priority.STAT)
    usual = post.texts.send

    def send(letter):
        sid = usual(letter)
        with post.parts.engine.begin() as connection:
            keep_receipt(connection, sid, "undelivered", error="30007", now=post.clock())
        return sid

    post.texts.send = send
    deliver_due(post.parts)
    assert [alert.reason for alert in post.rows(AlertRow)] == ["undelivered"]
    assert post.rows(MessageRow)[0].delivery == "undelivered"
