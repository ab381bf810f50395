"""Delivery callbacks: any order, any number of times, even before the text is known."""

from datetime import timedelta
from itertools import permutations

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from bot.core.decisions import Priority
from bot.services.status import DeliveryReport, note_delivery
from bot.store import tables
from bot.store.outbox import Departure, put
from bot.store.receipts import apply_receipts, is_forward

SID = "SM" + "a" * 32
OUTBOX_ID = "0" * 31 + "9"


def row_of(door, outbox_id):
    (row,) = [row for row in door.rows(tables.OutboxRow) if row.id == outbox_id]
    return row


def queued(door, message_id, *, priority=Priority.ROUTINE, **values):
    """A row of the outbox for this message, as far as `values` say."""
    payload = {"message_id": message_id, **values.pop("payload", {})}
    departure = Departure(
        OUTBOX_ID, "demo", "patient-text", "patient:p", payload, priority=priority
    )
    with door.parts.engine.begin() as connection:
        put(connection, departure, now=door.clock())
        if values:
            connection.execute(update(tables.OutboxRow).values(**values))


def paged(door):
    """An alert whose first page by text has left."""
    door.send("I will kill myself")
    (alert,) = door.rows(tables.AlertRow)
    payload = {"alert_id": alert.id, "row": 0}
    departure = Departure(
        OUTBOX_ID, "demo", "page-text", "oncall:0", payload, priority=Priority.STAT
    )
    later = door.clock() + timedelta(minutes=2)
    with door.parts.engine.begin() as connection:
        put(connection, departure, now=door.clock())
        connection.execute(update(tables.AlertRow).values(next_at=later))


def sent_text(door, text="hello"):
    """A reply that left, and that the provider calls SID."""
    reply = door.send(text)
    name(door, reply.message_ids[0], SID)
    return reply.message_ids[0]


def name(door, message_id, provider_key):
    with Session(door.parts.engine) as session:
        row = session.get_one(tables.MessageRow, message_id)
        row.provider_key = provider_key
        session.commit()


def delivery_of(door, message_id):
    (row,) = [row for row in door.rows(tables.MessageRow) if row.id == message_id]
    return row.delivery


@pytest.mark.parametrize("order", list(permutations(["queued", "sent", "delivered"])))
def test_every_order_ends_the_same(door, order):
    message_id = sent_text(door)
    for status in order:
        note_delivery(door.parts, DeliveryReport(SID, status))
        note_delivery(door.parts, DeliveryReport(SID, status))
    assert delivery_of(door, message_id) == "delivered"
    assert len(door.rows(tables.DeliveryReceiptRow)) == 3


@pytest.mark.parametrize("final", ["delivered", "undelivered", "failed"])
@pytest.mark.parametrize("later", ["queued", "sent", "delivered", "undelivered", "failed"])
def test_a_final_state_is_never_left(final, later):
    assert not is_forward(final, later)


def test_a_callback_before_the_text_is_known_is_applied_later(door, clock):
    reply = door.send("hello")
    note_delivery(door.parts, DeliveryReport(SID, "delivered"))
    assert delivery_of(door, reply.message_ids[0]) == "responded"
    name(door, reply.message_ids[0], SID)
    with door.parts.engine.begin() as connection:
        moved = apply_receipts(connection, SID, now=clock())
        assert apply_receipts(connection, SID, now=clock()) is None
    assert moved.status == "delivered"
    assert delivery_of(door, reply.message_ids[0]) == "delivered"


def test_a_callback_that_names_our_own_id_needs_no_more(door):
    reply = door.send("hello")
    note_delivery(door.parts, DeliveryReport(SID, "sent", message_id=reply.message_ids[0]))
    note_delivery(door.parts, DeliveryReport(SID, "delivered"))
    assert delivery_of(door, reply.message_ids[0]) == "delivered"


def test_a_callback_cannot_rename_a_text_that_has_an_id(door):
    message_id = sent_text(door)
    other = "SM" + "b" * 32
    note_delivery(door.parts, DeliveryReport(other, "failed", message_id=message_id))
    assert delivery_of(door, message_id) == "responded"


def test_an_unknown_status_changes_nothing(door):
    message_id = sent_text(door)
    note_delivery(door.parts, DeliveryReport(SID, "teleported"))
    assert delivery_of(door, message_id) == "responded"
    assert not door.rows(tables.DeliveryReceiptRow)


def test_a_crisis_answer_that_did_not_arrive_pages_staff(door):
    reply = door.send("I will kill myself")
    name(door, reply.message_ids[0], SID)
    with Session(door.parts.engine) as session:
        acknowledged = {"acknowledged_at": door.clock(), "next_at": None}
        session.execute(update(tables.AlertRow).values(acknowledged))
        session.commit()
    note_delivery(door.parts, DeliveryReport(SID, "undelivered", "30007"))
    alerts = {row.reason for row in door.rows(tables.AlertRow) if row.acknowledged_at is None}
    assert alerts == {"undelivered"}


def test_a_routine_text_that_did_not_arrive_pages_nobody(door):
    sent_text(door)
    note_delivery(door.parts, DeliveryReport(SID, "failed", "30003"))
    assert not door.rows(tables.AlertRow)


