"""What a commit makes due is kicked: by id, and after the commit."""

import pytest
from sqlalchemy.orm import Session

from bot.services.kicking import ALERT, OUTBOX
from bot.services.status import DeliveryReport, note_delivery
from bot.store import tables
from tests.services.conftest import FrontDoor

DANGER = "I will kill myself"


ROWS = {OUTBOX: tables.OutboxRow, ALERT: tables.AlertRow}


class Kicks:
    """Notes kicks, and whether their rows were committed when they came."""

    def __init__(self, engine):
        self.engine, self.noted = engine, []

    def __call__(self, kind, ids):
        with Session(self.engine) as session:
            found = [session.get(ROWS[kind], row_id) is not None for row_id in ids]
        self.noted.append((kind, list(ids), all(found)))


@pytest.fixture
def kicks(engine):
    return Kicks(engine)


@pytest.fixture
def kicking(make_parts, kicks, demo_clinic, clock):
    return FrontDoor(make_parts(kick=kicks), demo_clinic, clock)


def test_an_ordinary_turn_kicks_nobody(kicking, kicks):
    kicking.send("hello")
    assert kicks.noted == []


def test_a_crisis_kicks_its_alert_once_it_is_stored(kicking, kicks):
    kicking.send(DANGER)
    (alert,) = kicking.rows(tables.AlertRow)
    assert (ALERT, [alert.id], True) in kicks.noted


def test_the_same_text_again_kicks_nobody(kicking, kicks):
    kicking.send(DANGER, provider_id="SM1")
    before = list(kicks.noted)
    assert kicking.send(DANGER, provider_id="SM1").duplicate
    assert kicks.noted == before


def test_a_text_that_did_not_arrive_kicks_whatever_alert_it_woke(kicking, kicks):
    reply = kicking.send(DANGER)
    kicks.noted.clear()
    note_delivery(kicking.parts, DeliveryReport("SMx", "sent", None, reply.message_ids[0]))
    assert kicks.noted == []
    note_delivery(kicking.parts, DeliveryReport("SMx", "failed", "30005", reply.message_ids[0]))
    assert [(kind, ids) for kind, ids, _ in kicks.noted] == [(ALERT, ["SMx"])]
