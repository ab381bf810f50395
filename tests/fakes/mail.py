"""A mail server for tests, in the test's own process: it takes every letter and keeps it."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from bot.core.clock import utc_now


@dataclass(frozen=True)
class TakenLetter:
    """One letter: when it was taken, to whom, and all of its text."""

    at: datetime
    to: str
    text: str


@dataclass
class FakeMail:
    """Where it listens, and what it has taken so far."""

    url: str = ""
    letters: list[TakenLetter] = field(default_factory=list)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    mail: FakeMail


class _Conversation(socketserver.StreamRequestHandler):
    """As much of SMTP as a client needs to hand over one letter."""

    def handle(self) -> None:
        self._say("220 here")
        to = ""
        for line in self.rfile:
            word = line[:4].upper()
            if word == b"RCPT":
                to = line.decode().partition("<")[2].partition(">")[0]
            if word == b"QUIT":
                self._say("221 bye")
                return
            if word == b"DATA":
                self._say("354 go on")
                self._take(to)
            self._say("250 ok")

    def _take(self, to: str) -> None:
        lines = list(iter(self.rfile.readline, b".\r\n"))
        letter = TakenLetter(utc_now(), to, b"".join(lines).decode("utf-8", "replace"))
        cast(_Server, self.server).mail.letters.append(letter)

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


@contextmanager
def fake_mail() -> Iterator[FakeMail]:
    """Serve for the time of the block."""
    with _Server(("127.0.0.1", 0), _Conversation) as server:
        server.mail = FakeMail(f"smtp://127.0.0.1:{server.server_address[1]}")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server.mail
        finally:
            server.shutdown()
