"""The fake Twilio for tests: inside the test's own process, or as one of its own.

`fake_twilio()` serves from a thread and lets a test look into it; `python -m tests.fakes.twilio
PORT LEDGER` runs a whole one, which checks logins and signs its callbacks with the tests' token.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from threading import Event
from typing import Any

from bot.cli.fake_twilio import exchange, server
from bot.cli.fake_twilio.ledger import Ledger
from bot.core.clock import utc_now
from tests.fakes.twilio_shapes import departures

ACCOUNT = "AC" + "1" * 32
TOKEN = "7" * 32
ANYBODY = exchange.ANYBODY


class Mood(Enum):
    WELL = "well"
    BUSY = "busy"
    BROKEN = "broken"
    BROKEN_AFTER = "broken-after"
    OPTED_OUT = "21610"
    DEAF = "deaf"
    HANGING = "hanging"
    SLOW = "slow"


@dataclass
class FakeTwilio:
    """Looks into a fake that runs in this process."""

    inner: exchange.FakeTwilio
    url: str

    @property
    def mood(self) -> Mood:
        opted_out = ANYBODY in self.inner.mode.refuses
        return Mood.OPTED_OUT if opted_out else Mood(self.inner.mode.mood.value)

    @mood.setter
    def mood(self, mood: Mood) -> None:
        refuses = f"{ANYBODY}:21610" if mood is Mood.OPTED_OUT else ""
        plain = "well" if mood is Mood.OPTED_OUT else mood.value
        self.behave(mood=plain, refuses=refuses)

    @property
    def ledger(self) -> list[dict[str, Any]]:
        """The texts that were accepted, in order, with the names of their fields at Twilio."""
        return self.inner.ledger.of_kind("message")

    @property
    def calls(self) -> list[dict[str, Any]]:
        return self.inner.ledger.of_kind("call")

    @property
    def requests(self) -> int:
        return self.inner.requests

    def behave(self, **changes: object) -> None:
        """Change fields of its Mode."""
        self.inner.change([(name, str(value)) for name, value in changes.items()])

    def bodies_to(self, number: str) -> list[str]:
        return [entry["Body"] for entry in self.ledger if entry["To"] == number]


@contextmanager
def fake_twilio() -> Iterator[FakeTwilio]:
    """Serve a fake on a free port for the time of the block; it lets everybody in.

    What was asked of it and what it answered must be as Twilio's API description says.
    """
    inner = exchange.FakeTwilio(Ledger(utc_now), utc_now)
    found: list[str] = []

    def compare(operation: str, pairs: server.Pairs, answer: exchange.Answer) -> None:
        strange = departures(operation, pairs, answer.status, answer.document)
        found.extend(f"{operation}: {each}" for each in strange)

    with server.answering(server.Exchange(inner, on_granted=compare)) as url:
        yield FakeTwilio(inner, url)
    assert found == []


def main(port: int, ledger: Path) -> None:
    """Run a whole fake until SIGTERM."""
    stop = Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: stop.set())
    with server.fake_twilio(account_sid=ACCOUNT, token=TOKEN, ledger=ledger, port=port) as url:
        print(url, flush=True)
        stop.wait()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
