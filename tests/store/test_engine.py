"""What the engine promises: durable commits, short waits, and no stale connection twice."""

import socket
import sqlite3
import time

import msgspec
import pytest
from sqlalchemy import make_url, text
from sqlalchemy.orm import Session

from bot.core.errors import SettingsError, StoreUnavailable
from bot.store import tables
from bot.store.engine import (
    READ_ONLY,
    LockedTooLong,
    StoreLimits,
    check_durability,
    make_engine,
    store_errors,
)
from tests.fakes.proxy import FreezingProxy
from tests.store.turns import Desk, message_of, outcome_of

QUICK = StoreLimits(deadline_seconds=0.6, lock_seconds=0.3, busy_seconds=0.3)


def is_postgresql(engine):
    return engine.dialect.name == "postgresql"


@pytest.fixture
def quick_engine(database_url, keyring):
    made = make_engine(database_url, keyring, limits=QUICK)
    yield made
    made.dispose()


@pytest.fixture
def proxy(_postgresql_url):
    url = make_url(_postgresql_url)
    host = url.host or "127.0.0.1"
    made = FreezingProxy(host, url.port or 5432)
    yield made
    made.close()


@pytest.fixture
def proxied(proxy, _postgresql_url, _postgresql_sweeper, keyring, address_hash, clock, new_id):
    """A desk whose PostgreSQL is behind the proxy."""
    _postgresql_sweeper()
    url = make_url(_postgresql_url).set(host="127.0.0.1", port=proxy.port)
    plain = url.update_query_dict({"sslmode": "disable", "gssencmode": "disable"})
    engine = make_engine(plain.render_as_string(hide_password=False), keyring, limits=QUICK)
    yield Desk(engine, keyring, address_hash, clock, new_id)
    proxy.thaw()
    engine.dispose()


@pytest.mark.parametrize(
    "url", ["mysql://db/x", "nonsense", "sqlite://", "sqlite:///:memory:", "oracle://x"]
)
def test_any_other_database_is_refused_by_the_settings_name(url, keyring):
    with pytest.raises(SettingsError, match="DATABASE_URL"):
        make_engine(url, keyring)


def test_commits_are_durable(engine):
    check_durability(engine)


def test_a_database_that_could_lose_commits_is_refused(engine):
    weak = "SET synchronous_commit = off" if is_postgresql(engine) else "PRAGMA synchronous=NORMAL"
    raw = engine.raw_connection()
    raw.driver_connection.execute(weak)
    raw.driver_connection.commit()
    raw.close()
    with pytest.raises(SettingsError, match="not durable"):
        check_durability(engine)


def test_foreign_keys_hold(engine, clock):
    orphan = tables.TimerRow(
        conversation_id="0" * 32,
        kind="x",
        due_at=clock(),
        since=clock(),
        turn_number=1,
        created_at=clock(),
    )
    with Session(engine) as session, pytest.raises(Exception, match="(?i)foreign key"):
        session.add(orphan)
        session.commit()


def test_a_naive_moment_is_never_stored(engine, clock):
    with Session(engine) as session, pytest.raises(Exception, match="timezone-aware"):
        naive = clock().replace(tzinfo=None)
        session.add(tables.LoginThrottleRow(key_hash="0", failures=0, last_failure_at=naive))
        session.flush()


def test_a_reader_is_not_stopped_by_a_writer(engine):
    with engine.begin() as writer:
        writer.execute(text("DELETE FROM timers"))
        with engine.connect().execution_options(**READ_ONLY) as reader:
            assert reader.execute(text("SELECT count(*) FROM timers")).scalar() == 0


def test_a_lock_held_by_another_is_given_up_on_in_time(quick_engine, desk):
    desk.begin()
    other = Desk(quick_engine, desk.keyring, desk.hasher, desk.clock, desk.new_id)
    with desk.open() as turn:
        turn.load(desk.where())
        started = time.monotonic()
        with pytest.raises(LockedTooLong), other.open(budget_seconds=0.5) as second:
            second.load(other.where())
        assert time.monotonic() - started < 3
    assert other.load().conversation.turn_number == 1


