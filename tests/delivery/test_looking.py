"""What became of a send that was never answered; on both databases."""

import pytest

from bot.core.decisions import Priority
from bot.core.errors import ProviderFailure
from bot.delivery import looking
from bot.delivery.alerts import page_due_alerts
from bot.delivery.outbox import deliver_due
from bot.delivery.outcomes import LOOKS_SECONDS
from bot.delivery.receipts import watch_emergency_texts
from bot.delivery.senders import OutcomeUnknown
from bot.store.receipts import apply_receipts, keep_receipt
from bot.store.sent_keys import find_sent, learn_key
from bot.store.tables import AlertRow, AlertStepRow, MessageRow, OutboxRow

LOST = OutcomeUnknown("twilio", "ReadTimeout")
NO_ANSWER = ProviderFailure("twilio", "ReadTimeout", retryable=True)
SID = "SM" + "f" * 32


def row_of(post, outbox_id="o1"):
    (row,) = [row for row in post.rows(OutboxRow) if row.id == outbox_id]
    return row


def lose(post, **text):
    """A text whose answer is lost."""
    post.put_text(**text)
    post.texts.moods = [LOST]
    deliver_due(post.parts)


def look_on(post, times=None):
    for pause in LOOKS_SECONDS[:times]:
        post.clock.advance(seconds=pause)
        deliver_due(post.parts)


def test_a_text_of_unknown_outcome_is_shown_as_such_while_it_is_looked_for(post):
    lose(post)
    assert (row_of(post).state, row_of(post).done_at) == ("unknown", None)
    assert post.rows(MessageRow)[0].delivery == "unknown"
    deliver_due(post.parts)
    assert post.texts.asked == 0


def test_a_text_that_the_list_has_is_sent_under_its_id_there(post):
    lose(post)
    post.texts.listed = [(SID,)]
    look_on(post, 1)
    assert row_of(post).state == "sent"
    (message,) = post.rows(MessageRow)
    assert (message.delivery, message.provider_key) == ("sent", SID)
    assert post.texts.taken == []


def test_a_list_that_is_late_is_asked_again(post):
    lose(post)
    post.texts.listed = [(), (), NO_ANSWER, (SID,)]
    look_on(post)
    assert row_of(post).state == "sent"


def test_a_routine_text_that_was_never_taken_has_failed_and_is_not_sent_again(post):
    lose(post)
    look_on(post)
    assert (row_of(post).state, row_of(post).last_error) == ("failed", "absent")
    assert post.rows(MessageRow)[0].delivery == "failed"
    post.clock.advance(hours=5)
    deliver_due(post.parts)
    assert post.texts.taken == []
    assert post.texts.asked == len(LOOKS_SECONDS)


def test_without_a_list_the_outcome_stays_unknown_for_good(post):
    lose(post)
    post.texts.listed = [NO_ANSWER] * 9
    look_on(post)
    assert (row_of(post).state, row_of(post).last_error) == ("unknown", "no-word")
    assert row_of(post).done_at is not None


def test_an_id_that_is_another_texts_is_not_taken_for_this_one(post):
    post.put_text(1)
    deliver_due(post.parts)
    post.clock.advance(seconds=5)
    post.put_text(2)
    post.texts.moods = [LOST]
    deliver_due(post.parts)
    post.texts.listed = [(f"SM{1:032x}", SID)]
    look_on(post, 1)
    assert {row.provider_key for row in post.rows(MessageRow)} == {f"SM{1:032x}", SID}


def test_an_emergency_text_is_sent_at_most_twice_before_anybody_looked(post):
    post.put_text(kind="crisis", priority=Priority.STAT)
    post.texts.moods = [LOST, LOST]
    deliver_due(post.parts)
    post.clock.advance(seconds=7)
    deliver_due(post.parts)
    assert (post.texts.moods, post.texts.taken) == ([], [])
    assert row_of(post).state == "unknown"


def lose_an_emergency_text(post):
    """Both blind attempts are lost."""
    post.put_text(kind="crisis", priority=Priority.STAT)
    post.texts.moods = [LOST, LOST]
    deliver_due(post.parts)
    post.clock.advance(seconds=7)
    deliver_due(post.parts)


def wait(post, *, seconds, step=15):
    for _ in range(0, seconds, step):
        post.clock.advance(seconds=step)
        deliver_due(post.parts)


def test_an_emergency_text_that_was_never_taken_is_sent_once_more(post):
    lose_an_emergency_text(post)
    wait(post, seconds=45)
    assert post.texts.taken == []
    wait(post, seconds=45)
    assert row_of(post).state == "sent"
    assert len(post.texts.taken) == 1


def test_an_emergency_text_is_not_sent_again_while_no_list_is_to_be_had(post):
    lose_an_emergency_text(post)
    post.texts.listed = [NO_ANSWER] * 999
    wait(post, seconds=1200)
    assert post.texts.taken == []
    assert (row_of(post).state, row_of(post).done_at) == ("unknown", None)


def test_an_emergency_text_of_unknown_outcome_wakes_a_person_after_three_minutes(post):
    lose_an_emergency_text(post)
    post.clock.advance(minutes=3)
    assert watch_emergency_texts(post.parts) == 1
    assert [row.reason for row in post.rows(AlertRow)] == ["undelivered"]


