"""The outbox: what is committed leaves once, or is shown as unknown; on both databases."""

from threading import Event, Thread

import pytest
from sqlalchemy import select, text, update

from bot.core.errors import ProviderFailure
from bot.delivery.alerts import page_due_alerts
from bot.delivery.outbox import LEASE_SECONDS, deliver_due
from bot.delivery.outcomes import ATTEMPTS, pause_until
from bot.delivery.runner import run
from bot.delivery.senders import OutcomeUnknown
from bot.store.leasing import lease
from bot.store.outbox import mark_sending
from bot.store.tables import MessageRow, OutboxRow, PatientRow


def the_row(post):
    (row,) = post.rows(OutboxRow)
    return row


def the_states(post):
    with post.parts.engine.connect() as connection:
        return connection.execute(select(OutboxRow.id, OutboxRow.state)).all()


def test_a_text_leaves_once_and_its_message_knows_the_providers_id(post):
    post.put_text()
    assert deliver_due(post.parts) == 1
    assert deliver_due(post.parts) == 0
    (letter,) = post.texts.taken
    assert (letter.to, letter.body) == ("+12135550001", "Next question?")
    (message,) = post.rows(MessageRow)
    assert (message.delivery, message.provider_key) == ("sent", "SM" + "1".zfill(32))
    assert the_row(post).state == "sent"


def test_a_refusal_that_may_pass_is_tried_again_later_and_arrives(post):
    post.put_text()
    post.texts.moods = [ProviderFailure("twilio", "20429", retryable=True)]
    deliver_due(post.parts)
    assert (the_row(post).state, the_row(post).last_error) == ("pending", "20429")
    assert deliver_due(post.parts) == 0
    post.clock.advance(seconds=7)
    deliver_due(post.parts)
    assert len(post.texts.taken) == 1


def test_trying_again_comes_to_an_end(post):
    post.put_text()
    post.texts.moods = [ProviderFailure("twilio", "30001", retryable=True)] * 100
    for _ in range(ATTEMPTS + 3):
        deliver_due(post.parts)
        post.clock.advance(hours=2)
    assert (the_row(post).state, the_row(post).attempts) == ("failed", ATTEMPTS)


def test_a_refusal_for_good_is_not_tried_again(post):
    post.put_text()
    post.texts.moods = [ProviderFailure("twilio", "21610", retryable=False)]
    deliver_due(post.parts)
    assert (the_row(post).state, the_row(post).last_error) == ("failed", "21610")


def test_a_routine_text_of_unknown_outcome_is_never_sent_again(post):
    post.put_text()
    post.texts.moods = [OutcomeUnknown("twilio", "ReadTimeout")]
    deliver_due(post.parts)
    post.clock.advance(hours=3)
    deliver_due(post.parts)
    assert the_row(post).state == "unknown"
    assert post.texts.taken == []
    (message,) = post.rows(MessageRow)
    assert message.delivery == "unknown"


def test_a_page_of_unknown_outcome_is_sent_once_more_and_not_again(post):
    post.open_alert()
    page_due_alerts(post.parts)
    post.texts.moods = [OutcomeUnknown("twilio", "ReadTimeout")] * 2
    for _ in range(4):
        deliver_due(post.parts)
        post.clock.advance(seconds=30)
    assert post.texts.moods == []
    assert post.texts.taken == []
    states = {row.kind: row.state for row in post.rows(OutboxRow)}
    assert states == {"page-text": "unknown", "page-email": "sent"}


def test_a_patient_who_opts_out_before_it_leaves_is_not_texted(post):
    post.put_text()
    with post.parts.engine.begin() as connection:
        connection.execute(update(PatientRow).values(opted_out_at=post.clock()))
    deliver_due(post.parts)
    assert post.texts.taken == []
    assert (the_row(post).state, the_row(post).last_error) == ("dropped", "opted-out")


def leased_by_a_dead_runner(post):
    with post.parts.engine.begin() as connection:
        (item,) = lease(
            connection, by="dead", now=post.clock(), seconds=LEASE_SECONDS, limit=5
        )  # fmt: skip
    return item