def test_a_carriers_opt_out_is_the_patients_own(door):
    sent_text(door)
    note_delivery(door.parts, DeliveryReport(SID, "failed", "21610"))
    note_delivery(door.parts, DeliveryReport(SID, "undelivered", "21610"))
    (patient,) = door.rows(tables.PatientRow)
    assert patient.opted_out_at == door.clock()
    (change,) = door.rows(tables.OptOutRow)
    assert (change.source, change.opted_out) == ("carrier", True)
    assert door.send("hello again").texts == ()


@pytest.mark.parametrize("state", ["unknown", "failed", "pending"])
def test_a_callback_tells_what_became_of_a_send_whose_answer_was_lost(door, state):
    reply = door.send("hello")
    queued(door, reply.message_ids[0], state=state, attempts=1)
    note_delivery(door.parts, DeliveryReport(SID, "sent", outbox_id=OUTBOX_ID))
    row = row_of(door, OUTBOX_ID)
    assert (row.state, row.provider_key, row.done_at) == ("sent", SID, door.clock())
    assert delivery_of(door, reply.message_ids[0]) == "sent"


def test_a_row_that_is_being_sent_is_left_to_its_runner(door):
    reply = door.send("hello")
    queued(door, reply.message_ids[0], state="sending", attempts=1, leased_by="runner")
    note_delivery(door.parts, DeliveryReport(SID, "sent", outbox_id=OUTBOX_ID))
    row = row_of(door, OUTBOX_ID)
    assert (row.state, row.leased_by, row.provider_key) == ("sending", "runner", SID)


def test_a_callback_about_a_row_that_is_not_there_is_kept(door):
    note_delivery(door.parts, DeliveryReport(SID, "sent", outbox_id="f" * 32))
    assert len(door.rows(tables.DeliveryReceiptRow)) == 1


@pytest.mark.parametrize("code", ["30005", "30006"])
def test_a_phone_that_takes_no_texts_is_flagged_and_a_person_asked(door, code):
    message_id = sent_text(door)
    for _ in range(2):
        note_delivery(door.parts, DeliveryReport(SID, "undelivered", code))
    assert [row.code for row in door.rows(tables.FlagRow)] == ["unreachable"]
    assert [row.code for row in door.rows(tables.ConsultReasonRow)] == ["unreachable"]
    (request,) = door.rows(tables.ConsultRow)
    assert (request.status, request.priority) == ("requested", "routine")
    (conversation,) = door.rows(tables.ConversationRow)
    assert conversation.consult_id == request.id
    assert delivery_of(door, message_id) == "undelivered"


def test_the_request_that_is_open_already_gets_one_more_reason(door):
    door.send("I will kill myself")
    reply = door.send("hello again")
    name(door, reply.message_ids[0], SID)
    note_delivery(door.parts, DeliveryReport(SID, "undelivered", "30006"))
    (request,) = door.rows(tables.ConsultRow)
    assert request.priority == "stat"
    codes = {row.code for row in door.rows(tables.ConsultReasonRow)}
    assert "unreachable" in codes


def again(door):
    return [row for row in door.rows(tables.OutboxRow) if row.kind == "patient-text"]


def test_a_phone_that_is_off_gets_a_routine_text_again_later(door):
    message_id = sent_text(door)
    note_delivery(door.parts, DeliveryReport(SID, "undelivered", "30003"))
    (row,) = again(door)
    assert row.due_at == door.clock() + timedelta(minutes=10)
    assert delivery_of(door, message_id) == "queued"


def test_a_phone_that_stays_off_is_given_up(door):
    message_id = sent_text(door)
    queued(door, message_id, payload={"resends": 2}, state="sent")
    note_delivery(door.parts, DeliveryReport(SID, "undelivered", "30003", outbox_id=OUTBOX_ID))
    assert len(again(door)) == 1
    assert delivery_of(door, message_id) == "undelivered"


def test_an_emergency_text_to_a_phone_that_is_off_is_sent_again_at_once_and_a_person_woken(door):
    reply = door.send("I will kill myself")
    name(door, reply.message_ids[0], SID)
    note_delivery(door.parts, DeliveryReport(SID, "undelivered", "30003"))
    (row,) = again(door)
    assert (row.priority, row.due_at) == (0, door.clock())
    steps = [row.kind for row in door.rows(tables.AlertStepRow)]
    assert "undelivered" in steps


def test_a_page_that_did_not_arrive_moves_the_alert_on_at_once_and_only_once(door):
    paged(door)
    for _ in range(2):
        note_delivery(door.parts, DeliveryReport(SID, "undelivered", "30008", outbox_id=OUTBOX_ID))
    (alert,) = door.rows(tables.AlertRow)
    assert (alert.next_at, alert.at_least) == (door.clock(), 1)
    assert [row.kind for row in door.rows(tables.AlertStepRow)].count("page-failed") == 1
    assert row_of(door, OUTBOX_ID).delivery == "undelivered"


def test_a_page_that_arrived_changes_nothing(door):
    paged(door)
    note_delivery(door.parts, DeliveryReport(SID, "delivered", outbox_id=OUTBOX_ID))
    (alert,) = door.rows(tables.AlertRow)
    assert alert.at_least == 0
    assert row_of(door, OUTBOX_ID).delivery == "delivered"
