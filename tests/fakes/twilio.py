"""A Twilio that speaks HTTP and keeps a ledger of what it accepted.

It answers as Twilio's Messages resource does (version 2010-04-01): 201 with a SID, or an error
with `code`, `message`, `more_info` and `status`. Its mood can be changed between requests.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl


class Mood(Enum):
    WELL = "well"
    BUSY = "429"
    BROKEN = "500"
    OPTED_OUT = "21610"
    DEAF = "takes it and never answers"


@dataclass
class FakeTwilio:
    mood: Mood = Mood.WELL
    ledger: list[dict[str, str]] = field(default_factory=list)
    requests: int = 0
    url: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def bodies_to(self, number: str) -> list[str]:
        return [entry["Body"] for entry in self.ledger if entry["To"] == number]


ERRORS = {
    Mood.BUSY: (429, 20429, "Too Many Requests"),
    Mood.BROKEN: (500, 20500, "Internal Server Error"),
    Mood.OPTED_OUT: (400, 21610, "Attempt to send to unsubscribed recipient"),
}


def _handler(fake: FakeTwilio) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            form = dict(parse_qsl(body.decode(), keep_blank_values=True))
            with fake.lock:
                fake.requests += 1
                mood = fake.mood
                if mood in ERRORS:
                    status, code, text = ERRORS[mood]
                    answer = {"code": code, "message": text, "status": status, "more_info": ""}
                    self.answer(status, answer)
                    return
                sid = f"SM{len(fake.ledger):032x}"
                fake.ledger.append({**form, "Sid": sid, "Path": self.path})
            if mood is Mood.DEAF:
                self.close_connection = True
                self.connection.close()
                return
            self.answer(201, {"sid": sid, "status": "queued", "to": form.get("To")})

        def answer(self, status: int, content: dict[str, object]) -> None:
            payload = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    return Handler


@contextmanager
def fake_twilio() -> Iterator[FakeTwilio]:
    """Serve a fake Twilio on a free port for the time of the block."""
    fake = FakeTwilio()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(fake))
    server.daemon_threads = True
    fake.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
