"""Calls by voice: what they say, when they are made; on both databases."""

from xml.etree import ElementTree

import pytest

from bot.delivery.alerts import page_due_alerts
from bot.delivery.outbox import deliver_due
from bot.delivery.receipts import watch_pages
from bot.delivery.senders import Letter
from bot.delivery.twilio_api import make_client
from bot.delivery.twilio_texts import TwilioCalls
from bot.store.tables import AlertRow, AlertStepRow, OutboxRow
from tests.fakes.twilio import fake_twilio


def go_on(post, **span):
    post.clock.advance(**span)
    page_due_alerts(post.parts)
    deliver_due(post.parts)


def test_people_are_called_from_five_minutes_on(post):
    post.open_alert()
    called = []
    for minutes in (0, 2, 3):
        go_on(post, minutes=minutes)
        called.append(len(post.calls.taken))
    assert called == [0, 0, 2]
    assert {step.channel for step in post.rows(AlertStepRow)} == {"sms", "email", "voice"}


def test_a_call_says_twice_what_to_press_and_nothing_of_a_patient(post):
    post.open_alert()
    for minutes in (0, 2, 3):
        go_on(post, minutes=minutes)
    said = ElementTree.fromstring(post.calls.taken[0].body)
    gather = said.find("Gather")
    assert gather.attrib["action"] == "https://door.test/call?alert=a1"
    assert gather.attrib["numDigits"] == "1"
    assert [say.text for say in gather.findall("Say")] == 2 * [gather.find("Say").text]
    assert "press 1" in gather.find("Say").text
    for secret in ("+12135550001", "Lakeside", "c1", "p1", "crisis", "ketamine"):
        assert secret not in post.calls.taken[0].body


def test_a_spanish_clinic_is_called_in_spanish(post):
    post.change_clinic(languages=("es", "en"))
    post.open_alert()
    for minutes in (0, 2, 3):
        go_on(post, minutes=minutes)
    say = ElementTree.fromstring(post.calls.taken[0].body).find("Gather/Say")
    assert say.attrib["language"].startswith("es")
    assert "marque 1" in say.text


def test_twilio_is_asked_to_call_with_our_words():
    with fake_twilio() as fake:
        client = make_client("AC" + "0" * 32, "token", api_url=fake.url)
        calls = TwilioCalls(client)
        sid = calls.send(Letter("k1", "+12135550901", "+15005550006", "<Response/>"))
        assert (fake.calls[0]["Sid"], fake.calls[0]["Twiml"]) == (sid, "<Response/>")


def test_a_page_that_nobody_confirms_within_a_minute_brings_the_next_step_at_once(post):
    post.open_alert()
    go_on(post)
    post.clock.advance(seconds=59)
    assert watch_pages(post.parts) == 0
    post.clock.advance(seconds=2)
    assert watch_pages(post.parts) == 1
    assert watch_pages(post.parts) == 0
    go_on(post)
    assert [letter.to for letter in post.calls.taken] == ["+12135550901", "+12135550902"]


def test_a_page_that_cannot_leave_for_a_minute_brings_the_next_step_too(post):
    post.open_alert()
    page_due_alerts(post.parts)
    post.clock.advance(seconds=61)
    assert watch_pages(post.parts) == 1


@pytest.mark.parametrize("delivery", ["delivered", "read", "undelivered", "failed"])
def test_a_page_that_was_heard_of_is_not_watched_any_more(post, delivery):
    post.open_alert()
    go_on(post)
    with post.parts.engine.begin() as connection:
        connection.execute(OutboxRow.__table__.update().values(delivery=delivery))
    post.clock.advance(minutes=5)
    assert watch_pages(post.parts) == 0


def test_an_alert_that_was_taken_is_not_moved_on(post):
    post.open_alert()
    go_on(post)
    with post.parts.engine.begin() as connection:
        taken = {"acknowledged_at": post.clock(), "next_at": None}
        connection.execute(AlertRow.__table__.update().values(**taken))
    post.clock.advance(minutes=2)
    watch_pages(post.parts)
    assert post.rows(AlertRow)[0].next_at is None
    assert page_due_alerts(post.parts) == 0