def test_a_row_is_leased_by_one_runner_at_a_time(post):
    post.put_text()
    leased_by_a_dead_runner(post)
    assert deliver_due(post.parts) == 0


def test_a_runner_that_died_before_sending_loses_nothing(post):
    post.put_text()
    leased_by_a_dead_runner(post)
    post.clock.advance(seconds=LEASE_SECONDS + 1)
    deliver_due(post.parts)
    assert the_row(post).state == "sent"
    assert len(post.texts.taken) == 1


def test_a_runner_whose_lease_went_to_another_sends_nothing(post):
    post.put_text()
    item = leased_by_a_dead_runner(post)
    post.clock.advance(seconds=LEASE_SECONDS + 1)
    deliver_due(post.parts)
    with post.parts.engine.begin() as connection:
        assert not mark_sending(connection, item, by="dead", now=post.clock())


def test_a_runner_that_died_while_sending_leaves_an_outcome_that_says_so(post):
    post.put_text()
    item = leased_by_a_dead_runner(post)
    with post.parts.engine.begin() as connection:
        assert mark_sending(connection, item, by="dead", now=post.clock())
    post.clock.advance(seconds=LEASE_SECONDS + 1)
    assert deliver_due(post.parts) == 1
    assert (the_row(post).state, the_row(post).last_error) == ("unknown", "runner-died")
    assert post.texts.taken == []


def test_a_row_this_version_cannot_send_is_shown_and_left(post):
    post.put_text()
    with post.parts.engine.begin() as connection:
        connection.execute(update(OutboxRow).values(kind="carrier-pigeon"))
    deliver_due(post.parts)
    assert (the_row(post).state, the_row(post).last_error) == ("dropped", "unknown-kind")


def test_a_damaged_row_keeps_no_page_from_leaving(post):
    post.put_text()
    with post.parts.engine.begin() as connection:
        connection.execute(text("UPDATE outbox SET payload = :none"), {"none": b"damaged"})
    post.clock.advance(seconds=1)
    post.open_alert()
    page_due_alerts(post.parts)
    deliver_due(post.parts)
    states = {row.id: row.state for row in the_states(post)}
    assert states.pop("o1") == "dropped"
    assert set(states.values()) == {"sent"}


def test_a_row_that_cannot_be_written_fails_alone(post):
    post.put_text()
    with post.parts.engine.begin() as connection:
        connection.execute(text("UPDATE messages SET body = :none"), {"none": b"damaged"})
    post.open_alert()
    page_due_alerts(post.parts)
    deliver_due(post.parts)
    states = {row.id: row.state for row in the_states(post)}
    assert states.pop("o1") == "failed"
    assert set(states.values()) == {"sent"}


def test_a_sender_that_breaks_leaves_an_outcome_nobody_knows(post):
    post.put_text()
    post.texts.moods = [ZeroDivisionError()]
    deliver_due(post.parts)
    assert (the_row(post).state, the_row(post).last_error) == ("unknown", "ZeroDivisionError")


@pytest.mark.parametrize("attempts", range(12))
def test_pauses_grow_and_are_spread(post, attempts):
    now = post.clock()
    pauses = {(pause_until(f"row{n}", attempts, now) - now).total_seconds() for n in range(50)}
    assert len(pauses) > 25
    assert max(pauses) <= 1.25 * min(pauses) + 1


def test_reports_carry_ids_and_codes_only(post):
    post.put_text()
    deliver_due(post.parts)
    assert post.reports == [("outbox.sent", {"outbox_id": "o1", "error_code": ""})]


def test_the_worker_delivers_until_it_is_told_to_stop(post):
    post.put_text()
    stop = Event()
    worker = Thread(target=run, args=(post.parts, stop))
    worker.start()
    for _ in range(200):
        if post.texts.taken:
            break
        stop.wait(0.05)
    stop.set()
    worker.join(timeout=60)
    assert not worker.is_alive()
    assert [name for name, _ in post.reports][0] == "worker.started"
    assert [name for name, _ in post.reports][-1] == "worker.stopped"
