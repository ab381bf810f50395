"""Idle visitors who listen: memory for each, what they cost the turns, how fast news reach them.

A real server with two web workers and the stream process, on PostgreSQL if TEST_DATABASE_URL names
one, else on SQLite. Turns are counted in alternating rounds without and with the visitors.
"""

from __future__ import annotations

import http.client
import json
import os
import resource
import selectors
import shutil
import socket
import statistics
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from bot.channels import stream_wire
from bot.cli.supervise import stream_command
from bot.core.clock import new_id, utc_now
from bot.store.crypto import KeyRing
from tests.live.servers import FIELD_KEY, Server, await_true, make_server, prepare

VISITORS = int(os.environ.get("VISITORS", "5000"))
ROUNDS = 4
ROUND_SECONDS = 4.0
CLIENTS = 4
PAGE_BYTES = resource.getpagesize()


def run() -> list[tuple[str, str]]:
    """Return rows of (what was measured, figure)."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with tempfile.TemporaryDirectory() as folder, database(Path(folder)) as url:
        prepare(url)
        sockets = Path(tempfile.mkdtemp(prefix="ps"))
        server = make_server(
            url,
            Path(folder),
            STREAM_DIR=str(sockets),
            STREAMS_AT_MOST=str(VISITORS + 10),
            CHAT_SESSIONS_PER_ADDRESS="1000000",
            CHAT_SESSIONS_PER_CLINIC="1000000",
        )
        try:
            server.start_web()
            stream = server.start(stream_command())
            await_true(lambda: "stream_started" in server.events(), seconds=60)
            return measure(server, url, sockets, stream.pid)
        finally:
            server.stop()
            shutil.rmtree(sockets, ignore_errors=True)


def measure(server: Server, url: str, sockets: Path, stream_pid: int) -> list[tuple[str, str]]:
    with ThreadPoolExecutor(8) as pool:
        tokens = list(pool.map(lambda _: begin(server), range(VISITORS)))
    before = resident_bytes(stream_pid)
    audience = Audience(server, tokens)
    each = (resident_bytes(stream_pid) - before) / VISITORS
    with_them, without = [], []
    for _ in range(ROUNDS):
        with_them.append(turns_per_second(server))
        audience.leave()
        time.sleep(1)
        without.append(turns_per_second(server))
        audience = Audience(server, tokens)
    ratio = statistics.median(a / b for a, b in zip(with_them, without, strict=True))
    said = say_to_everybody(url)
    began = time.monotonic()
    stream_wire.tell(sockets, stream_wire.EVERYBODY)
    heard = audience.await_word("Hello everybody", seconds=30)
    took = time.monotonic() - began
    audience.leave()
    return [
        ("visitors connected", f"{VISITORS:,}"),
        ("memory for each", f"{each / 1000:.1f} kB"),
        ("turns/s without them", f"{statistics.median(without):.0f}"),
        ("turns/s with them", f"{statistics.median(with_them):.0f}"),
        ("ratio with/without, median of rounds", f"{ratio:.2f}"),
        ("a text to all of them", f"{took:.2f} s for {heard:,} of {said:,}"),
    ]


@contextmanager
def database(folder: Path) -> Iterator[str]:
    """Give an empty database, dropped at the end."""
    given = os.environ.get("TEST_DATABASE_URL")
    if not given:
        yield f"sqlite:///{folder / 'streams.db'}"
        return
    name = f"porchlight_streams_{os.getpid()}"
    with psycopg.connect(given, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    try:
        yield make_url(given).set(database=name).render_as_string(hide_password=False)
    finally:
        with psycopg.connect(given, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def begin(server: Server) -> str:
    """Open a chat session; return its token."""
    client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    try:
        client.request(
            "POST",
            "/chat/v1/sessions",
            json.dumps({"clinic": "demo"}),
            {"Content-Type": "application/json"},
        )
        token: str = json.loads(client.getresponse().read())["token"]
        return token
    finally:
        client.close()


class Audience:
    """All visitors' ends of their streams."""

    def __init__(self, server: Server, tokens: list[str]) -> None:
        self.selector = selectors.DefaultSelector()
        self.open: list[socket.socket] = []
        for token in tokens:
            ours = socket.create_connection(("127.0.0.1", server.port), timeout=30)
            head = (
                f"GET /chat/v1/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n"
            )
            ours.sendall(head.encode())
            answer = ours.recv(4096)
            assert answer.startswith(b"HTTP/1.1 200"), (len(self.open), answer[:40])
            ours.setblocking(False)
            self.selector.register(ours, selectors.EVENT_READ)
            self.open.append(ours)

    def await_word(self, word: str, *, seconds: float) -> int:
        """Return how many have heard `word` once all have, or the time is over."""
        waiting, until = set(self.open), time.monotonic() + seconds
        while waiting and time.monotonic() < until:
            for key, _ in self.selector.select(0.5):
                if word.encode() in key.fileobj.recv(65536):  # type: ignore[union-attr]
                    waiting.discard(key.fileobj)  # type: ignore[arg-type]
        return len(self.open) - len(waiting)

    def leave(self) -> None:
        for each in self.open:
            self.selector.unregister(each)
            each.close()
        self.open.clear()


def turns_per_second(server: Server) -> float:
    """Return SMS turns a second of new patients, four at a time."""
    until = time.monotonic() + ROUND_SECONDS

    def text_on(client: int) -> int:
        count = 0
        while time.monotonic() < until:
            number = f"+1{client}{int(time.monotonic_ns() // 1000) % 10**9:09d}"
            assert server.text("hello", From=number).status == 200
            count += 1
        return count

    with ThreadPoolExecutor(CLIENTS) as pool:
        return sum(pool.map(text_on, range(2, 2 + CLIENTS))) / ROUND_SECONDS


def say_to_everybody(url: str) -> int:
    """Write one clinician's text into every web conversation; return how many there are."""
    engine = create_engine(
        make_url(url).set(drivername="postgresql+psycopg") if "postgres" in url else url
    )
    sealed = KeyRing([FIELD_KEY]).seal("messages.body", b"Hello everybody")
    with engine.begin() as connection:
        wanted = "SELECT id, turn_number + 1 AS turn FROM conversations WHERE channel = 'web'"
        rows = [
            {
                "id": new_id(),
                "conversation": row.id,
                "turn": row.turn,
                "body": sealed,
                "at": utc_now().replace(tzinfo=None),
            }
            for row in connection.execute(text(wanted))
        ]
        connection.execute(
            text(
                "INSERT INTO messages (id, conversation_id, turn_number, position, direction,"
                " channel, kind, body, media_count, has_location, delivery, created_at)"
                " VALUES (:id, :conversation, :turn, 1, 'outbound', 'web', 'clinician', :body, 0,"
                " false, 'waiting', :at)"
            ),
            rows,
        )
        connection.execute(
            text("UPDATE conversations SET turn_number = turn_number + 1 WHERE channel = 'web'")
        )
    engine.dispose()
    return len(rows)


def resident_bytes(pid: int) -> int:
    """Return the memory that the process itself holds."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_BYTES


if __name__ == "__main__":
    for name, figure in run():
        print(f"{name:42} {figure}")
