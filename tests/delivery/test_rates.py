"""Routine texts keep to the pace of their number, however many runners there are."""

from collections import Counter
from datetime import timedelta
from threading import Barrier, Thread

from bot.core.decisions import Priority
from bot.delivery.outbox import deliver_due
from bot.store.pacing import take_slot
from bot.store.tables import OutboxRow

TWO_SEGMENTS = "word " * 50


def run_for(post, seconds):
    """Deliver once a second; return how many texts had left after each."""
    counts = []
    for _ in range(seconds):
        deliver_due(post.parts)
        counts.append(len(post.texts.taken))
        post.clock.advance(seconds=1)
    return counts


def test_one_segment_a_second_leaves_a_long_code(post):
    for number in range(1, 6):
        post.put_text(number)
    assert run_for(post, 6) == [1, 2, 3, 4, 5, 5]


def test_the_pace_counts_segments_not_texts(post):
    for number in range(1, 4):
        post.put_text(number, body=TWO_SEGMENTS)
    assert run_for(post, 6) == [1, 1, 2, 2, 3, 3]


def test_a_clinic_may_be_faster_and_may_limit_all_its_numbers_together(post):
    post.change_clinic(segments_per_second=10.0, total_segments_per_second=2.0)
    for number in range(1, 7):
        post.put_text(number)
    assert run_for(post, 4) == [2, 3, 5, 6]


def test_pages_and_emergency_texts_wait_for_no_pace(post):
    for number in range(1, 6):
        post.put_text(number, priority=Priority.STAT)
    deliver_due(post.parts)
    assert len(post.texts.taken) == 5


def test_a_text_that_waits_counts_as_no_attempt_and_is_not_polled_for(post):
    for number in range(1, 4):
        post.put_text(number)
    assert deliver_due(post.parts) == 3
    assert deliver_due(post.parts) == 0
    waiting = [row for row in post.rows(OutboxRow) if row.state == "pending"]
    assert [row.attempts for row in waiting] == [0, 0]
    now = post.clock()
    assert {row.due_at - now for row in waiting} == {timedelta(seconds=1), timedelta(seconds=2)}


def test_after_a_pause_texts_leave_at_the_pace_again_and_not_all_at_once(post):
    for number in range(1, 6):
        post.put_text(number)
    deliver_due(post.parts)
    post.clock.advance(hours=1)
    assert run_for(post, 4) == [2, 3, 4, 5]


def test_two_numbers_do_not_wait_for_each_other(post):
    numbers = ("+15005550006", "+15005550007")
    post.change_clinic(sms_numbers=numbers)
    now = post.clock()
    with post.parts.engine.begin() as connection:
        first = [take_slot(connection, {f"number:{n}": 1.0}, segments=1, now=now) for n in numbers]
        second = take_slot(connection, {f"number:{numbers[0]}": 1.0}, segments=1, now=now)
    assert first == [now, now]
    assert second == now + timedelta(seconds=1)


def test_many_runners_at_once_share_one_pace(post):
    slots, together = [], Barrier(8)

    def take():
        together.wait()
        for _ in range(5):
            with post.parts.engine.begin() as connection:
                rates = {"number:x": 1.0, "clinic:demo": 100.0}
                slots.append(take_slot(connection, rates, segments=1, now=post.clock()))

    threads = [Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(slots) == 40
    assert Counter(slots).most_common(1)[0][1] == 1
    assert max(slots) == post.clock() + timedelta(seconds=39)
