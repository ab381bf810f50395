"""Taking an alert by its link, by its code, once; on both databases."""

from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from bot.core.clinic import OnCall
from bot.core.errors import NotFound
from bot.services.alerts import alert_link, open_by_link, take, take_by_link
from bot.services.inbound import receive
from bot.store.tables import AlertRow, AlertStepRow, MessageRow

STAFF = "+12135550901"
CRISIS = "I want to kill myself tonight"


@pytest.fixture
def alert(door):
    """A patient in crisis has opened an alert at a clinic with one person on call."""
    on_call = (OnCall("Ana", phone=STAFF),)
    door.clinic = msgspec.structs.replace(door.clinic, on_call=on_call)
    door.send(CRISIS)
    (row,) = door.rows(AlertRow)
    return row


def token_of(door, alert):
    return alert_link(door.parts, alert.id).rsplit("/", 1)[1]


def test_a_crisis_opens_one_alert_that_is_due_at_once(door, alert):
    assert alert.next_at <= door.clock()
    door.send(CRISIS)
    assert len(door.rows(AlertRow)) == 1


def test_the_link_takes_the_alert_once(door, alert):
    token = token_of(door, alert)
    assert open_by_link(door.parts, alert.id, token)
    assert take_by_link(door.parts, alert.id, token)
    assert not take_by_link(door.parts, alert.id, token)
    assert not open_by_link(door.parts, alert.id, token)
    (row,) = door.rows(AlertRow)
    assert (row.acknowledged_by, row.next_at) == ("link", None)
    assert [step.kind for step in door.rows(AlertStepRow)] == ["acknowledged"]


@pytest.mark.parametrize("token", ["", "0" * 32, "ñ"])
def test_a_link_that_is_not_ours_finds_nothing(door, alert, token):
    with pytest.raises(NotFound):
        take_by_link(door.parts, alert.id, token)
    assert door.rows(AlertRow)[0].acknowledged_at is None


def test_an_alert_that_does_not_exist_is_not_found(door, alert):
    with pytest.raises(NotFound):
        take(door.parts, "0" * 32, by="link")


@pytest.mark.parametrize("written", ["{}", " {} ", "{}."])
def test_texting_the_code_back_takes_the_alert(door, alert, written):
    reply = door.send(written.format(alert.code), phone=STAFF)
    assert "taken this alert" in reply.texts[0]
    assert door.rows(AlertRow)[0].acknowledged_by == "oncall:0"
    again = door.send(written.format(alert.code), phone=STAFF)
    assert "No open alert" in again.texts[0]


def test_a_code_from_anybody_else_is_an_ordinary_text(door, alert):
    door.send(alert.code, phone="+12135550777")
    assert door.rows(AlertRow)[0].acknowledged_at is None
    assert len(door.rows(MessageRow)) > 2


def test_staff_in_crisis_are_answered_like_anybody(door, alert):
    reply = receive(door.parts, door.message(CRISIS, phone=STAFF), door.clinic)
    assert "911" in reply.texts[0]


def test_two_people_who_take_it_at_once_do_not_both_win(door, alert):
    with ThreadPoolExecutor(4) as pool:
        won = list(pool.map(lambda n: take(door.parts, alert.id, by=f"p{n}"), range(4)))
    assert sum(won) == 1


def test_a_new_crisis_after_the_alert_was_taken_opens_another(door, alert):
    take(door.parts, alert.id, by="link")
    door.send(CRISIS)
    assert [row.acknowledged_at is None for row in door.rows(AlertRow)].count(True) == 1
