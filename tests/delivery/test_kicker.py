"""Kicks leave from a thread of their own: whoever kicks never waits and never fails."""

import logging
import os
import threading
import time

import pytest

from bot.core.errors import SettingsError
from bot.delivery import kicker
from bot.delivery.broker import make_celery
from bot.delivery.kicker import REST_SECONDS, TOLD_EVERY_SECONDS, Kicker


class Broker:
    """Takes kicks, or fails with each."""

    def __init__(self):
        self.taken, self.tries, self.is_away = [], 0, False

    def __call__(self, kind, row_id):
        self.tries += 1
        if self.is_away:
            raise ConnectionError("gone")
        self.taken.append((kind, row_id))


class Seconds:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def wait_for(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.005)


@pytest.fixture
def broker():
    return Broker()


def test_kicks_reach_the_broker_in_order(broker):
    kick = Kicker(broker)
    kick("outbox", ["a", "b"])
    kick("alert", ["c"])
    wait_for(lambda: len(broker.taken) == 3)
    assert broker.taken == [("outbox", "a"), ("outbox", "b"), ("alert", "c")]


def test_a_broker_that_hangs_holds_nobody_up_and_what_is_too_much_is_dropped(monkeypatch):
    monkeypatch.setattr(kicker, "MOST_WAITING", 5)
    hangs, taken = threading.Event(), []

    def send(_kind, row_id):
        hangs.wait(10)
        taken.append(row_id)

    kick = Kicker(send)
    kick("outbox", ["first"])
    wait_for(lambda: kick._waiting.qsize() == 0)
    kick("outbox", [str(number) for number in range(50)])
    assert not taken
    hangs.set()
    wait_for(lambda: len(taken) == 6)
    kick("outbox", ["last"])
    wait_for(lambda: "last" in taken)
    assert taken == ["first", "0", "1", "2", "3", "4", "last"]


def test_a_broker_that_failed_is_left_alone_for_a_while(broker):
    seconds = Seconds()
    kick = Kicker(broker, seconds)
    broker.is_away = True
    kick._kick("outbox", "a")
    kick._kick("outbox", "b")
    assert broker.tries == 1
    seconds.now += REST_SECONDS
    broker.is_away = False
    kick._kick("outbox", "c")
    assert broker.taken == [("outbox", "c")]


def test_a_broker_that_is_away_is_told_once_a_minute_with_what_was_dropped(broker, caplog):
    seconds = Seconds()
    kick = Kicker(broker, seconds)
    broker.is_away = True
    with caplog.at_level(logging.WARNING):
        for _ in range(int(TOLD_EVERY_SECONDS)):
            kick._kick("outbox", "a")
            seconds.now += 1.0
        assert [record.count for record in caplog.records] == [1]
        kick._kick("outbox", "a")
    first, second = caplog.records
    assert first.msg == second.msg == "broker_away"
    assert second.count == int(TOLD_EVERY_SECONDS)
    assert "gone" not in caplog.text


def test_a_process_that_was_forked_kicks_by_itself(broker):
    kick = Kicker(broker)
    kick("outbox", ["parent"])
    wait_for(lambda: broker.taken)
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        kick._send = lambda _kind, row_id: os.write(writer, row_id.encode())
        kick("outbox", ["child"])
        time.sleep(5)
        os._exit(0)
    os.close(writer)
    assert os.read(reader, 100) == b"child"
    os.close(reader)
    os.kill(pid, 9)
    os.waitpid(pid, 0)


@pytest.mark.parametrize("address", ["http://x", "kafka://x", "redis", "//x"])
def test_an_address_of_another_kind_of_broker_is_refused(address):
    with pytest.raises(SettingsError, match="BROKER_URL"):
        make_celery(address, reads=False)


def test_without_the_packages_the_file_that_names_them_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "celery", None)
    with pytest.raises(SettingsError, match="requirements-distributed.txt"):
        make_celery("redis://127.0.0.1:6379/0", reads=False)
