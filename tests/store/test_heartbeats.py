"""Signs of life and figures of what waits, on both databases."""

from datetime import timedelta

import msgspec
from sqlalchemy import insert, select

from bot.store.figures import Waiting, read_figures
from bot.store.heartbeats import BEAT_EVERY, FORGOTTEN_AFTER, ROUTINE, URGENT, beat, signs_of_life
from bot.store.tables import HeartbeatRow, OptOutRow, OutboxRow, PatientRow


def beats(engine, name, now, role="routine"):
    with engine.begin() as connection:
        beat(connection, role=role, name=name, now=now)


def rows(engine):
    with engine.connect() as connection:
        return {row.name: row.beat_at for row in connection.execute(select(HeartbeatRow)).all()}


def test_a_worker_beats_at_once_and_then_every_few_seconds_alone(engine, clock):
    first = clock()
    beats(engine, "a", first)
    beats(engine, "a", clock.advance(seconds=1))
    assert rows(engine) == {"a": first}
    beats(engine, "a", clock.advance(seconds=BEAT_EVERY.seconds))
    assert rows(engine) == {"a": clock()}


def test_who_has_been_gone_for_long_is_forgotten_when_another_begins(engine, clock):
    beats(engine, "old", clock())
    clock.advance(seconds=FORGOTTEN_AFTER.total_seconds() + 1)
    beats(engine, "new", clock())
    assert set(rows(engine)) == {"new"}


def test_the_last_sign_of_each_program_is_told_and_how_many_were_seen(engine, clock):
    beats(engine, "a", clock())
    beats(engine, "b", clock.advance(minutes=2))
    beats(engine, "q", clock(), role="urgent")
    with engine.connect() as connection:
        found = signs_of_life(connection, since=clock() - timedelta(minutes=1))
    assert [(each.role, each.alive) for each in found] == [("routine", 1), ("urgent", 1)]
    assert all(each.last_at == clock() for each in found)


def put(engine, number, kind, at, done_at=None):
    with engine.begin() as connection:
        connection.execute(
            insert(OutboxRow).values(
                id=f"o{number}", clinic_id="demo", kind=kind, recipient="patient:p1",
                payload=msgspec.json.encode({}), state="pending", due_at=at, attempts=0,
                created_at=at, done_at=done_at, priority=0 if kind == "page-text" else 2,
            )
        )  # fmt: skip


def test_open_rows_of_the_outbox_are_counted_by_kind_with_the_oldest(engine, clock):
    began = clock()
    put(engine, 1, "patient-text", began, done_at=began)
    put(engine, 2, "patient-text", clock.advance(minutes=1))
    put(engine, 3, "page-text", clock())
    put(engine, 4, "page-text", clock.advance(minutes=1))
    with engine.connect() as connection:
        found = read_figures(connection, alive_since=began).outbox
    minute = timedelta(minutes=1)
    assert found == (
        Waiting("page-text", True, 2, began + minute),
        Waiting("patient-text", False, 1, began + minute),
    )
    assert [row.lane for row in found] == [URGENT, ROUTINE]


def test_an_empty_database_has_figures_too(engine, clock):
    with engine.connect() as connection:
        found = read_figures(connection, alive_since=clock())
    assert (found.outbox, found.alerts_open, found.alerts_since) == ((), 0, None)
    assert (found.opt_outs, found.lanes) == (0, ())


def test_opt_outs_are_counted_and_returns_are_not(engine, clock):
    now = clock()
    with engine.begin() as connection:
        connection.execute(
            insert(PatientRow).values(
                id="p1", clinic_id="demo", channel="sms", address_hash=b"h" * 32,
                address="+12135550001", language="en", created_at=now,
            )
        )  # fmt: skip
        for number, out in enumerate((True, False, True)):
            row = {"id": f"x{number}", "patient_id": "p1", "opted_out": out, "source": "keyword"}
            connection.execute(insert(OptOutRow).values(**row, created_at=now))
        assert read_figures(connection, alive_since=now).opt_outs == 2
