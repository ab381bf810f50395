"""A crisis is answered at once: every case of it, with as many samples as are asked for.

Cases that are answered from the database in milliseconds play at a server with two processes, on
a disk as it is. Those in which the database fails play at one with many processes: each of them
waits for its limit and then lets the database rest, so that only many of them wait often.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bot.cli.supervise import web_command
from bot.store.crypto import KeyRing
from bot.store.engine import make_engine
from tests.faults.checker import Claim
from tests.faults.place import make_database
from tests.faults.running import Plan, Result, until
from tests.faults.timings import WAITED_SECONDS, Timing, promised, timed
from tests.live import outages
from tests.live.desk import AS_BEFORE, CRISIS, PATIENTS, Desk, phone
from tests.live.private_postgres import PrivatePostgres, private_postgres, small_disk
from tests.live.servers import (
    FIELD_KEY,
    Answer,
    await_true,
    in_parallel,
    make_server,
    prepare,
    traffic,
)
from tests.live.situations import SITUATIONS, Situation, text_in

FEW = 2
MANY = 48
LEAST = 8
"""Web processes; the test's PostgreSQL takes 60 connections, and a few samples need few."""

CLIENTS = 64
PAUSE_SECONDS = 1.0
PATIENCE_SECONDS = 1200.0
DISK_MB = 64
TELLING = ("crisis_not_recorded", "message_not_kept", "text_not_answered", "turn_failed")
"""Events that say why a text was not stored."""

NAME = "door"


@dataclass(frozen=True)
class Outage:
    """A way to fail; `waits` says that whoever asks the database waits for a time limit."""

    name: str
    make: Callable[[], AbstractContextManager[None]]
    waits: bool


def at_once(plan: Plan) -> Result:
    """A text in a crisis comes in every situation, and while the database fails in every way."""
    timings: list[Timing] = []
    silent: list[str] = []
    lost: list[str] = []
    with ExitStack() as stack:
        postgres = None
        if plan.database == "postgresql":
            postgres = stack.enter_context(private_postgres())
        for case, answers, held in _cases(plan, postgres):
            print(f"at once: {case}: {len(answers)} answers", file=sys.stderr, flush=True)
            timings.append(timed(case, answers))
            silent += [f"{case}: {a.status}" for a in answers if not a.says_where_help_is]
            lost += [f"{case}: {held} of {len(answers)}"] if held < len(answers) else []
    total = sum(len(each.seconds) for each in timings)
    claims = [
        Claim("P3", "every crisis is told where help is", total, silent),
        Claim("P3", "every crisis is stored or kept", total, lost),
        *promised(timings),
    ]
    return Result("at once", plan.database, total, claims, timings=timings)


Case = tuple[str, list[Answer], int]
"""A name, the answers, and how many of the texts were stored or kept on disk."""


def _cases(plan: Plan, postgres: PrivatePostgres | None) -> Iterator[Case]:
    with a_desk_of(FEW, postgres) as desk:
        for situation in SITUATIONS:
            yield _situated(desk, situation, plan)
    many = min(MANY, max(LEAST, plan.samples))
    with a_desk_of(many, postgres, on_small_disk=True) as desk:
        for outage in _outages(desk, postgres):
            yield _failing(desk, outage, plan)


def _situated(desk: Desk, situation: Situation, plan: Plan) -> Case:
    before = desk.count("safety_events")
    answers = text_in(desk, situation, rounds=max(1, plan.samples // PATIENTS))
    stored = desk.count("safety_events") - before
    return situation.name, answers, stored if situation.is_stored else len(answers)


def _failing(desk: Desk, outage: Outage, plan: Plan) -> Case:
    before = desk.count("safety_events")
    clients = min(CLIENTS, plan.samples + LEAST)
    with outage.make(), traffic(partial(_text, desk), clients=clients) as answers:
        until(lambda: _enough(answers, outage, plan.samples), PATIENCE_SECONDS)
    desk.engine.dispose()
    kept = desk.server.waiting()
    stored = desk.count("safety_events") - before
    for path in kept:
        path.unlink()
    await_true(lambda: desk.server.text("1", From=phone(0)).texts != (), seconds=120)
    return outage.name, answers, stored + len(kept)


def _text(desk: Desk, number: int) -> Answer:
    time.sleep(random.uniform(0, 2 * PAUSE_SECONDS))
    return desk.server.text(CRISIS, From=phone(number % PATIENTS))


def _enough(answers: list[Answer], outage: Outage, samples: int) -> bool:
    """Where somebody has to wait, only who waited counts."""
    least = WAITED_SECONDS if outage.waits else 0.0
    return sum(answer.seconds >= least for answer in list(answers)) >= samples


def _outages(desk: Desk, postgres: PrivatePostgres | None) -> Iterator[Outage]:
    if postgres is None:
        yield Outage("file locked", partial(outages.file_locked, desk.disk), waits=True)
        yield Outage("disk full", partial(outages.file_disk_full, desk.disk), waits=False)
        return
    waiting = {outages.frozen, outages.rows_locked, outages.table_locked}
    for make in outages.POSTGRESQL:
        name = make.__name__.replace("_", " ")
        yield Outage(name, partial(make, postgres, NAME, desk.disk), waits=make in waiting)


@contextmanager
def a_desk_of(
    workers: int, postgres: PrivatePostgres | None, *, on_small_disk: bool = False
) -> Iterator[Desk]:
    """Start so many web processes over an empty database, and let the patients begin."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="at-once-")))
        folder.chmod(0o755)
        disk = folder
        if on_small_disk:
            disk = stack.enter_context(small_disk(folder / "disk", megabytes=DISK_MB))
        url = f"sqlite:///{disk}/porchlight.db"
        if postgres is not None:
            url = _make_database(postgres, disk if on_small_disk else None)
        prepare(url)
        server = make_server(url, folder, SPOOL_DIR=str(folder / "spool"))
        stack.callback(server.stop)
        server.start(web_command(host="127.0.0.1", port=server.port, workers=workers))
        await_true(lambda: server.get("/healthz") == 200, seconds=120)
        engine = make_engine(url, KeyRing([FIELD_KEY]))
        stack.callback(engine.dispose)
        desk = Desk(server, engine, disk=disk)
        desk.begin_conversations()
        _warm(desk, workers)
        yield desk
        errors = Counter(each for each in server.events() if each in TELLING)
        print(f"at once: in the log: {dict(errors)}", file=sys.stderr, flush=True)


def _warm(desk: Desk, workers: int) -> None:
    """Let every process open its connection: what then fails is one that was well before."""
    jobs = [partial(desk.server.text, "1", From=phone(n % PATIENTS)) for n in range(8 * workers)]
    in_parallel(jobs, clients=workers)
    desk.sql(*AS_BEFORE)


def _make_database(postgres: PrivatePostgres, disk: Path | None) -> str:
    postgres.run("postgres", f"DROP DATABASE IF EXISTS {NAME}")
    return make_database(postgres, disk, NAME)
