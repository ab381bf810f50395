"""From a click to the bot's answer on the screen, beside the bare HTTP turn.

A real Chromium goes through real screenings with the real widget, on a server as `serve` starts
it; after each click the same message is posted to the same server, in a chat of its own, with
nothing around it. The page itself keeps the time: from the click's own time stamp until the frame
with the answer has been painted. PostgreSQL if TEST_DATABASE_URL names one, else SQLite.
"""

from __future__ import annotations

import http.client
import json
import os
import secrets
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, sync_playwright

from benchmarks.turn import fresh_database, settings
from tests.browser.visit import Mouse, Visit, answer_everything
from tests.live.processes import free_port, wait_until_ready

SCREENINGS = int(os.environ.get("SCREENINGS", "6"))
"""The first warms everything up and does not count; each has more than 40 clicks."""

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--no-sandbox", "--disable-dev-shm-usage"]

WATCH = """
(() => {
  let pressed = 0, root = null, found = null, wake = null;
  const done = (measured) => { found = measured; if (wake) wake(); };
  const isAnswer = (node) => node.matches && node.matches(".message.bot");
  const look = (changes) => {
    if (!pressed || !changes.some((change) => [...change.addedNodes].some(isAnswer))) return;
    const since = pressed, drawn = performance.now() - since;
    pressed = 0;
    requestAnimationFrame(() => setTimeout(() => done([performance.now() - since, drawn]), 0));
  };
  performance.setResourceTimingBufferSize(10000);
  addEventListener("click", (event) => {
    pressed = event.timeStamp;
    const widget = document.querySelector("porchlight-chat");
    if (root || !widget || !widget.shadowRoot) return;
    root = widget.shadowRoot;
    new MutationObserver(look).observe(root, { childList: true, subtree: true });
  }, true);
  window.answerSeen = async () => {
    if (!found) await new Promise((resolve) => (wake = resolve));
    const entries = performance.getEntriesByType("resource");
    const posted = entries.filter((e) => e.name.endsWith("/chat/v1/messages")).pop();
    const [painted, drawn] = found;
    found = wake = null;
    return { painted, drawn, request: posted ? posted.duration : 0 };
  };
})();
"""
"""Notes when the last click was, and when an answer of the bot was drawn and painted after it."""


@dataclass(frozen=True)
class Click:
    """Milliseconds from a click until the answer was drawn and painted; `request` is within."""

    painted: float
    drawn: float
    request: float


class BareTalk:
    """The same talk with nothing around it: a connection for each request, as browsers need."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.token = ""
        begun = {"clinic": "demo", "language": "en"}
        self.token = self._post("/chat/v1/sessions", begun)["token"]

    def milliseconds(self, posted: dict[str, str]) -> float:
        """Return how long the turn of this message took."""
        began = time.perf_counter()
        answer = self._post("/chat/v1/messages", posted)
        took = (time.perf_counter() - began) * 1e3
        if not answer["messages"]:
            raise RuntimeError("a turn without an answer")
        return took

    def _post(self, path: str, content: dict[str, str]) -> dict[str, Any]:
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        try:
            client.request("POST", path, json.dumps(content), headers)
            answer = client.getresponse()
            said = answer.read()
        finally:
            client.close()
        if answer.status not in (200, 201):
            raise RuntimeError(f"{path}: {answer.status}")
        found: dict[str, Any] = json.loads(said)
        return found


class TimedVisit(Visit):
    """A tab that measures every turn, and takes the same turn over bare HTTP after it."""

    def __init__(self, context: BrowserContext, address: str, beside: BareTalk) -> None:
        self.clicks: list[Click] = []
        self.bare: list[float] = []
        self.beside = beside
        super().__init__(context, address)

    def turn(self, act: Any) -> None:
        with self.page.expect_response(
            lambda r: r.url.endswith("/messages") and r.request.method == "POST" and r.ok
        ) as answered:
            act()
        self.view = answered.value.json()
        self.clicks.append(Click(**self.page.evaluate("() => window.answerSeen()")))
        self.bare.append(self.beside.milliseconds(answered.value.request.post_data_json))


def screen(browser: Browser, port: int) -> TimedVisit:
    """Go through one whole screening by mouse, in a fresh browser context."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-US")
    try:
        context.set_default_timeout(60_000)
        context.add_init_script(WATCH)
        visit = TimedVisit(context, f"http://127.0.0.1:{port}/demo?lang=en", BareTalk(port))
        answer_everything(visit.begin(), Mouse())
        if visit.faults:
            raise RuntimeError(f"the page reports {visit.faults[0]}")
        return visit
    finally:
        context.close()


@contextmanager
def served(kind: str) -> Iterator[int]:
    """Run everything that `serve` runs for the time of the block; gives its port."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        database = stack.enter_context(fresh_database(kind, folder, f"click_{os.getpid()}"))
        port = free_port()
        env = settings(folder, port, secrets.token_hex(16), database)
        # One browser answers as fast as a whole waiting room here.
        env |= {"DEMO": "1", "CHAT_MESSAGES_PER_ADDRESS": "1000000"}
        env |= {"CHAT_MESSAGES_PER_CLINIC": "1000000", "TWILIO_API_URL": "http://127.0.0.1:9"}
        log = Path(folder, "serve.log")
        command = [sys.executable, "-m", "flask", "--app", "wsgi", "serve"]
        with log.open("wb") as output:
            process = subprocess.Popen(command, env=os.environ | env, stdout=output, stderr=output)
        try:
            wait_until_ready(f"http://127.0.0.1:{port}", process, log)
            yield port
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)


def run() -> list[tuple[str, str]]:
    """Return rows of (what was measured, figure)."""
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if program is None:
        return [("click to answer", "not measured: no Chromium in the PATH")]
    kind = "postgresql" if os.environ.get("TEST_DATABASE_URL") else "sqlite"
    clicks: list[Click] = []
    bare: list[float] = []
    with served(kind) as port, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        for number in range(SCREENINGS):
            visit = screen(browser, port)
            if number:
                clicks += visit.clicks
                bare += visit.bare
        browser.close()
    return [("database", kind), *rows(clicks, bare)]


def rows(clicks: list[Click], bare: list[float]) -> list[tuple[str, str]]:
    painted = [click.painted for click in clicks]
    median, slowest = statistics.median(painted), share(painted, 0.99)
    bare_median, bare_slowest = statistics.median(bare), share(bare, 0.99)
    return [
        ("clicks", f"{len(clicks)} in {SCREENINGS - 1} screenings"),
        ("click to answer on the screen", f"median {median:.0f} ms, p99 {slowest:.0f} ms"),
        ("bare HTTP turn", f"median {bare_median:.0f} ms, p99 {bare_slowest:.0f} ms"),
        (
            "click / bare turn",
            f"median {median / bare_median:.2f}, p99 {slowest / bare_slowest:.2f},"
            f" {median - bare_median:.0f} ms more in the median",
        ),
        (
            "of the click, medians",
            f"request {statistics.median(click.request for click in clicks):.0f} ms,"
            f" drawn at {statistics.median(click.drawn for click in clicks):.0f} ms,"
            f" painted {statistics.median(c.painted - c.drawn for c in clicks):.0f} ms later",
        ),
    ]


def share(values: list[float], part: float) -> float:
    """Return the least value that `part` of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


if __name__ == "__main__":
    for name, figure in run():
        print(f"{name:32} {figure}", flush=True)
