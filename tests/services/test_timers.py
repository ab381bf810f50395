"""Timers of silent conversations: set by turns, fired once by the worker, mended if lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import delete, event, update
from sqlalchemy.orm import Session

from bot.conversation.model import TimerKind, TimerSet
from bot.core.errors import StoreUnavailable
from bot.services import timers
from bot.services.chat_budgets import ChatRules
from bot.services.clinic_files import apply_clinic, plan_clinic
from bot.services.consult_sheet import read_sheet
from bot.services.consults import list_consults
from bot.services.handover import release, take_over
from bot.services.readiness import figures_now
from bot.services.timers import Timekeeper, fire_due_timers, mend_timers
from bot.store import tables
from bot.store.engine import LockedTooLong
from bot.store.loading import InConversation
from bot.store.rows import SILENCE, ReplyLeaves, TurnStored, rows_of_turn
from bot.store.timers import (
    lease_timers,
    move_timer,
    remove_timer,
    set_if_newer,
    waiting_without_timer,
)
from bot.store.turns import open_turn
from tests.services.test_clinics import DEMO
from tests.services.test_consults import DANGER
from tests.services.visiting import RULES, Chat

BEGINNING = ("Hi", "yes", "1", "3/14/1990", "CA")


@pytest.fixture
def talk(door):
    """A patient in the middle of the PHQ-9, on a Monday at seven in the morning (Pacific)."""
    plan = plan_clinic(door.parts, DEMO)
    apply_clinic(door.parts, plan)
    door.clinic = plan.clinic
    for text in BEGINNING:
        door.send(text)
    return door


def current(door):
    (row,) = [row for row in door.rows(tables.ConversationRow) if row.is_current]
    return row


def timer_of(door):
    (row,) = door.rows(tables.TimerRow)
    return row


def queued(door):
    rows = [row for row in door.rows(tables.MessageRow) if row.delivery == "queued"]
    return [row.body for row in sorted(rows, key=lambda row: (row.turn_number, row.position))]


def wait_until_due(door):
    door.clock.moment = max(door.clock.moment, timer_of(door).due_at)


def next_step(door):
    wait_until_due(door)
    return fire_due_timers(door.parts)


def change(door, statement):
    with Session(door.parts.engine) as session:
        session.execute(statement)
        session.commit()


def test_every_turn_replaces_the_timer_of_the_one_before(talk):
    first = timer_of(talk)
    assert (first.kind, first.turn_number) == ("reminder", 5)
    assert first.since == talk.clock()
    talk.clock.advance(minutes=10)
    talk.send("1")
    second = timer_of(talk)
    assert (second.kind, second.turn_number) == ("reminder", 6)
    assert second.since == talk.clock()


def test_a_timer_that_nobody_fires_is_seen_in_the_figures(talk):
    wait_until_due(talk)
    talk.clock.advance(minutes=5)
    found = figures_now(talk.parts).timers_from
    assert talk.clock() - found == timedelta(minutes=5)
    fire_due_timers(talk.parts)
    assert figures_now(talk.parts).timers_from > talk.clock()


def test_nothing_happens_before_a_timer_is_due(talk):
    talk.clock.moment = timer_of(talk).due_at - timedelta(microseconds=1)
    assert fire_due_timers(talk.parts) == 0
    assert queued(talk) == []


def test_a_silence_is_two_texts_then_a_last_word_and_nothing_after_that(talk):
    kinds = []
    while talk.rows(tables.TimerRow):
        kinds.append(timer_of(talk).kind)
        assert next_step(talk) == 1
    assert kinds[:3] == ["reminder", "last-reminder", "expiry"]
    assert len(queued(talk)) == 3
    assert current(talk).status == "expired"
    talk.clock.advance(days=30)
    assert fire_due_timers(talk.parts) == 0


def test_what_a_timer_says_leaves_by_the_outbox_and_is_in_the_transcript(talk):
    next_step(talk)
    (row,) = talk.rows(tables.OutboxRow)
    assert row.kind == "patient-text"
    entries = [m for m in talk.rows(tables.MessageRow) if m.turn_number == 6]
    assert {(m.direction, m.kind) for m in entries} == {
        ("silence", "reminder"),
        ("outbound", "reminder"),
    }


def test_a_reply_after_a_reminder_goes_on_and_one_after_the_end_begins_anew(talk):
    next_step(talk)
    assert talk.send("1").facts["status"] == "active"
    conversation_id = current(talk).id
    while current(talk).status == "active":
        next_step(talk)
    talk.send("hello?")
    assert current(talk).id != conversation_id
    assert current(talk).status == "active"


def test_a_last_word_is_not_said_into_a_conversation_that_began_anew(talk):
    with Session(talk.parts.engine) as session:
        night = talk.clock().replace(hour=11) + timedelta(days=4)
        session.execute(update(tables.TimerRow).values(kind="expiry", due_at=night))
        session.commit()
    next_step(talk)
    assert (current(talk).status, timer_of(talk).kind) == ("expired", "last-word")
    due_at = timer_of(talk).due_at
    talk.send("hello?")
    talk.clock.moment = due_at
    fire_due_timers(talk.parts)
    assert queued(talk) == []
    assert timer_of(talk).conversation_id == current(talk).id


def test_a_timer_of_an_earlier_turn_does_nothing_and_is_removed(talk):
    change(talk, update(tables.ConversationRow).values(turn_number=9))
    assert next_step(talk) == 1
    assert queued(talk) == []
    assert talk.rows(tables.TimerRow) == []


def test_a_held_conversation_keeps_no_live_timer(talk):
    talk.send(DANGER)
    assert current(talk).status == "held"
    talk.clock.advance(days=10)
    fire_due_timers(talk.parts)
    assert talk.rows(tables.TimerRow) == []
    assert current(talk).status == "held"
    assert queued(talk) == []


def test_after_stop_nothing_is_said_and_the_waiting_ends(talk):
    talk.send("STOP")
    while talk.rows(tables.TimerRow):
        next_step(talk)
    assert queued(talk) == []
    assert current(talk).status == "expired"


def test_a_release_begins_a_new_silence(talk, clinician):
    talk.send(DANGER)
    (held,) = list_consults(talk.parts, clinician)
    take_over(talk.parts, clinician, held.id)
    talk.clock.advance(days=5)
    release(talk.parts, clinician, held.id)
    timer = timer_of(talk)
    assert timer.since == talk.clock()
    assert timer.turn_number == current(talk).turn_number


def test_silence_after_item_nine_is_in_the_request_and_on_its_page(talk, clinician):
    for _ in range(9):
        talk.send("1")
    assert timer_of(talk).kind == "silent-at-risk"
    next_step(talk)
    (summary,) = list_consults(talk.parts, clinician)
    assert "silent-at-risk" in summary.reasons
    assert summary.priority.value == "urgent"
    steps = [line.kind for line in read_sheet(talk.parts, clinician, summary.id).transcript]
    assert "silent-at-risk" in steps
    assert talk.rows(tables.AlertRow) == []
    assert queued(talk) == []


def test_somebody_at_risk_is_not_given_up_staff_are_paged(talk, clinician):
    for _ in range(9):
        talk.send("1")
    while timer_of(talk).kind != "expiry":
        next_step(talk)
    next_step(talk)
    (alert,) = talk.rows(tables.AlertRow)
    assert (alert.reason, alert.next_at) == ("silent-at-risk", talk.clock())
    assert current(talk).status == "active"
    assert timer_of(talk).kind == "expiry"
    assert list_consults(talk.parts, clinician)[0].priority.value == "stat"


def test_two_workers_at_once_send_one_reminder(talk):
    wait_until_due(talk)
    barrier = Barrier(4)

    def work():
        barrier.wait()
        for _ in range(3):
            fire_due_timers(talk.parts)

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(queued(talk)) == 1
    assert timer_of(talk).kind == "last-reminder"


def test_a_lease_taken_twice_fires_once(talk, monkeypatch):
    """A runner that slept longer than its lease finds that the conversation has moved on."""
    wait_until_due(talk)
    with talk.parts.engine.begin() as connection:
        (due,) = lease_timers(connection, now=talk.clock(), seconds=0, limit=5)
    fire_due_timers(talk.parts)
    monkeypatch.setattr(timers, "lease_timers", lambda *_, **__: [due])
    assert fire_due_timers(talk.parts) == 1
    assert len(queued(talk)) == 1
    assert timer_of(talk).kind == "last-reminder"


def test_an_answer_and_the_end_at_the_same_moment_come_one_after_the_other(talk):
    while timer_of(talk).kind != "expiry":
        next_step(talk)
    wait_until_due(talk)
    before = current(talk).id
    turns = current(talk).turn_number
    barrier = Barrier(2)

    def answer():
        barrier.wait()
        talk.send("1")

    def expire():
        barrier.wait()
        fire_due_timers(talk.parts)

    threads = [Thread(target=answer), Thread(target=expire)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    now = current(talk)
    answered_first = now.id == before
    if answered_first:
        assert (now.status, now.turn_number) == ("active", turns + 1)
    else:
        (old,) = [row for row in talk.rows(tables.ConversationRow) if row.id == before]
        assert (old.status, now.status) == ("expired", "active")
    live = [t for t in talk.rows(tables.TimerRow) if t.conversation_id == now.id]
    assert [t.turn_number for t in live] == [now.turn_number]


def test_a_runner_that_dies_with_a_lease_leaves_the_timer_due_again(talk):
    wait_until_due(talk)
    with talk.parts.engine.begin() as connection:
        assert len(lease_timers(connection, now=talk.clock(), seconds=60, limit=5)) == 1
        assert lease_timers(connection, now=talk.clock(), seconds=60, limit=5) == []
    assert fire_due_timers(talk.parts) == 0
    talk.clock.advance(seconds=60)
    assert fire_due_timers(talk.parts) == 1
    assert len(queued(talk)) == 1


def test_a_leased_timer_is_never_changed_once_a_newer_one_is_set(talk):
    wait_until_due(talk)
    with talk.parts.engine.begin() as connection:
        (due,) = lease_timers(connection, now=talk.clock(), seconds=60, limit=5)
    talk.send("1")
    newer = timer_of(talk)
    with talk.parts.engine.begin() as connection:
        move_timer(connection, due, due.timer)
        remove_timer(connection, due)
    kept = timer_of(talk)
    assert (kept.turn_number, kept.due_at) == (newer.turn_number, newer.due_at)


def test_one_conversation_that_fails_holds_up_nobody_else(talk, monkeypatch, caplog):
    for text in BEGINNING:
        talk.send(text, phone="+15005550198")
    wait_until_due_all(talk)
    broken = sorted(row.conversation_id for row in talk.rows(tables.TimerRow))[0]
    real = timers.pass_time

    def fails(conversation, *arguments, **more):
        if conversation.id == broken:
            raise RuntimeError("a fault")
        return real(conversation, *arguments, **more)

    monkeypatch.setattr(timers, "pass_time", fails)
    assert fire_due_timers(talk.parts) == 2
    assert len(queued(talk)) == 1
    assert "timer_failed" in caplog.text
    monkeypatch.setattr(timers, "pass_time", real)
    talk.clock.advance(seconds=timers.LEASE_SECONDS)
    fire_due_timers(talk.parts)
    assert len(queued(talk)) == 2


def wait_until_due_all(door):
    door.clock.moment = max(row.due_at for row in door.rows(tables.TimerRow))


def test_a_conversation_that_is_locked_is_fired_later(talk, monkeypatch):
    def locked(*_, **__):
        raise LockedTooLong("LockNotAvailable")

    monkeypatch.setattr(timers, "open_turn", locked)
    assert next_step(talk) == 1
    monkeypatch.undo()
    talk.clock.advance(seconds=timers.LEASE_SECONDS)
    assert fire_due_timers(talk.parts) == 1
    assert len(queued(talk)) == 1


def test_a_database_that_is_away_is_said_so(talk, monkeypatch):
    def away(*_, **__):
        raise StoreUnavailable("OperationalError")

    monkeypatch.setattr(timers, "open_turn", away)
    with pytest.raises(StoreUnavailable):
        next_step(talk)


def test_without_its_clinic_a_timer_stays(talk, caplog):
    wait_until_due(talk)
    change(talk, delete(tables.ClinicNumberRow))
    change(talk, delete(tables.ClinicRow))
    talk.parts.clinics.refresh()
    assert fire_due_timers(talk.parts) == 1
    assert "timer_failed" in caplog.text
    assert timer_of(talk).kind == "reminder"


def test_a_state_that_cannot_be_read_is_kept_as_it_is(talk):
    wait_until_due(talk)
    with talk.parts.engine.begin() as connection:
        raw = connection.connection.driver_connection
        raw.execute("UPDATE conversations SET state = substr(state, 1, 40)")
    while talk.rows(tables.TimerRow):
        next_step(talk)
    assert queued(talk) == []
    with talk.parts.engine.connect() as connection:
        raw = connection.connection.driver_connection
        kept = raw.execute("SELECT length(state), status FROM conversations").fetchone()
    assert tuple(kept) == (40, "expired")


# --- lost timers


def lose_timers(door):
    change(door, delete(tables.TimerRow))


def test_a_lost_timer_is_set_again_as_the_turn_would_have_set_it(talk):
    before = timer_of(talk)
    lose_timers(talk)
    talk.clock.advance(minutes=5)
    assert mend_timers(talk.parts) == [before.conversation_id]
    after = timer_of(talk)
    for name in ("conversation_id", "kind", "due_at", "since", "turn_number"):
        assert getattr(after, name) == getattr(before, name)
    assert mend_timers(talk.parts) == []


def test_mending_never_takes_the_place_of_a_newer_timer(talk):
    """The patient wrote between the look for lost timers and the mending."""
    where = InConversation(current(talk).id)
    with open_turn(talk.parts.engine, talk.parts.keyring, budget_seconds=5) as turn:
        looked_at = turn.load(where).conversation
    talk.clock.advance(minutes=3)
    talk.send("1")
    newer = timer_of(talk)
    old = TimerSet(TimerKind.EXPIRY, talk.clock(), talk.clock())
    with talk.parts.engine.begin() as connection:
        set_if_newer(connection, looked_at, old, now=talk.clock())
    kept = timer_of(talk)
    assert (kept.kind, kept.turn_number) == (newer.kind, newer.turn_number)


def test_conversations_from_long_ago_end_without_a_text(talk):
    lose_timers(talk)
    talk.clock.advance(days=90)
    mend_timers(talk.parts)
    while talk.rows(tables.TimerRow):
        next_step(talk)
    assert current(talk).status == "expired"
    assert queued(talk) == []


def test_a_timer_of_an_earlier_turn_counts_as_lost(talk):
    change(talk, update(tables.TimerRow).values(turn_number=2))
    assert len(mend_timers(talk.parts)) == 1
    assert timer_of(talk).turn_number == 5


@pytest.mark.parametrize("text", [DANGER, "STOP"])
def test_only_conversations_that_wait_are_mended(talk, text):
    talk.send(text)
    lose_timers(talk)
    assert len(mend_timers(talk.parts)) == (0 if text == DANGER else 1)


def test_the_worker_mends_page_by_page_and_then_rests(talk, seconds, monkeypatch):
    monkeypatch.setattr(timers, "MENDED_AT_ONCE", 2)
    for number in range(5):
        talk.send("Hi", phone=f"+1500555010{number}")
    lose_timers(talk)
    keep_time = Timekeeper(talk.parts, seconds)
    assert [keep_time() for _ in range(4)] == [2, 2, 2, 0]
    assert len(talk.rows(tables.TimerRow)) == 6
    lose_timers(talk)
    assert keep_time() == 0
    seconds.seconds += timers.MENDING_EVERY_SECONDS
    assert keep_time() == 2


def test_a_visitor_of_the_chat_finds_why_it_was_closed_and_begins_anew(door):
    chat = Chat(door, ChatRules(10**6, RULES.sessions, RULES.messages))
    visitor = chat.visitor()
    for text in ("yes", "3/14/1990", "CA"):
        visitor.say(text)
    assert timer_of(door).kind == "expiry"
    told = []
    wait_until_due(door)
    fire_due_timers(replace(door.parts, tell=told.append))
    assert told == [current(door).id]
    page = visitor.read()
    assert page.status == "expired"
    assert "begin again" in page.messages[-1].text
    assert door.rows(tables.OutboxRow) == []
    assert visitor.say("hello").status == "active"


def test_what_a_timer_brings_is_told_to_the_queue(talk):
    kicked = []
    parts = replace(talk.parts, kick=lambda kind, ids: kicked.append((kind, list(ids))))
    wait_until_due(talk)
    fire_due_timers(parts)
    (row,) = talk.rows(tables.OutboxRow)
    assert kicked == [("outbox", [row.id])]


def test_a_crash_before_the_commit_leaves_nothing_and_the_timer_due_again(talk, monkeypatch):
    class Crash(BaseException):
        """As if the process had been killed."""

    def dies(parts, transaction, loaded, timer, outcome, now):
        stored = TurnStored(
            message=timers._entry(loaded, now),
            outcome=outcome,
            loaded=loaded.conversation,
            provider_key=None,
            address_hash=b"",
            now=now,
            leaves=ReplyLeaves.QUEUED,
            direction=SILENCE,
            kind=timer.kind.value,
        )
        assert transaction.write(rows_of_turn(stored, parts.keyring, parts.new_id))
        raise Crash

    wait_until_due(talk)
    before = current(talk).turn_number
    with monkeypatch.context() as patched:
        patched.setattr(timers, "_store", dies)
        with pytest.raises(Crash):
            fire_due_timers(talk.parts)
    talk.parts.engine.dispose()
    assert current(talk).turn_number == before
    assert queued(talk) == []
    talk.clock.advance(seconds=timers.LEASE_SECONDS)
    fire_due_timers(talk.parts)
    assert len(queued(talk)) == 1


def lost(door):
    """The checker: conversations that wait without a timer of their last turn."""
    with door.parts.engine.connect() as connection:
        return waiting_without_timer(connection, after="", limit=100)


def test_looking_for_lost_timers_costs_what_waits_not_what_was(talk):
    """However many conversations are over, only those that wait are looked at."""
    seen = []
    event.listen(talk.parts.engine, "before_cursor_execute", lambda *a: seen.append(a[2:4]))
    lost(talk)
    ((statement, values),) = [pair for pair in seen if "timers" in pair[0]]
    is_sqlite = talk.parts.engine.dialect.name == "sqlite"
    with talk.parts.engine.connect() as connection:
        if not is_sqlite:
            connection.exec_driver_sql("SET enable_seqscan = off")
            connection.exec_driver_sql("SET plan_cache_mode = force_generic_plan")
        explain = "EXPLAIN QUERY PLAN " if is_sqlite else "EXPLAIN "
        plan = connection.exec_driver_sql(explain + statement, values).all()
    assert "ix_conversations_waiting" in str(plan)


def test_at_no_step_of_any_conversation_a_timer_is_lost(talk, clinician):
    for text in ("1", "back", "nonsense?!", "pause", "START OVER", "1", "yes", "1", "en español"):
        talk.send(text)
        assert lost(talk) == []
    for _ in range(2):
        next_step(talk)
        assert lost(talk) == []
    talk.send(DANGER)
    (held,) = list_consults(talk.parts, clinician)
    release(talk.parts, clinician, held.id)
    assert lost(talk) == []
    for text in ("STOP", "START", "HELP"):
        talk.send(text)
        assert lost(talk) == []
    assert len(talk.rows(tables.TimerRow)) == 1
