"""The chat while the database is away: danger is answered, the rest is kept, nothing is lost."""

from contextlib import contextmanager

import pytest

from bot.core.errors import StoreUnavailable
from bot.services import chat as chat_service
from bot.services import taking_turns
from bot.services.health import LONGEST_REST_SECONDS
from bot.services.inbound import replay
from bot.store import tables
from tests.services.test_consults import DANGER
from tests.services.visiting import Chat, said

BORN = "3/14/1985"


class Away:
    """Takes the whole database away, or the chat's own look at it alone."""

    def __init__(self, monkeypatch, parts, seconds):
        self.parts, self.seconds = parts, seconds
        self.turns = self.looks = True
        self.tries = 0
        self._turn, self._store = taking_turns.open_turn, chat_service.store_errors
        monkeypatch.setattr(taking_turns, "open_turn", self._open_turn)
        monkeypatch.setattr(chat_service, "store_errors", self._look)

    def back(self):
        self.turns = self.looks = False
        self.seconds.seconds += LONGEST_REST_SECONDS + 1

    @contextmanager
    def _open_turn(self, *args, **named):
        self.tries += 1
        if self.turns:
            raise StoreUnavailable("away")
        with self._turn(*args, **named) as turn:
            yield turn

    @contextmanager
    def _look(self):
        self.tries += 1
        if self.looks:
            raise StoreUnavailable("away")
        with self._store():
            yield


@pytest.fixture
def chat(door):
    return Chat(door)


@pytest.fixture
def visitor(chat):
    made = chat.visitor()
    made.say("1")
    return made


@pytest.fixture
def away(monkeypatch, visitor, door, seconds):
    return Away(monkeypatch, door.parts, seconds)


def inbound(door):
    rows = [row for row in door.rows(tables.MessageRow) if row.direction == "inbound"]
    return [row.body for row in sorted(rows, key=lambda row: row.turn_number)]


def test_danger_is_answered_from_memory_and_recorded_afterwards(visitor, away, door):
    answer = visitor.send(DANGER, client_id="danger")
    view = answer.view
    assert not answer.is_over
    assert not view.is_stored
    assert view.status == "held"
    assert "911" in view.emergency.texts[0]
    assert "911" in said(view)[0]
    assert said(view, "patient") == [DANGER]
    assert all(message.id.startswith("unstored-") for message in view.messages)
    away.back()
    assert replay(door.parts) == 1
    assert visitor.read().status == "held"
    assert visitor.read().is_stored
    assert len(door.rows(tables.AlertRow)) == 1


def test_danger_in_spanish_is_answered_in_spanish(visitor, away):
    view = visitor.say("hola, quiero ayuda, kill myself")
    assert view.language == "es"
    assert "Llame" in view.emergency.texts[0]


def test_a_message_is_kept_and_answered_when_the_database_is_back(visitor, away, door):
    view = visitor.say(BORN, client_id="born")
    assert not view.is_stored
    assert view.emergency is None
    assert "safe" in said(view)[0]
    assert "988" in said(view)[0]
    away.back()
    replay(door.parts)
    now = visitor.read()
    assert now.input.link_id == "place"
    assert now.messages[-2].client_id == "born"
    assert inbound(door)[-1] == BORN
    assert visitor.say(BORN, client_id="born").messages == now.messages[-2:]


def test_a_wish_to_change_survives_the_outage(visitor, away, door):
    visitor.change("consent")
    away.back()
    replay(door.parts)
    assert visitor.read().input.link_id == "consent"


def test_messages_keep_their_order_through_an_outage(visitor, away, door):
    visitor.say(BORN)
    visitor.say("California")
    away.back()
    visitor.say("yes")
    assert inbound(door)[2:] == [BORN, "California", "yes"]


def test_a_database_that_rests_is_not_asked_again_by_every_message(visitor, away):
    visitor.say(BORN)
    tries = away.tries
    for _ in range(20):
        visitor.say("more")
        visitor.say(DANGER)
    assert away.tries == tries


def test_a_turn_whose_view_cannot_be_read_is_answered_all_the_same(visitor, away):
    away.turns = False
    view = visitor.say(DANGER)
    assert not view.is_stored
    assert view.emergency is not None
    assert "911" in said(view)[0]


def test_nobody_can_begin_or_read_while_the_database_is_away(chat, visitor, away):
    with pytest.raises(StoreUnavailable):
        chat.visitor()
    with pytest.raises(StoreUnavailable):
        visitor.read()


def test_what_can_be_neither_stored_nor_kept_is_refused_but_danger_is_not(
    visitor, away, monkeypatch
):
    def full(*_args, **_named):
        raise OSError("disk full")

    monkeypatch.setattr(visitor.chat.parts.spool, "keep", full)
    assert visitor.say(DANGER).emergency is not None
    with pytest.raises(StoreUnavailable):
        visitor.send(BORN)


def test_danger_asks_for_no_session_and_no_budget_first(visitor, monkeypatch):
    order = []
    receive, is_open = chat_service.receive, chat_service._is_open
    monkeypatch.setattr(
        chat_service, "receive", lambda *a, **k: order.append("turn") or receive(*a, **k)
    )
    monkeypatch.setattr(
        chat_service, "_is_open", lambda *a: order.append("session") or is_open(*a)
    )
    monkeypatch.setattr(chat_service, "_admit", lambda *a: order.append("budget"))
    visitor.say(DANGER)
    assert order == ["turn", "session"]
