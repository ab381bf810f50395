"""Delivery callbacks: any order, any number of times, even before the text is known."""

from itertools import permutations

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from bot.services.status import DeliveryReport, note_delivery
from bot.store import tables
from bot.store.receipts import apply_receipts, is_forward

SID = "SM" + "a" * 32


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
