"""Pages and emergency texts leave first, and nothing routine holds them up; on both databases."""

from threading import Event, Thread
from time import sleep

from sqlalchemy import text

from bot.core.decisions import Priority
from bot.delivery.alerts import page_due_alerts
from bot.delivery.outbox import ROWS_AT_ONCE, deliver_due, deliver_row, deliver_urgent
from bot.delivery.runner import run
from bot.delivery.senders import OutcomeUnknown
from bot.store.tables import AlertStepRow, OutboxRow


def fast(post):
    post.change_clinic(segments_per_second=1000.0)


def test_a_page_overtakes_routine_texts_that_were_there_before_it(post):
    fast(post)
    for number in range(1, ROWS_AT_ONCE + 5):
        post.put_text(number)
    post.clock.advance(seconds=5)
    post.open_alert()
    page_due_alerts(post.parts)
    deliver_due(post.parts)
    assert post.texts.taken[0].to == "+12135550901"


def test_an_emergency_text_leaves_before_an_urgent_and_that_before_a_routine_one(post):
    fast(post)
    for number, priority in enumerate(reversed(Priority), start=1):
        post.put_text(4 - number, body=priority.value, priority=Priority(priority))
    deliver_due(post.parts)
    assert [letter.body for letter in post.texts.taken] == ["stat", "urgent", "routine"]


def test_equal_priorities_leave_in_the_order_in_which_they_came(post):
    fast(post)
    for number in (3, 1, 2):
        post.put_text(number, body=f"text {number}")
        post.clock.advance(seconds=1)
    deliver_due(post.parts)
    assert [letter.body for letter in post.texts.taken] == ["text 3", "text 1", "text 2"]


def test_the_urgent_lane_leaves_routine_texts_alone(post):
    post.put_text()
    assert deliver_urgent(post.parts) == 0
    assert post.texts.taken == []


def test_one_row_is_delivered_by_its_id_once(post):
    post.put_text(1)
    post.put_text(2)
    assert deliver_row(post.parts, "o2")
    assert [letter.key for letter in post.texts.taken] == ["o2"]
    assert not deliver_row(post.parts, "o2")
    assert not deliver_row(post.parts, "nothing")


def test_a_row_that_is_not_due_yet_is_not_delivered_by_its_id(post):
    post.put_text()
    with post.parts.engine.begin() as connection:
        connection.execute(text("UPDATE outbox SET due_at = '2030-01-01 00:00:00+00'"))
    assert not deliver_row(post.parts, "o1")


def test_rows_that_are_delivered_by_several_hands_leave_once_each(post):
    fast(post)
    object.__setattr__(post.parts, "hands", 4)
    for number in range(1, 9):
        post.put_text(number)
    assert deliver_due(post.parts) == 8
    assert sorted(letter.key for letter in post.texts.taken) == [f"o{n}" for n in range(1, 9)]
    assert {row.state for row in post.rows(OutboxRow)} == {"sent"}


def test_a_provider_that_hangs_on_a_routine_text_keeps_no_page_waiting(post):
    hangs, stop, page_left = Event(), Event(), Event()
    usual = post.texts.send

    def send(letter):
        if letter.to == "+12135550001":
            hangs.set()
            page_left.wait(30)
        return usual(letter)

    post.texts.send = send
    post.put_text()
    worker = Thread(target=run, args=(post.parts, stop))
    worker.start()
    assert hangs.wait(30)
    post.open_alert()
    for _ in range(600):
        if any(letter.to == "+12135550901" for letter in post.texts.taken):
            page_left.set()
            break
        stop.wait(0.05)
    was_paged = page_left.is_set()
    page_left.set()
    stop.set()
    worker.join(30)
    assert was_paged


def comes(claim):
    """Wait for it; return whether it came."""
    return any(claim() or sleep(0.05) for _ in range(600))


def paged(post):
    return {row.person for row in post.rows(AlertStepRow) if row.kind == "paged"}


def mailed(post):
    return {letter.to for letter in post.letters.taken}


def test_texts_and_calls_that_hang_keep_no_page_by_mail_and_no_alert_waiting(post):
    hangs, stop, goes_on = Event(), Event(), Event()

    def send(_letter):
        hangs.set()
        goes_on.wait(60)
        raise OutcomeUnknown("twilio", "ReadTimeout")

    post.texts.send = post.calls.send = send
    post.open_alert()
    worker = Thread(target=run, args=(post.parts, stop))
    worker.start()
    came = [hangs.wait(30)]
    for minutes, people in ((2, {0, 1}), (3, {0, 1, 2})):
        post.clock.advance(minutes=minutes)
        came.append(comes(lambda people=people: paged(post) == people))
    came.append(comes(lambda: mailed(post) == {"ana@clinic.test", "cleo@clinic.test"}))
    goes_on.set()
    stop.set()
    worker.join(60)
    assert came == [True] * 4


def test_a_fault_in_one_lane_ends_the_worker_so_that_it_is_started_again(post):
    def fail():
        raise ZeroDivisionError

    object.__setattr__(post.parts, "replay", fail)
    try:
        run(post.parts, Event())
    except ZeroDivisionError:
        return
    raise AssertionError("the worker went on with half of its work")