def test_the_usual_wait_comes_back_after_a_turn(quick_engine, desk):
    if is_postgresql(quick_engine):
        other = Desk(quick_engine, desk.keyring, desk.hasher, desk.clock, desk.new_id)
        other.begin()
        raw = quick_engine.raw_connection()
        assert raw.driver_connection.budget_until is None
        raw.close()
        return
    other = Desk(quick_engine, desk.keyring, desk.hasher, desk.clock, desk.new_id)
    with other.open(budget_seconds=7) as turn:
        assert turn.connection.execute("PRAGMA busy_timeout").fetchone() == (7000,)
    raw = quick_engine.raw_connection()
    assert raw.driver_connection.execute("PRAGMA busy_timeout").fetchone() == (300,)
    raw.close()


def test_a_database_that_refuses_connections_is_unavailable(keyring, address_hash, clock, new_id):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    engine = make_engine(f"postgresql://root@127.0.0.1:{port}/x", keyring, limits=QUICK)
    desk = Desk(engine, keyring, address_hash, clock, new_id)
    with pytest.raises(StoreUnavailable) as caught:
        desk.load()
    assert str(caught.value) == "OperationalError"


def test_a_database_that_cannot_be_written_is_unavailable(engine, desk):
    desk.begin()
    with desk.open() as turn, pytest.raises(StoreUnavailable), store_errors():
        if is_postgresql(engine):
            turn.connection.execute("SET TRANSACTION READ ONLY")
        else:
            turn.connection.execute("PRAGMA query_only=ON")
        turn.connection.execute("DELETE FROM timers")


def test_errors_carry_no_text_of_the_driver(engine):
    with pytest.raises(StoreUnavailable) as caught, store_errors():
        raise sqlite3.OperationalError("near canary: syntax error")
    assert "canary" not in str(caught.value)


@pytest.mark.postgres
def test_a_frozen_server_costs_the_deadline_and_no_more(proxied, proxy):
    proxied.begin()
    proxy.freeze()
    started = time.monotonic()
    with pytest.raises(StoreUnavailable):
        proxied.load()
    assert time.monotonic() - started < 3


@pytest.mark.postgres
def test_a_server_that_freezes_between_two_statements_costs_no_more(proxied, proxy):
    proxied.begin()
    started = time.monotonic()
    with pytest.raises(StoreUnavailable), proxied.open(budget_seconds=0.5) as turn:
        turn.load(proxied.where())
        proxy.freeze()
        turn.load(proxied.where())
    assert time.monotonic() - started < 3


@pytest.mark.postgres
def test_the_budget_is_for_the_whole_turn(proxied, proxy):
    proxied.begin()
    with pytest.raises(StoreUnavailable), proxied.open(budget_seconds=0.2) as turn:
        turn.load(proxied.where())
        time.sleep(0.25)
        proxy.freeze()
        turn.load(proxied.where())


@pytest.mark.postgres
def test_after_a_frozen_or_restarted_server_the_next_turn_connects_anew(proxied, proxy):
    begun = proxied.begin()
    for trouble in (proxy.freeze, proxy.cut):
        trouble()
        with pytest.raises(StoreUnavailable):
            proxied.load()
        proxy.thaw()
        assert proxied.load().conversation == begun


@pytest.mark.postgres
def test_a_connection_that_was_given_up_on_is_closed(proxied, proxy):
    pooled = proxied.engine.raw_connection()
    connection = pooled.driver_connection
    proxy.freeze()
    with pytest.raises(StoreUnavailable), store_errors():
        connection.execute("SELECT 1")
    assert connection.closed
    pooled.invalidate()


@pytest.mark.postgres
def test_one_failure_empties_the_pool_of_every_broken_connection(proxied, proxy):
    proxied.begin()
    pooled = [proxied.engine.raw_connection() for _ in range(4)]
    for each in pooled:
        each.close()
    proxy.cut()
    with pytest.raises(StoreUnavailable):
        proxied.load()
    for _ in range(4):
        assert proxied.load()


@pytest.mark.postgres
@pytest.mark.parametrize("texts", [1, 6])
def test_a_turn_costs_four_round_trips_however_long_the_conversation(proxied, proxy, clock, texts):
    proxied.begin()
    for number in range(2, 12):
        proxied.go_on(provider_id=f"SM{number}", replies=("Next.",) * texts)
    proxy.sends = 0
    with proxied.open() as turn:
        loaded = turn.load(proxied.where()).conversation
        after = msgspec.structs.replace(loaded, turn_number=loaded.turn_number + 1)
        message = message_of(clock, provider_id="SM99")
        outcome = outcome_of(after, replies=("Next.",) * texts)
        assert turn.write(proxied.rows(message, outcome, loaded))
        turn.connection.commit()
    assert proxy.sends == 4
