"""A chat server for the widget alone: it speaks the contract, says what it is told to, and breaks.

One port is the chat's, the other a clinic's website, so that every call crosses origins as it does
in life. `views` are the answers to come: the first for the session, the next for each message.
"""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from urllib.parse import parse_qs, urlsplit

TOKEN = "demo.token-of-the-fake"
CLINIC = {
    "id": "demo",
    "name": "Harbor Clinic",
    "phone": "+1 212-555-0100",
    "languages": ["en", "es"],
    "region": "US",
    "storage": "session",
}
NO_INPUT = {
    "kind": "text",
    "link_id": None,
    "choices": [],
    "minimum": None,
    "maximum": None,
    "unit": None,
    "is_past": False,
    "can_skip": False,
    "skip": None,
    "can_go_back": False,
    "back": None,
}


def asking(kind, *choices, **changes):
    """An `input` of the contract; a choice is its own value unless given as a pair."""
    pairs = [each if isinstance(each, tuple) else (each, each) for each in choices]
    offered = [{"value": value, "label": label} for value, label in pairs]
    return {**NO_INPUT, "kind": kind, "link_id": "q", "choices": offered, **changes}


class FakeChat:
    """What the chat says next, and everything that was asked of it."""

    def __init__(self, widget):
        self.widget = widget
        self.clinic = dict(CLINIC)
        self.views = []
        self.messages = []
        self.state = {}
        self.requests = []
        self.down = False
        self.status = None
        self.streams = False
        self.sessions = 0
        self.answered = {}
        self.page = (
            "<!doctype html><html lang=en><title>Clinic</title><main><h1>Clinic</h1></main>"
        )
        self.page_headers = {}
        self.slow_seconds = 0.0
        self._numbers = count(1)
        self._changed = threading.Condition()

    # ---- what tests do

    def bot(self, text, **more):
        return self.add({"from": "bot", "text": text, **more})

    def add(self, message):
        with self._changed:
            number = next(self._numbers)
            told = {"id": f"m{number:04d}", "choices": [], "at": "2026-03-02T15:04:05Z", **message}
            self.messages.append(told)
            self._changed.notify_all()
            return told

    def sent(self, method="POST", path="/chat/v1/messages"):
        return [r["body"] for r in self.requests if (r["method"], r["path"]) == (method, path)]

    # ---- what the widget gets

    def view(self, messages):
        return {
            "status": "active",
            "speaker": {"kind": "bot", "name": None},
            "language": "en",
            "languages": ["en", "es"],
            "language_commands": {"en": "English", "es": "Español"},
            "messages": messages,
            "input": NO_INPUT,
            "progress": None,
            "summary": None,
            "emergency": None,
            "is_stored": True,
            **self.state,
        }

    def _next(self):
        if self.views:
            step = dict(self.views.pop(0))
            texts = step.pop("say", [])
            self.state = step
        else:
            texts = ["I heard you."]
        return [self.bot(**each) if isinstance(each, dict) else self.bot(each) for each in texts]

    def begin(self):
        self.sessions += 1
        told = self._next()
        token = f"{TOKEN}-{self.sessions}"
        return 201, {"token": token, "expires_at": "2026-03-03T15:04:05Z", **self.view(told)}

    def take(self, body):
        known = self.answered.get(body["client_id"])
        if known:
            return (200, known[1]) if known[0] == body else (409, None)
        text = body.get("text") or f"change {body['change']}"
        own = {"from": "patient", "text": text, "client_id": body["client_id"], "link_id": "q"}
        mine = self.add(own)
        view = self.view([mine, *self._next()])
        view.update(self.state)
        self.answered[body["client_id"]] = (body, view)
        return 200, view

    def read(self, after):
        ids = [message["id"] for message in self.messages]
        if after is None:
            return 200, self.view(self.messages)
        if after not in ids:
            return 404, None
        return 200, self.view(self.messages[ids.index(after) + 1 :])

    def wait_for_more(self, than, seconds):
        with self._changed:
            self._changed.wait_for(lambda: len(self.messages) > than, timeout=seconds)
            return self.messages[than:]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def chat(self):
        return self.server.chat

    def log_message(self, *args):
        pass

    def do_OPTIONS(self):
        self._answer(204, None)

    def do_GET(self):
        self._serve()

    def do_POST(self):
        self._serve()

    def do_DELETE(self):
        self._serve()

    def _serve(self):
        address = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        if address.path == "/widget.js":
            return self._send(200, self.chat.widget, "text/javascript", {})
        if not address.path.startswith("/chat/"):
            page = self.chat.page.encode()
            return self._send(200, page, "text/html; charset=utf-8", self.chat.page_headers)
        self.chat.requests.append(
            {
                "method": self.command,
                "path": address.path,
                "query": address.query,
                "token": self.headers.get("Authorization"),
                "body": body,
            }
        )
        if self.chat.down:
            self.close_connection = True
            return self.connection.close()
        time.sleep(self.chat.slow_seconds)
        return self._route(address, body)

    def _route(self, address, body):
        path = address.path.removeprefix("/chat/v1/")
        if self.chat.status and path != "stream":
            status, told = self.chat.status
            return self._answer(status, told)
        if path.startswith("clinics/"):
            return self._answer(200, {"clinic": self.chat.clinic, "greeting": None})
        if path == "sessions":
            return self._answer(*self.chat.begin())
        if path == "sessions/current":
            return self._answer(204, None)
        if not (self.headers.get("Authorization") or "").startswith(f"Bearer {TOKEN}-"):
            return self._answer(401, None)
        if path == "stream":
            return self._stream()
        if self.command == "POST":
            return self._answer(*self.chat.take(body))
        return self._answer(*self.chat.read(parse_qs(address.query).get("after", [None])[0]))

    def _stream(self):
        if not self.chat.streams:
            return self._answer(503, {"code": 503, "status": "", "message": "poll"})
        self.send_response(200)
        self._cors()
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.close_connection = True
        known = len(self.chat.messages)
        with suppress(OSError):
            self.wfile.write(b": ping\n\n")
            while self.chat.streams and not self.chat.down:
                for message in self.chat.wait_for_more(known, 0.2):
                    known += 1
                    line = f"event: message\nid: {message['id']}\ndata: {json.dumps(message)}\n\n"
                    self.wfile.write(line.encode())
                self.wfile.flush()
        return None

    def _cors(self):
        self.send_header("Access-Control-Allow-Origin", self.headers.get("Origin") or "*")
        self.send_header(
            "Access-Control-Allow-Headers", "authorization, content-type, last-event-id"
        )
        self.send_header("Access-Control-Allow-Methods", "GET, POST, DELETE")
        self.send_header("Access-Control-Expose-Headers", "Retry-After")

    def _answer(self, status, told):
        content = b"" if told is None else json.dumps(told).encode()
        self._send(status, content, "application/json", {}, cors=True)

    def _send(self, status, content, kind, headers, *, cors=False):
        with suppress(OSError):
            self.send_response(status)
            if cors:
                self._cors()
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A browser that hangs up is no fault."""


@contextmanager
def serving_chat(widget):
    """Gives (chat, address of the chat, address of the website)."""
    chat = FakeChat(widget)
    servers = [_Server(("127.0.0.1", 0), _Handler) for _ in range(2)]
    for server in servers:
        server.chat = chat
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}).start()
    try:
        yield chat, *(f"http://127.0.0.1:{server.server_port}" for server in servers)
    finally:
        chat.streams = False
        for server in servers:
            server.shutdown()
            server.server_close()
