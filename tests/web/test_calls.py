"""A key pressed in a call to on-call staff takes the alert, and nothing else does."""

from xml.etree import ElementTree

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.core.clock import new_id
from bot.store.tables import AlertRow, MessageRow, OutboxRow
from tests.web.conftest import ACCOUNT, CRISIS

CALL = "/webhooks/twilio/call?alert="
STATUS = "/webhooks/twilio/status"


@pytest.fixture
def alert(twilio, parts):
    twilio.text(CRISIS)
    return rows(parts, AlertRow)[0]


def rows(parts, table):
    with Session(parts.engine) as session:
        return session.scalars(select(table)).all()


def press(twilio, digits, alert_id):
    form = {"CallSid": "CA" + "0" * 32, "AccountSid": ACCOUNT, "Digits": digits}
    return twilio.post(form, path=CALL + alert_id)


def test_pressing_one_takes_the_alert_and_says_so(twilio, parts, alert):
    response = press(twilio, "1", alert.id)
    said = ElementTree.fromstring(response.data).find("Say")
    assert "taken this alert" in said.text
    assert rows(parts, AlertRow)[0].acknowledged_by == "call"
    later = ElementTree.fromstring(press(twilio, "1", alert.id).data).find("Say")
    assert "not open" in later.text


@pytest.mark.parametrize("digits", ["2", "", "11", "#"])
def test_any_other_key_takes_nothing(twilio, parts, alert, digits):
    response = press(twilio, digits, alert.id)
    assert len(ElementTree.fromstring(response.data)) == 0
    assert rows(parts, AlertRow)[0].acknowledged_at is None


@pytest.mark.parametrize("alert_id", ["", "x", "f" * 32])
def test_an_alert_that_is_not_there_is_hung_up_on(twilio, alert_id):
    response = press(twilio, "1", alert_id)
    assert response.status_code == 200
    assert len(ElementTree.fromstring(response.data)) == 0


def test_a_key_that_twilio_did_not_sign_for_takes_nothing(client, parts, alert):
    form = {"CallSid": "CA" + "0" * 32, "AccountSid": ACCOUNT, "Digits": "1"}
    assert client.post(CALL + alert.id, data=form).status_code == 403
    assert rows(parts, AlertRow)[0].acknowledged_at is None


def test_a_callback_that_names_our_row_tells_its_message_the_providers_id(twilio, parts):
    twilio.text("hello")
    (message,) = [row for row in rows(parts, MessageRow) if row.direction == "outbound"][:1]
    outbox_id = new_id()
    with Session(parts.engine) as session:
        values = {"id": outbox_id, "clinic_id": "demo", "kind": "patient-text"}
        values |= {"recipient": "patient:p", "state": "unknown", "attempts": 1}
        payload = b'{"message_id":"%s"}' % message.id.encode()
        row = OutboxRow(**values, payload=payload, due_at=parts.now(), created_at=parts.now())
        session.add(row)
        session.commit()
    sid = "SM" + "e" * 32
    form = {"MessageSid": sid, "AccountSid": ACCOUNT, "MessageStatus": "delivered"}
    response = twilio.post(form, path=f"{STATUS}?outbox={outbox_id}")
    assert response.status_code == 204
    (row,) = rows(parts, OutboxRow)
    assert (row.state, row.provider_key) == ("sent", sid)
