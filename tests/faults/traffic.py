"""Patients who text: what they say, and how their phones and Twilio keep at it."""

from __future__ import annotations

import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from bot.core.clock import new_id
from tests.faults.twilio_side import CRISIS, Line, Text, callbacks_of

SAID = ("yes", "1", "2", "no", "3/14/1985", "California", "BACK", "help me", "I guess", "SKIP")
DANGER = 0.34
"""The share of patients who write, somewhere, that they are in danger."""

MOST_TRIES = 60
PAUSE_SECONDS = 0.25


def a_life(chance: random.Random, *, danger: float) -> list[str]:
    """What one patient says: consent, some answers, and now and then that they are in danger."""
    bodies = ["Hi", "yes", *(chance.choice(SAID) for _ in range(chance.randint(2, 8)))]
    if chance.random() < danger:
        bodies.insert(chance.randint(1, len(bodies)), CRISIS)
    return bodies


@dataclass
class Traffic:
    """Texts that were sent so far, and reports on replies that the program took."""

    line: Line
    seed: int
    danger: float = DANGER
    texts: list[Text] = field(default_factory=list)
    reports: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    sent_again: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def say(self, patient: str, body: str) -> Text:
        """Send one text until it is accepted, as Twilio and then whoever reconciles would."""
        text = Text(patient, body)
        with self.lock:
            self.texts.append(text)
        for _ in range(MOST_TRIES):
            self.line.deliver(text)
            if text.is_accepted:
                return text
            with self.lock:
                self.sent_again += 1
            time.sleep(PAUSE_SECONDS)
        return text

    def speak(self, patients: Sequence[str], bodies: Sequence[str]) -> None:
        """Let every patient say all of it, one after the other, two patients at a time."""

        def work(number: int) -> None:
            for patient in patients[number::2]:
                for body in bodies:
                    self.say(patient, body)

        in_threads(work, range(2))

    def report(self, text: Text, statuses: Sequence[str]) -> None:
        """Report on every text of a reply, in this order."""
        for address in callbacks_of(text.document):
            (message_id,) = parse_qs(urlsplit(address).query)["message"]
            sid = f"SM{new_id()}"
            for status in statuses:
                if self.line.report(address, status, sid=sid):
                    with self.lock:
                        self.reports[message_id].append(status)

    def run(self, keep_on: Callable[[int], bool], *, clients: int) -> None:
        """Let patients live one after the other, `clients` at a time, while `keep_on(turns)`."""

        def live(number: int) -> None:
            chance = random.Random(self.seed * 1000 + number)
            while keep_on(len(self.texts)):
                patient = f"+1213{number:01d}{chance.randrange(10**6):06d}"
                for body in a_life(chance, danger=self.danger):
                    text = self.say(patient, body)
                    if chance.random() < 0.25:
                        self.report(text, _shuffled(("sent", "delivered") * 2, chance))

        in_threads(live, range(clients))


def in_threads(job: Callable[[int], object], numbers: Sequence[int]) -> None:
    """Do the job for all numbers at once; raise what one of them raised."""
    with ThreadPoolExecutor(len(numbers)) as pool:
        for done in [pool.submit(job, number) for number in numbers]:
            done.result()


def _shuffled(items: Sequence[str], chance: random.Random) -> list[str]:
    return chance.sample(list(items), len(items))


def a_crowd(count: int, *, prefix: str = "+1415") -> list[str]:
    """Return the numbers of so many patients."""
    return [f"{prefix}{number:07d}" for number in range(count)]
