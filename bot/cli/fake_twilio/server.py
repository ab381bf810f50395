"""The fake's HTTP side: Twilio's own resources, and a few more to watch and to change it.

POST GET /2010-04-01/Accounts/SID/Messages.json   GET .../Messages/SID.json
POST GET /2010-04-01/Accounts/SID/Calls.json      GET .../Calls/SID.json
GET  /           a page for people
GET  /ledger     all entries as JSON (?since=N: from entry N on)
GET POST /mode   how it behaves; the fields are those of Mode
POST /inbound    note a text that came in (Sid, From, To, Body)
POST /press      press keys in a call (Sid, Digits)
"""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from bot.cli.fake_twilio.callbacks import Callbacks
from bot.cli.fake_twilio.exchange import Answer, FakeTwilio
from bot.cli.fake_twilio.ledger import Ledger
from bot.cli.fake_twilio.mode import described
from bot.cli.fake_twilio.shapes import VERSION, error_document
from bot.core.clock import utc_now

RESOURCE = re.compile(
    rf"/{VERSION}/Accounts/(AC[0-9a-f]{{32}})/(Messages|Calls)(?:/([A-Z]{{2}}[0-9a-f]{{32}}))?\.json"
)
PAGE = Path(__file__).with_name("page.html")
Pairs = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Exchange:
    """The fake with what its HTTP side needs. Without a token every caller is let in.

    `on_granted` hears of every request for a resource that was granted, and of the answer.
    """

    fake: FakeTwilio
    callbacks: Callbacks | None = None
    token: str = ""
    on_granted: Callable[[str, Pairs, Answer], object] = lambda _operation, _pairs, _answer: None


class _Handler(BaseHTTPRequestHandler):
    """Answers one request; `exchange` and `stopping` are set on a subclass per server."""

    exchange: Exchange
    stopping: threading.Event
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60

    def do_GET(self) -> None:
        """Show something."""
        self._answer("GET", parse_qsl(urlsplit(self.path).query, keep_blank_values=True))

    def do_POST(self) -> None:
        """Make or change something."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._answer("POST", parse_qsl(body.decode(), keep_blank_values=True))

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing: requests carry numbers and texts."""

    def _answer(self, method: str, pairs: Pairs) -> None:
        path = urlsplit(self.path).path
        if resource := RESOURCE.fullmatch(path):
            answer = self._resource(method, resource, pairs)
            if answer.document and answer.status < 400:
                operation = f"{method.lower()} {resource[2]}{'/{Sid}' if resource[3] else ''}"
                self.exchange.on_granted(operation, pairs, answer)
            self._send(answer)
        elif path == "/" and method == "GET":
            self._write(200, "text/html; charset=utf-8", PAGE.read_bytes())
        elif (method, path) in _CONTROLS:
            try:
                self._json(200, _CONTROLS[method, path](self.exchange, pairs))
            except (ValueError, KeyError, StopIteration) as error:
                self._json(400, {"problem": type(error).__name__})
        else:
            self._send(Answer(*error_document(20404)))

    def _resource(self, method: str, resource: re.Match[str], pairs: Pairs) -> Answer:
        account, name, sid = resource.groups()
        if not self._is_let_in(account):
            return Answer(*error_document(20003))
        fake, fields = self.exchange.fake, dict(pairs)
        if sid is not None:
            return fake.message(sid) if name == "Messages" else fake.call(sid)
        if method == "GET":
            return fake.list_messages(fields) if name == "Messages" else fake.list_calls(fields)
        return fake.create_message(fields) if name == "Messages" else fake.create_call(fields)

    def _is_let_in(self, account: str) -> bool:
        token = self.exchange.token
        if not token:
            return True
        right = base64.b64encode(f"{account}:{token}".encode()).decode()
        given = self.headers.get("Authorization", "")
        return account == self.exchange.fake.account_sid and given == f"Basic {right}"

    def _send(self, answer: Answer) -> None:
        if answer.seconds:
            self.stopping.wait(answer.seconds)
        if answer.is_lost:
            self.close_connection = True
            return
        self._json(answer.status, answer.document)

    def _json(self, status: int, document: object) -> None:
        self._write(status, "application/json", json.dumps(document).encode())

    def _write(self, status: int, kind: str, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        try:
            self.wfile.write(content)
        except OSError:
            self.close_connection = True


def _ledger(exchange: Exchange, pairs: Pairs) -> object:
    since = int(dict(pairs).get("since", 0))
    return exchange.fake.ledger.entries[since:]


def _mode(exchange: Exchange, pairs: Pairs) -> object:
    return described(exchange.fake.change(pairs))


def _inbound(exchange: Exchange, pairs: Pairs) -> object:
    return exchange.fake.take_inbound(dict(pairs)).document


def _press(exchange: Exchange, pairs: Pairs) -> object:
    fields = dict(pairs)
    call, callbacks = exchange.fake.calls[fields["Sid"]], exchange.callbacks
    if callbacks is None:
        raise ValueError("no token to sign with")
    return {"answered": callbacks.press(call, fields["Digits"])}


_CONTROLS: dict[tuple[str, str], Callable[[Exchange, Pairs], Any]] = {
    ("GET", "/ledger"): _ledger,
    ("GET", "/mode"): _mode,
    ("POST", "/mode"): _mode,
    ("POST", "/inbound"): _inbound,
    ("POST", "/press"): _press,
}


@contextmanager
def answering(exchange: Exchange, port: int = 0) -> Iterator[str]:
    """Serve on a port of this machine (0: any free one) for the time of the block; its address."""
    stopping = threading.Event()
    handler = type("Handler", (_Handler,), {"exchange": exchange, "stopping": stopping})
    server = _Server(("127.0.0.1", port), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256


@contextmanager
def fake_twilio(
    *, account_sid: str, token: str, ledger: Path | None, port: int = 0
) -> Iterator[str]:
    """Run a whole fake, signed callbacks included, for the time of the block; its address."""
    book = Ledger(utc_now, ledger)
    callbacks = Callbacks(book, account_sid=account_sid, token=token)
    fake = FakeTwilio(book, utc_now, account_sid=account_sid, on_text=callbacks.of_text)
    try:
        with answering(Exchange(fake, callbacks, token), port) as address:
            yield address
    finally:
        callbacks.close()
        book.close()
