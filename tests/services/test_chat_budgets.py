"""Budgets stop floods and nobody in danger."""

from threading import Barrier, Thread

import pytest

from bot.core.errors import SessionOver, StoreUnavailable, TooMany
from bot.services import chat as chat_service
from bot.services.chat_budgets import household
from bot.store import tables
from tests.services.test_consults import DANGER
from tests.services.visiting import Chat

OTHER = "198.51.100.7"


@pytest.fixture
def chat(door):
    return Chat(door)


def test_an_address_has_its_share_of_a_minute(chat, clock):
    visitor = chat.visitor()
    chat.limit(messages=(3, 100))
    for _ in range(3):
        visitor.say("hm")
    with pytest.raises(TooMany) as caught:
        visitor.send("hm")
    assert caught.value.seconds == 55
    visitor.say("hm", caller=OTHER)
    clock.advance(seconds=55)
    visitor.say("hm")


def test_being_refused_does_not_put_the_next_minute_off(chat, clock):
    visitor = chat.visitor()
    chat.limit(messages=(1, 100))
    visitor.say("hm")
    for _ in range(5):
        with pytest.raises(TooMany):
            visitor.send("hm")
    clock.advance(minutes=1)
    visitor.say("hm")


def test_a_clinic_has_a_share_for_all_its_visitors(chat):
    first, second = chat.visitor(), chat.visitor(caller=OTHER)
    chat.limit(messages=(100, 2))
    first.say("hm")
    second.say("hm", caller=OTHER)
    with pytest.raises(TooMany):
        first.send("hm", caller="203.0.113.5")


def test_new_chats_have_a_budget_of_their_own(chat):
    chat.limit(sessions=(2, 100), messages=(1, 100))
    visitor = chat.visitor()
    chat.visitor()
    with pytest.raises(TooMany):
        chat.visitor()
    visitor.say("1")


def test_danger_is_answered_and_recorded_beyond_every_budget(chat, door):
    visitor = chat.visitor()
    chat.limit(messages=(1, 1))
    visitor.say("hm")
    with pytest.raises(TooMany):
        visitor.send("hm")
    view = visitor.say(DANGER)
    assert view.is_stored
    assert "911" in view.emergency.texts[0]
    assert len(door.rows(tables.AlertRow)) == 1


def test_a_repeat_of_a_message_counts_as_one_more(chat):
    visitor = chat.visitor()
    chat.limit(messages=(2, 100))
    visitor.say("1", client_id="a")
    visitor.say("1", client_id="a")
    with pytest.raises(TooMany):
        visitor.send("1", client_id="a")


def test_many_at_once_get_no_more_than_the_budget(chat):
    visitor = chat.visitor()
    chat.limit(messages=(5, 100))
    start, passed = Barrier(12), []

    def send():
        start.wait()
        try:
            visitor.send("hm")
        except TooMany:
            return
        passed.append(1)

    threads = [Thread(target=send) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(passed) == 5


def test_while_the_database_is_away_everybody_is_let_through(chat, monkeypatch):
    visitor = chat.visitor()
    chat.limit(messages=(1, 1))
    visitor.say("1")

    def gone(*_args, **_named):
        raise StoreUnavailable("away")

    monkeypatch.setattr(chat_service, "spend", gone)
    assert visitor.send("3/14/1985").view.messages


def test_a_stranger_without_a_session_spends_nothing(chat, door):
    visitor = chat.visitor()
    chat.limit(messages=(1, 1))
    chat_service.leave_chat(chat.parts, visitor.key)
    for _ in range(3):
        with pytest.raises(SessionOver):
            visitor.send("hm")


def test_no_address_is_stored_readably_and_old_ones_are_forgotten(chat, door, clock):
    chat.visitor(caller="2001:db8::77")
    rows = door.rows(tables.ChatBudgetRow)
    assert len(rows) == 2
    assert "2001" not in repr([vars(row) for row in rows])
    clock.advance(hours=1)
    chat.visitor(caller=OTHER)
    minutes = {row.minute for row in door.rows(tables.ChatBudgetRow)}
    assert len(minutes) == 1


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("nonsense", "nonsense", True),
    ],
)
def test_an_ipv6_line_is_one_address_however_it_counts(one, other, same):
    assert (household(one) == household(other)) is same
