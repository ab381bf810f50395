"""A server, its database, and fifty patients in the middle of a question."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text

from bot.services.health import LONGEST_REST_SECONDS
from bot.store.crypto import KeyRing
from bot.store.engine import make_engine
from tests.live.servers import FIELD_KEY, Answer, Server, in_parallel, prepare, serving, share

PROMISE_SECONDS = 3.0
PATIENTS = 50
CLIENTS = 4
TRIES = 20
CRISIS = "I am going to kill myself tonight"

KEPT = "status, state, flow_hash, risk_open, crisis_answers, consult_id, consult_priority"
AS_BEFORE = (
    f"UPDATE conversations SET ({KEPT}) = "
    f"(SELECT {KEPT} FROM before_crisis b WHERE b.id = conversations.id)",
    "UPDATE patients SET opted_out_at = NULL",
)


@dataclass
class Desk:
    """Where a test stands: it sends texts and looks into the database."""

    server: Server
    engine: Engine
    kind: str = ""
    disk: Path = Path()

    def sql(self, *statements: str, **values: Any) -> list[Any]:
        with self.engine.begin() as connection:
            results = [connection.execute(text(each), values) for each in statements]
            return list(results[-1]) if results[-1].returns_rows else []

    def count(self, table: str, where: str = "1 = 1", **values: Any) -> int:
        ((found,),) = self.sql(f"SELECT count(*) FROM {table} WHERE {where}", **values)
        return int(found)

    def begin_conversations(self) -> None:
        """Let every patient give consent, so that each is asked the next question."""
        for body in ("Hi", "yes"):
            jobs = [partial(self._until_answered, body, phone(n)) for n in range(PATIENTS)]
            in_parallel(jobs, clients=CLIENTS)
        self.sql(f"CREATE TABLE before_crisis AS SELECT id, {KEPT} FROM conversations")
        assert self.count("conversations", "status = 'active' AND turn_number >= 2") == PATIENTS

    def _until_answered(self, body: str, patient: str) -> Answer:
        """Text until there is a reply: on a busy machine a text may be kept on disk first."""
        for _ in range(TRIES):
            answer = self.server.text(body, From=patient)
            if answer.texts:
                return answer
            time.sleep(LONGEST_REST_SECONDS)
        raise AssertionError(f"no reply after {TRIES} tries: {answer.status}")

    def in_rounds(
        self, rounds: int, body: str, *, set_up: Callable[[], object], **fields: str
    ) -> list[Answer]:
        """Send a text from every patient, `rounds` times, each time in the same situation."""
        answers = []
        for _ in range(rounds):
            self.sql(*AS_BEFORE)
            set_up()
            jobs = [
                partial(self.server.text, body, **{"From": phone(n)} | fields)
                for n in range(PATIENTS)
            ]
            answers += in_parallel(jobs, clients=CLIENTS)
        self.sql(*AS_BEFORE)
        return answers


def phone(number: int) -> str:
    return f"+1213{number:07d}"


@contextmanager
def a_desk(database_url: str, folder: Path, **settings: str) -> Iterator[Desk]:
    """Prepare an empty database, start a server on it, and let the patients begin."""
    prepare(database_url)
    with serving(database_url, folder, **settings) as server:
        engine = make_engine(database_url, KeyRing([FIELD_KEY]))
        try:
            desk = Desk(server, engine)
            desk.begin_conversations()
            yield desk
        finally:
            engine.dispose()


def assert_at_once(answers: list[Answer], *, case: str) -> None:
    """Every answer says where help is, and 99.9 % of them did so within the promise."""
    seconds = [answer.seconds for answer in answers]
    note(case, seconds)
    silent = [answer.status for answer in answers if not answer.says_where_help_is]
    assert silent == [], f"{case}: {len(silent)} of {len(answers)} were not told where help is"
    assert share(seconds, 0.999) <= PROMISE_SECONDS, f"{case}: slowest {max(seconds):.2f} s"


def note(case: str, seconds: list[float]) -> None:
    """Print the figures, and append them to the file that LATENCIES names."""
    p50, p999 = share(seconds, 0.5) * 1000, share(seconds, 0.999) * 1000
    line = f"| {case} | {len(seconds)} | {p50:.0f} | {p999:.0f} | {max(seconds) * 1000:.0f} |\n"
    print(line, end="")
    if given := os.environ.get("LATENCIES"):
        with open(given, "a", encoding="utf-8") as file:
            file.write(line)
