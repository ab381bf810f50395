"""Visitors of a real server's chat."""

from __future__ import annotations

import http.client
import json
import time
from dataclasses import dataclass
from typing import Any

from bot.core.clock import new_id
from tests.live.servers import PATIENCE_SECONDS, Answer, Server


@dataclass
class Visitor:
    """One browser with a token."""

    server: Server
    token: str

    def say(self, text: str, *, client_id: str = "") -> tuple[Answer, dict[str, Any]]:
        """Say it; return how it was answered, and the body."""
        body = {"client_id": client_id or new_id(), "text": text}
        return call(self.server, "POST", "/chat/v1/messages", body, token=self.token)

    def read(self) -> dict[str, Any]:
        answer, view = call(self.server, "GET", "/chat/v1/messages", None, token=self.token)
        return view if answer.status == 200 else {}


def visitor(server: Server) -> Visitor:
    answer, opened = call(server, "POST", "/chat/v1/sessions", {"clinic": "demo"})
    assert answer.status == 201, opened
    return Visitor(server, opened["token"])


def call(
    server: Server, method: str, path: str, body: Any, *, token: str = ""
) -> tuple[Answer, dict[str, Any]]:
    """Ask the server; the answer's texts are the emergency card's."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_SECONDS)
    began = time.monotonic()
    try:
        client.request(method, path, None if body is None else json.dumps(body), headers)
        response = client.getresponse()
        content = json.loads(response.read() or b"{}")
    except OSError:
        return Answer(0, time.monotonic() - began), {}
    finally:
        client.close()
    texts = tuple((content.get("emergency") or {}).get("texts", ()))
    return Answer(response.status, time.monotonic() - began, texts), content
