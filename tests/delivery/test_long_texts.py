"""Which number a text leaves from, and what happens to one that is too long; on both databases."""

import pytest
from sqlalchemy import update

from bot.core.errors import ProviderFailure
from bot.delivery.outbox import deliver_due
from bot.delivery.outcomes import ATTEMPTS
from bot.delivery.senders import OutcomeUnknown
from bot.store.receipts import apply_receipts, keep_receipt
from bot.store.tables import MessageRow, OutboxRow, PatientRow, TextPartRow

LONG = " ".join(f"This is sentence number {n}." for n in range(150))
SERVICE = "MG" + "5" * 32


@pytest.fixture(autouse=True)
def _no_pace(post):
    post.change_clinic(segments_per_second=1000.0)


def bodies(post):
    return [letter.body for letter in post.texts.taken]


def hear(post, provider_key, status):
    with post.parts.engine.begin() as connection:
        keep_receipt(connection, provider_key, status, error=None, now=post.clock())
        apply_receipts(connection, provider_key, now=post.clock())
    (message,) = [row for row in post.rows(MessageRow) if row.id == "m1"]
    return message.delivery


def test_a_patient_is_answered_from_the_number_they_wrote_to(post):
    post.change_clinic(sms_numbers=("+15005550006", "+15005550007"))
    post.hear_from_patient("+15005550007")
    post.put_text()
    deliver_due(post.parts)
    assert post.texts.taken[0].sender == "+15005550007"


def test_the_number_written_to_last_counts(post):
    post.change_clinic(sms_numbers=("+15005550006", "+15005550007"))
    post.hear_from_patient("+15005550007", 1)
    post.hear_from_patient("+15005550006", 2)
    post.put_text()
    deliver_due(post.parts)
    assert post.texts.taken[0].sender == "+15005550006"


def test_a_number_that_the_clinic_gave_up_is_not_used(post):
    post.hear_from_patient("+15005550099")
    post.put_text()
    deliver_due(post.parts)
    assert post.texts.taken[0].sender == "+15005550006"


def test_a_clinic_with_a_messaging_service_sends_through_it(post):
    post.change_clinic(messaging_service_sids=(SERVICE,))
    post.hear_from_patient("+15005550006")
    post.put_text()
    deliver_due(post.parts)
    assert post.texts.taken[0].sender == SERVICE


def test_a_long_text_leaves_in_parts_that_together_are_the_text(post):
    post.put_text(body=LONG)
    deliver_due(post.parts)
    assert "".join(bodies(post)) == LONG
    assert [letter.part for letter in post.texts.taken] == [1, 2, 3]
    assert all(len(body) < 1600 for body in bodies(post))
    assert all(body.strip().endswith(".") for body in bodies(post))
    (row,) = post.rows(OutboxRow)
    assert (row.state, row.parts_sent) == ("sent", 2)
    assert len(post.rows(TextPartRow)) == 3


def test_a_retry_goes_on_with_the_part_that_failed(post):
    post.put_text(body=LONG)
    usual = post.texts.send
    busy = [ProviderFailure("twilio", "20429", retryable=True)]

    def send(letter):
        if letter.part == 2 and busy:
            raise busy.pop()
        return usual(letter)

    post.texts.send = send
    deliver_due(post.parts)
    assert [letter.part for letter in post.texts.taken] == [1]
    post.clock.advance(minutes=1)
    deliver_due(post.parts)
    assert [letter.part for letter in post.texts.taken] == [1, 2, 3]
    assert "".join(bodies(post)) == LONG


def test_attempts_are_counted_for_each_part(post):
    post.put_text(body=LONG)
    post.texts.moods = [ProviderFailure("twilio", "20429", retryable=True)] * (ATTEMPTS - 1)
    for _ in range(ATTEMPTS - 1):
        deliver_due(post.parts)
        post.clock.advance(hours=2)
    deliver_due(post.parts)
    assert "".join(bodies(post)) == LONG


def test_parts_after_one_of_unknown_outcome_wait(post):
    post.put_text(body=LONG)
    usual = post.texts.send

    def send(letter):
        if letter.part == 2:
            raise OutcomeUnknown("twilio", "ReadTimeout")
        return usual(letter)

    post.texts.send = send
    deliver_due(post.parts)
    assert [letter.part for letter in post.texts.taken] == [1]
    (row,) = post.rows(OutboxRow)
    assert row.state == "unknown"


def test_a_patient_who_opts_out_between_two_parts_gets_no_more(post):
    post.put_text(body=LONG)
    usual = post.texts.send

    def send(letter):
        with post.parts.engine.begin() as connection:
            connection.execute(update(PatientRow).values(opted_out_at=post.clock()))
        return usual(letter)

    post.texts.send = send
    deliver_due(post.parts)
    assert [letter.part for letter in post.texts.taken] == [1]
    (row,) = post.rows(OutboxRow)
    assert (row.state, row.last_error) == ("dropped", "opted-out")


def test_a_long_text_is_delivered_when_every_part_is(post):
    post.put_text(body=LONG)
    deliver_due(post.parts)
    sids = [f"SM{n:032x}" for n in (1, 2, 3)]
    assert hear(post, sids[0], "delivered") == "sent"
    assert hear(post, sids[2], "delivered") == "sent"
    assert hear(post, sids[1], "sent") == "sent"
    assert hear(post, sids[1], "delivered") == "delivered"


def test_a_long_text_has_failed_when_one_part_has(post):
    post.put_text(body=LONG)
    deliver_due(post.parts)
    assert hear(post, f"SM{2:032x}", "undelivered") == "undelivered"
    assert hear(post, f"SM{1:032x}", "delivered") == "undelivered"


def test_a_part_delivered_while_others_have_not_left_is_not_the_whole(post):
    post.put_text(body=LONG)
    usual = post.texts.send

    def send(letter):
        if letter.part == 2:
            assert hear(post, f"SM{1:032x}", "delivered") == "queued"
        return usual(letter)

    post.texts.send = send
    deliver_due(post.parts)
    assert post.rows(OutboxRow)[0].state == "sent"


def test_a_receipt_that_comes_before_the_id_of_its_text_is_known_counts(post):
    post.put_text()
    usual = post.texts.send

    def send(letter):
        sid = usual(letter)
        hear(post, sid, "delivered")
        return sid

    post.texts.send = send
    deliver_due(post.parts)
    assert post.rows(MessageRow)[0].delivery == "delivered"