def test_an_emergency_text_that_nobody_took_for_an_hour_ends_as_unknown(post):
    lose_an_emergency_text(post)
    post.texts.moods = [LOST] * 999
    wait(post, seconds=7200, step=60)
    assert post.texts.taken == []
    assert (row_of(post).state, row_of(post).done_at is None) == ("unknown", False)
    assert [row.reason for row in post.rows(AlertRow)] == ["undelivered"]


def test_a_page_that_the_list_has_is_not_sent_again(post):
    post.open_alert()
    page_due_alerts(post.parts)
    post.texts.moods = [LOST, LOST]
    deliver_due(post.parts)
    post.clock.advance(seconds=7)
    deliver_due(post.parts)
    post.texts.listed = [(SID,)]
    look_on(post, 1)
    (page,) = [row for row in post.rows(OutboxRow) if row.kind == "page-text"]
    assert (page.state, page.provider_key) == ("sent", SID)
    assert post.texts.taken == []


def test_a_long_text_goes_on_after_the_part_that_was_found(post):
    post.change_clinic(segments_per_second=1000.0)
    body = " ".join(f"This is sentence number {n}." for n in range(150))
    lose(post, body=body)
    post.texts.listed = [(SID,)]
    look_on(post, 1)
    assert [letter.part for letter in post.texts.taken] == [2, 3]
    assert row_of(post).state == "sent"


def test_a_page_that_is_refused_for_good_moves_the_alert_on_with_calls(post):
    post.open_alert()
    page_due_alerts(post.parts)
    post.texts.moods = [ProviderFailure("twilio", "21211", retryable=False)]
    deliver_due(post.parts)
    assert page_due_alerts(post.parts) == 1
    deliver_due(post.parts)
    assert [letter.to for letter in post.calls.taken] == ["+12135550901", "+12135550902"]
    assert "page-failed" in [step.kind for step in post.rows(AlertStepRow)]


@pytest.mark.parametrize("code", ["30005", "30006", "21614"])
def test_a_phone_that_takes_no_texts_is_flagged_and_a_person_asked(post, code):
    post.put_text()
    post.texts.moods = [ProviderFailure("twilio", code, retryable=False)]
    deliver_due(post.parts)
    assert post.reasons() == ["unreachable"]
    assert post.flags() == ["unreachable"]
    assert row_of(post).state == "failed"


def while_sending(post, work):
    """Do something after the provider has taken the next text, before its answer is read."""
    send = post.texts.send

    def send_then_work(letter):
        provider_key = send(letter)
        post.texts.send = send
        work(provider_key)
        return provider_key

    post.texts.send = send_then_work


def sent_under(post):
    return {row.id: (row.delivery, row.provider_key) for row in post.rows(MessageRow)}


def two_equal_texts_one_of_which_was_never_taken(post):
    """A look takes the second one's id for the first one's before the second one's is stored."""
    lose(post)
    post.clock.advance(seconds=5)
    post.put_text(2)

    def look_at_the_first(provider_key):
        post.texts.listed = [(provider_key,)]
        look_on(post, 1)
        assert sorted(row.state for row in post.rows(OutboxRow)) == ["sending", "sent"]

    while_sending(post, look_at_the_first)


def test_an_id_that_a_look_took_is_given_back_when_its_own_answer_is_read(post):
    two_equal_texts_one_of_which_was_never_taken(post)
    deliver_due(post.parts)
    first, second = sorted(post.rows(OutboxRow), key=lambda row: row.id)
    assert (first.state, first.last_error, first.done_at) == ("unknown", "mistaken", None)
    assert second.state == "sent"
    (taken,) = [row for row in post.rows(MessageRow) if row.provider_key]
    assert (taken.delivery, taken.provider_key) == ("sent", f"SM{1:032x}")
    look_on(post)
    assert row_of(post, first.id).last_error == "absent"
    assert len(post.texts.taken) == 1


def test_an_id_that_a_look_took_is_given_back_when_a_callback_names_its_own_row(post):
    lose(post)
    post.clock.advance(seconds=5)
    post.put_text(2)
    post.texts.moods = [LOST]
    deliver_due(post.parts)
    post.texts.listed = [(SID,), ()]
    look_on(post, 1)
    states = {row.id: row.state for row in post.rows(OutboxRow)}
    (guessed,) = [row_id for row_id, state in states.items() if state == "sent"]
    (other,) = states.keys() - {guessed}
    now = post.clock()
    with post.parts.engine.begin() as connection:
        keep_receipt(connection, SID, "delivered", error=None, now=now)
        apply_receipts(connection, SID, now=now)
        learn_key(connection, find_sent(connection, other), SID, part=0, now=now)
        apply_receipts(connection, SID, now=now)
    assert (row_of(post, guessed).state, row_of(post, other).state) == ("unknown", "sent")
    assert sorted(sent_under(post).values(), key=str) == [("delivered", SID), ("unknown", None)]


def test_a_look_that_comes_too_late_for_an_id_leaves_it_to_whose_it_is(post, monkeypatch):
    post.put_text(1)
    deliver_due(post.parts)
    post.clock.advance(seconds=5)
    lose(post, number=2)
    before = sent_under(post)
    monkeypatch.setattr(looking, "unclaimed", lambda connection, keys, since: list(keys))
    post.texts.listed = [(f"SM{1:032x}",)]
    look_on(post, 1)
    assert sent_under(post) == before
    assert sorted(row.state for row in post.rows(OutboxRow)) == ["sent", "unknown"]
