"""Streams over real servers: the web processes stay free, and a stream process may die."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import threading
from itertools import count

import pytest

from bot.cli.supervise import stream_command
from tests.conftest import BOTH_DATABASES
from tests.live.servers import await_true, make_server, prepare

pytestmark = [pytest.mark.live, pytest.mark.timeout(180)]

NUMBERS = count(1)
STREAMS = 40
"""Twenty times as many as there are web processes."""


class Visitor:
    """A browser with a chat of its own and, once asked for, a stream."""

    def __init__(self, server):
        self.server = server
        self.heard = []
        self.is_open = False
        self.token = self.ask("POST", "/chat/v1/sessions", {"clinic": "demo"})[1]["token"]

    def ask(self, method, path, content=None):
        client = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=20)
        try:
            body = None if content is None else json.dumps(content)
            client.request(method, path, body, self.headers())
            answer = client.getresponse()
            said = answer.read()
            return answer.status, json.loads(said) if said else None
        finally:
            client.close()

    def headers(self):
        bearer = {"Authorization": f"Bearer {self.token}"} if hasattr(self, "token") else {}
        return {"Content-Type": "application/json", **bearer}

    def say(self, text, client_id):
        return self.ask("POST", "/chat/v1/messages", {"client_id": client_id, "text": text})

    def listen(self):
        client = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        client.request("GET", "/chat/v1/stream", headers=self.headers())
        answer = client.getresponse()
        self.is_open = answer.status == 200
        if self.is_open:
            threading.Thread(target=self._hear, args=(answer,), daemon=True).start()
        return answer.status

    def _hear(self, answer):
        try:
            while line := answer.fp.readline():
                if line.startswith(b"data: "):
                    self.heard.append(json.loads(line[6:]))
        except OSError:
            pass
        self.is_open = False


@pytest.fixture(params=BOTH_DATABASES)
def server(request, tmp_path):
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'live.db'}"
    else:
        url = request.getfixturevalue("fresh_postgresql")(f"stream{next(NUMBERS)}")
    prepare(url)
    folder = f"/tmp/porchlight-test-{os.getpid()}"
    made = make_server(url, tmp_path, STREAM_DIR=folder, CHAT_SESSIONS_PER_ADDRESS="1000")
    try:
        made.start_web()
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder, ignore_errors=True)


def start_streams(server):
    process = server.start(stream_command())
    started = server.events().count("stream_started") + 1
    await_true(lambda: server.events().count("stream_started") >= started, seconds=60)
    return process


def texts(messages):
    return [message["text"] for message in messages]


def test_many_streams_leave_the_web_processes_free(server):
    start_streams(server)
    visitors = [Visitor(server) for _ in range(STREAMS)]
    assert [each.listen() for each in visitors] == [200] * STREAMS
    assert all(server.text("hello", From=f"+1213555{n:04d}").status == 200 for n in range(20))
    for each in visitors[:5]:
        said = texts(each.say("yes", "first")[1]["messages"])
        await_true(lambda each=each, said=said: texts(each.heard) == said, seconds=20)
    assert all(each.is_open for each in visitors)
    assert not any(each.heard for each in visitors[5:])


def test_a_stream_process_that_is_killed_loses_nothing_of_the_chat(server):
    process = start_streams(server)
    visitor = Visitor(server)
    assert visitor.listen() == 200
    os.kill(process.pid, signal.SIGKILL)
    process.wait(timeout=20)
    await_true(lambda: not visitor.is_open, seconds=20)
    assert visitor.listen() == 503
    status, view = visitor.say("yes", "meanwhile")
    assert status == 200
    start_streams(server)
    await_true(lambda: visitor.listen() == 200, seconds=20)
    said = visitor.say("3/14/1985", "afterwards")[1]["messages"]
    await_true(lambda: len(visitor.heard) >= len(said), seconds=20)
    assert [m["text"] for m in visitor.heard] == [m["text"] for m in said]
    everything = visitor.ask("GET", "/chat/v1/messages")[1]["messages"]
    assert [m["id"] for m in view["messages"]] == [m["id"] for m in everything[2:4]]


def test_no_token_stands_in_the_log(server):
    start_streams(server)
    visitor = Visitor(server)
    visitor.listen()
    visitor.say("yes", "first")
    assert visitor.token.partition(".")[2] not in server.log.read_text("utf-8", "replace")
