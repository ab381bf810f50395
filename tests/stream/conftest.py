"""A hub that runs beside the application, and visitors whose connections are real sockets."""

from __future__ import annotations

import json
import socket
import time
from dataclasses import dataclass, field
from threading import Event, Thread

import pytest

from bot.stream import hub as hubs
from bot.stream.door import Doors
from bot.stream.hub import Hub
from tests.conftest import BOTH_DATABASES
from tests.web.conftest import (  # noqa: F401  fixtures
    _definitions_read_once,
    _quiet_root_logger,
    app,
    parts,
    settings,
)

CONNECTION = "gunicorn.socket"


@pytest.fixture(params=BOTH_DATABASES)
def database_url(request, tmp_path):
    from tests.web.test_chat import database_url as of_the_chat

    return of_the_chat.__wrapped__(request, tmp_path)


@dataclass
class Stream:
    """The visitor's end of a connection."""

    connection: socket.socket
    heard: bytes = b""
    is_open: bool = True
    _thread: Thread = field(init=False)

    def __post_init__(self):
        self._thread = Thread(target=self._hear, daemon=True)
        self._thread.start()

    def _hear(self):
        try:
            while content := self.connection.recv(65536):
                self.heard += content
        except OSError:
            pass
        self.is_open = False

    def events(self, name):
        blocks = self.heard.partition(b"\r\n\r\n")[2].decode().split("\n\n")
        found = []
        for block in blocks[:-1]:
            lines = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line)
            if lines.get("event") == name:
                found.append(json.loads(lines["data"]))
        return found

    @property
    def texts(self):
        return [each["text"] for each in self.events("message")]

    def close(self):
        self.connection.shutdown(socket.SHUT_RDWR)


def await_that(holds, *, seconds=60.0):
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "did not come true"
        time.sleep(0.01)


@pytest.fixture
def client(app):  # noqa: F811
    return app.test_client()


@pytest.fixture
def hub(parts, settings, monkeypatch):  # noqa: F811
    """A running hub with room for five."""
    monkeypatch.setattr(hubs, "TICK_SECONDS", 0.02)
    made = Hub(parts, Doors(settings.stream_dir), most=5)
    stop = Event()
    thread = Thread(target=made.run, args=(stop,))
    thread.start()
    yield made
    stop.set()
    thread.join(timeout=10)
    assert not thread.is_alive()


@pytest.fixture
def listen(client):
    """Opens the stream of a chatter; returns the visitor's end."""
    opened = []

    def run(visitor, **headers):
        theirs, ours = socket.socketpair()
        opened.append(theirs)
        with pytest.raises(StopIteration):
            client.get(
                "/chat/v1/stream",
                headers={**visitor.headers, **headers},
                environ_overrides={CONNECTION: ours},
            )
        return Stream(theirs)

    yield run
    for each in opened:
        each.close()
