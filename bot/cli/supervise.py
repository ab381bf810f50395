"""Starts the web and the worker processes, restarts whichever dies, stops all when told to.

Uses the standard library alone, so that the process that watches stays small. What must stay
true: SIGTERM and SIGINT reach every child, a child that hangs is killed after `PATIENCE_SECONDS`,
and no child outlives this process on an orderly stop.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.core.clock import monotonic_seconds

PATIENCE_SECONDS = 25.0
"""Longer than gunicorn's own grace for requests in hand."""

STEADY_SECONDS = 10.0
"""A child that lived this long is restarted at once; one that did not waits longer each time."""

WAITS_SECONDS = (0.0, 0.5, 2.0, 5.0, 15.0)
"""How long a child waits to be started again after its first, second, ... quick death."""

POLL_SECONDS = 0.2

QUEUE = "--queue"
"""Says that there is a broker to be listened to."""


@dataclass(slots=True)
class Child:
    """One program to keep running."""

    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    start_again_at: float = 0.0
    quick_deaths: int = 0

    def start(self) -> None:
        """Start the program in a session of its own, so that a terminal's Ctrl-C comes once."""
        self.process = subprocess.Popen(self.command, start_new_session=True)  # noqa: S603
        self.started_at = monotonic_seconds()

    def look_after(self) -> None:
        """Start the program if it is not running and its waiting time is over."""
        now = monotonic_seconds()
        if self.process is not None:
            code = self.process.poll()
            if code is None:
                return
            self.start_again_at = now + self._wait_after(now)
            self.process = None
            _say(f"{self.name} ended with code {code}; starting it again")
        if now >= self.start_again_at:
            self.start()

    def _wait_after(self, now: float) -> float:
        lived = now - self.started_at
        self.quick_deaths = 0 if lived >= STEADY_SECONDS else self.quick_deaths + 1
        return WAITS_SECONDS[min(self.quick_deaths, len(WAITS_SECONDS) - 1)]

    def tell(self, number: int) -> None:
        """Send a signal to the program and its children, if it runs."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, number)


@dataclass(slots=True)
class Supervisor:
    """Keeps its children running until a signal asks it to stop."""

    children: Sequence[Child]
    stopping: bool = field(default=False)

    def run(self) -> int:
        """Return 0 after an orderly stop, 1 when a child had to be killed."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask_to_stop)
        while not self.stopping:
            for child in self.children:
                child.look_after()
            time.sleep(POLL_SECONDS)
        return self._stop()

    def _ask_to_stop(self, _number: int, _frame: object) -> None:
        self.stopping = True

    def _stop(self) -> int:
        for child in self.children:
            if child.process is not None and child.process.poll() is None:
                child.process.terminate()
        deadline = monotonic_seconds() + PATIENCE_SECONDS
        while self._running() and monotonic_seconds() < deadline:
            time.sleep(POLL_SECONDS / 4)
        left = self._running()
        for child in left:
            _say(f"{child.name} did not stop; killing it")
            child.tell(signal.SIGKILL)
        return 1 if left else 0

    def _running(self) -> list[Child]:
        return [c for c in self.children if c.process is not None and c.process.poll() is None]


def web_command(*, host: str, port: int, workers: int) -> list[str]:
    """Return the command that serves HTTP; `bot/cli/web_server.py` holds the settings."""
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return [
        *(sys.executable, "-m", "gunicorn", "--config", "python:bot.cli.web_server"),
        *("--no-control-socket", "--bind", address, "--workers", str(workers), "wsgi:app"),
    ]


def worker_command() -> list[str]:
    """Return the command that works through the outbox and the timers."""
    return [sys.executable, "-m", "flask", "--app", "wsgi", "worker"]


def queue_command() -> list[str]:
    """Return the command that delivers what the broker names."""
    return [sys.executable, "-m", "flask", "--app", "wsgi", "queue"]


def stream_command() -> list[str]:
    """Return the command that holds the connections of listening visitors."""
    return [sys.executable, "-m", "flask", "--app", "wsgi", "stream"]


def fake_twilio_command(*, port: int, ledger: str) -> list[str]:
    """Return the command that stands in for Twilio in the demo."""
    options = ["--port", str(port), "--ledger", ledger]
    return [sys.executable, "-m", "flask", "--app", "wsgi", "fake-twilio", *options]


def main(arguments: Sequence[str]) -> int:
    """Supervise web and worker; arguments are host, port and number of web processes.

    `--queue` may follow, for one more program, and in the demo the port and the ledger of a
    stand-in for Twilio.
    """
    host, port, workers, *others = arguments
    stand_in = [each for each in others if each != QUEUE]
    web = Child("web", web_command(host=host, port=int(port), workers=int(workers)))
    children = [web, Child("worker", worker_command()), Child("stream", stream_command())]
    if QUEUE in others:
        children.append(Child("queue", queue_command()))
    if stand_in:
        command = fake_twilio_command(port=int(stand_in[0]), ledger=stand_in[1])
        children.append(Child("fake-twilio", command))
    return Supervisor(children).run()


def _say(line: str) -> None:
    sys.stderr.write(f"porchlight: {line}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
