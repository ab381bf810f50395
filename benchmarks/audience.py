"""Visitors who listen, in a process of their own so that they take no turn's time.

Each has an internet address of its own (127.0.0.0/8 has enough) and opens session and stream as
the widget does. While nobody asks, the process sleeps: what comes in waits in the kernel.
"""

from __future__ import annotations

import http.client
import json
import selectors
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection as Pipe

AT_ONCE = 8
"""Visitors who are opening their page at the same moment."""

PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Arrival:
    """How the visitors came in: `refused` were told 503 before they got in."""

    listening: int
    refused: int
    seconds: float


@dataclass(frozen=True)
class Hearing:
    """Who heard a word, and when the first and the last did (monotonic clock of the machine)."""

    heard: int
    first: float
    last: float


class Audience:
    """The other process, asked one thing at a time."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe

    def _ask(self, name: str, *arguments: object) -> object:
        self._pipe.send((name, arguments))
        answer = self._pipe.recv()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def begin(self, visitors: int) -> None:
        """Open that many chat sessions."""
        self._ask("begin", visitors)

    def listen(self) -> Arrival:
        """Let everybody open their stream."""
        found = self._ask("listen")
        assert isinstance(found, Arrival)
        return found

    def leave(self) -> None:
        """Close all streams."""
        self._ask("leave")

    def still_listening(self) -> int:
        """Return how many streams the server has not closed."""
        found = self._ask("still_listening")
        assert isinstance(found, int)
        return found

    def await_word(self, word: str) -> None:
        """Begin to wait until everybody has heard `word`; `hearing` returns it."""
        self._pipe.send(("await_word", (word.encode(),)))

    def hearing(self) -> Hearing:
        found = self._pipe.recv()
        assert isinstance(found, Hearing), found
        return found


@contextmanager
def audience(port: int) -> Iterator[Audience]:
    """Run the process for the time of the block; visitors come to `port` of this machine."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_attend, args=(theirs, port), daemon=True)
    process.start()
    try:
        yield Audience(ours)
    finally:
        process.kill()
        process.join()


def _attend(pipe: Pipe, port: int) -> None:
    visitors = _Visitors(port)
    with suppress(EOFError, BrokenPipeError, KeyboardInterrupt):
        while True:
            name, arguments = pipe.recv()
            try:
                answer = getattr(visitors, name)(*arguments)
            except Exception as error:
                answer = RuntimeError(f"{name}: {type(error).__name__}: {error}")
            pipe.send(answer)


@dataclass
class _Visitors:
    port: int
    tokens: list[str] = field(default_factory=list)
    streams: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)

    def begin(self, visitors: int) -> None:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            self.tokens = list(pool.map(self._begin, range(visitors)))

    def _begin(self, number: int) -> str:
        client = http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=PATIENCE_SECONDS, source_address=_address(number)
        )
        try:
            content, kind = json.dumps({"clinic": "demo"}), {"Content-Type": "application/json"}
            client.request("POST", "/chat/v1/sessions", content, kind)
            answer = client.getresponse()
            said = answer.read()
            if answer.status != 201:
                raise RuntimeError(f"session {number}: {answer.status} {said[:200]!r}")
            token: str = json.loads(said)["token"]
            return token
        finally:
            client.close()

    def listen(self) -> Arrival:
        began = time.monotonic()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            refused = sum(pool.map(self._listen, range(len(self.tokens)), self.tokens))
        return Arrival(len(self.streams.get_map()), refused, time.monotonic() - began)

    def _listen(self, number: int, token: str) -> int:
        """Come until let in; return how often the answer was 503."""
        until = time.monotonic() + PATIENCE_SECONDS
        for refused in range(1_000):
            stream = socket.create_connection(
                ("127.0.0.1", self.port), timeout=PATIENCE_SECONDS, source_address=_address(number)
            )
            stream.sendall(
                b"GET /chat/v1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer "
                + token.encode()
                + b"\r\n\r\n"
            )
            head = stream.recv(4096)
            if head.startswith(b"HTTP/1.1 200"):
                stream.setblocking(False)
                self.streams.register(stream, selectors.EVENT_READ)
                return refused
            stream.close()
            if not head.startswith(b"HTTP/1.1 503") or time.monotonic() > until:
                raise RuntimeError(f"stream {number}: {head[:60]!r}")
            time.sleep(0.5)
        raise RuntimeError(f"stream {number} was never let in")

    def leave(self) -> None:
        for key in list(self.streams.get_map().values()):
            self._close(key.fileobj)

    def still_listening(self) -> int:
        self._read_all(b"\0", time.monotonic())
        return len(self.streams.get_map())

    def await_word(self, word: bytes) -> Hearing:
        times = self._read_all(word, time.monotonic() + PATIENCE_SECONDS)
        return Hearing(len(times), min(times, default=0.0), max(times, default=0.0))

    def _read_all(self, word: bytes, until: float) -> list[float]:
        """Read what comes until everybody has heard `word` or it is too late; return when."""
        waiting = {key.fileobj for key in self.streams.get_map().values()}
        times = []
        while waiting:
            ready = self.streams.select(max(0.0, until - time.monotonic()))
            if not ready:
                break
            now = time.monotonic()
            for key, _ in ready:
                said = key.fileobj.recv(65_536)  # type: ignore[union-attr]
                if not said:
                    waiting.discard(key.fileobj)
                    self._close(key.fileobj)
                elif word in said and key.fileobj in waiting:
                    waiting.discard(key.fileobj)
                    times.append(now)
        return times

    def _close(self, stream: object) -> None:
        self.streams.unregister(stream)  # type: ignore[arg-type]
        stream.close()  # type: ignore[attr-defined]


def _address(number: int) -> tuple[str, int]:
    return f"127.1.{number // 250}.{number % 250 + 1}", 0
