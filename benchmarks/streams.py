"""Idle visitors who listen: memory for each, what they cost the turns, how fast news reach them.

A real server with two web workers and the stream process, on PostgreSQL if TEST_DATABASE_URL names
one, else on SQLite. SMS turns are counted in rounds without, with, without, ... the visitors; a
round with them is compared with the mean of the two beside it, so that a machine which gets slower
meanwhile changes nothing. `VISITORS` names another number of them.
"""

from __future__ import annotations

import base64
import os
import resource
import secrets
import shutil
import signal
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, create_engine, make_url, text

from benchmarks.audience import Audience, audience
from benchmarks.persona import replies, the_stage
from benchmarks.traffic import GROUP, Load, generator_name
from benchmarks.turn import GROUPS, Contender, fresh_database, prepare, serving, settings
from bot.channels import stream_wire
from bot.cli.supervise import stream_command
from bot.core.clock import new_id, utc_now
from bot.store.crypto import KeyRing
from tests.live.private_postgres import free_port

VISITORS = int(os.environ.get("VISITORS", "5000"))
ROUNDS = 4
IDLE_SECONDS = 20
PUSHES = 3
PATIENCE_SECONDS = 120.0
PAGE_BYTES = resource.getpagesize()
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")

MOST_KILOBYTES = 20
LEAST_RATIO = 0.90
MOST_SECONDS = 0.5


@dataclass(frozen=True)
class Stage:
    """All that runs: the web server, the stream process, the visitors, the database."""

    web: Contender
    stream_pid: int
    sockets: Path
    audience: Audience
    engine: Engine
    keyring: KeyRing
    script: list[str]

    def turns(self, number: int) -> Load:
        """Return one round of SMS turns by patients who were never there before."""
        self.web.measure(self.script, first=number * GROUPS * GROUP)
        return self.web.rounds[-1]

    def memory(self) -> int:
        """Return the bytes that the stream process itself holds."""
        return int(Path(f"/proc/{self.stream_pid}/statm").read_text().split()[1]) * PAGE_BYTES

    def busy(self) -> dict[str, float]:
        """Return the CPU seconds so far, by who used them."""
        found = {"stream": cpu_seconds(self.stream_pid), "web": self.web.cpu_seconds()}
        if self.engine.dialect.name == "postgresql":
            asked = text("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
            with self.engine.connect() as connection:
                pids = list(connection.execute(asked).scalars())
            found["database"] = sum(map(cpu_seconds, pids))
        return found


def run() -> Iterator[tuple[str, str]]:
    """Yield rows of (what was measured, figure)."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    kind = "postgresql" if os.environ.get("TEST_DATABASE_URL") else "sqlite"
    with ExitStack() as stack:
        stage = set_up(stack, kind)
        yield "machine", machine()
        yield "database", kind
        yield "load from", generator_name()
        yield from measure(stage)


def set_up(stack: ExitStack, kind: str) -> Stage:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    address = stack.enter_context(fresh_database(kind, str(folder), f"streams_{os.getpid()}"))
    sockets = Path(tempfile.mkdtemp(prefix="ps"))
    stack.callback(shutil.rmtree, sockets, ignore_errors=True)
    port, token = free_port(), secrets.token_hex(16)
    env = settings(str(folder), port, token, address) | {
        "STREAM_DIR": str(sockets),
        "STREAMS_AT_MOST": str(VISITORS + 10),
        # All come within a minute or two here, and in an hour or two elsewhere.
        "CHAT_SESSIONS_PER_CLINIC": "1000000",
    }
    prepare(env)
    web = stack.enter_context(serving("ours", port, token, env, "wsgi:app"))
    stream_pid = stack.enter_context(stream_process(env, folder / "stream.log"))
    url = make_url(address)
    engine = create_engine(
        url.set(drivername="postgresql+psycopg") if kind == "postgresql" else url
    )
    stack.callback(engine.dispose)
    keyring = KeyRing([base64.b64decode(env["FIELD_KEYS"])])
    visitors = stack.enter_context(audience(port))
    return Stage(web, stream_pid, sockets, visitors, engine, keyring, replies(the_stage()))


@contextmanager
def stream_process(env: dict[str, str], log: Path) -> Iterator[int]:
    """Run the process that holds the connections for the time of the block; gives its pid."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            stream_command(), env=os.environ | env, stdout=output, stderr=output
        )
    try:
        await_true(lambda: "stream_started" in log.read_text())
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


def measure(stage: Stage) -> Iterator[tuple[str, str]]:
    began = time.monotonic()
    stage.audience.begin(VISITORS)
    yield "chats opened", f"{VISITORS:,} in {time.monotonic() - began:.0f} s"
    stage.turns(0)
    before = stage.memory()
    arrival = stage.audience.listen()
    rate = arrival.listening / arrival.seconds
    told = f"{rate:.0f} a second, told 503 on the way: {arrival.refused}"
    yield "visitors connected", f"{arrival.listening:,}, {told}"
    idle = idle_share(stage)
    each = (stage.memory() - before) / VISITORS / 1000
    yield "memory of the stream process for each", f"{each:.1f} kB (target <= {MOST_KILOBYTES} kB)"
    shares = ", ".join(f"{name} {share * 100:.1f} %" for name, share in idle.items())
    yield f"CPU while they are idle for {IDLE_SECONDS} s, of one core", shares
    for number in range(1, PUSHES + 1):
        yield f"a text to all of them, time {number}", pushed(stage, f"Good morning {number}")
    each = (stage.memory() - before) / VISITORS / 1000
    yield "memory for each after that", f"{each:.1f} kB"
    yield "still connected after that", f"{stage.audience.still_listening():,}"
    stage.audience.leave()
    yield from turn_rows(stage)


def idle_share(stage: Stage) -> dict[str, float]:
    """Return what share of a core each process uses while nothing is said."""
    before, began = stage.busy(), time.monotonic()
    time.sleep(IDLE_SECONDS)
    seconds, after = time.monotonic() - began, stage.busy()
    return {name: (after[name] - before[name]) / seconds for name in before}


def pushed(stage: Stage, words: str) -> str:
    """Write a text to everybody and say how soon it was heard.

    The clock begins when the text is committed; then it is told.
    """
    stage.audience.await_word(words)
    say_to_everybody(stage, words)
    began = time.monotonic()
    stream_wire.tell(stage.sockets, stream_wire.EVERYBODY)
    found = stage.audience.hearing()
    return (
        f"first {found.first - began:.2f} s, last {found.last - began:.2f} s,"
        f" heard by {found.heard:,} of {VISITORS:,} (target <= {MOST_SECONDS} s)"
    )


def turn_rows(stage: Stage) -> list[tuple[str, str]]:
    without, with_them = [stage.turns(1)], []
    for number in range(1, ROUNDS + 1):
        stage.audience.listen()
        with_them.append(stage.turns(2 * number))
        stage.audience.leave()
        time.sleep(1)
        without.append(stage.turns(2 * number + 1))
    beside = [
        (a.per_second + b.per_second) / 2 for a, b in zip(without, without[1:], strict=False)
    ]
    ratios = [load.per_second / base for load, base in zip(with_them, beside, strict=True)]
    errors = sum(load.errors for load in without + with_them)
    return [
        ("SMS turns without them", _speed(without)),
        ("SMS turns with them", _speed(with_them)),
        (
            "turns with / without, median of the rounds",
            f"{statistics.median(ratios):.2f} (each: {' '.join(f'{r:.2f}' for r in ratios)};"
            f" target >= {LEAST_RATIO:.2f}), errors {errors}",
        ),
    ]


def _speed(loads: list[Load]) -> str:
    rate, p50, p99 = (
        statistics.median(getattr(load, name) for load in loads)
        for name in ("per_second", "p50", "p99")
    )
    return f"{rate:.0f} a second, p50 {p50:.1f} ms, p99 {p99:.1f} ms"


def say_to_everybody(stage: Stage, words: str) -> None:
    """Write one clinician's text into every web conversation, outside of any route."""
    body = stage.keyring.seal("messages.body", words.encode())
    wanted = "SELECT id, turn_number + 1 AS turn FROM conversations WHERE channel = 'web'"
    with stage.engine.begin() as connection:
        rows = [
            {"id": new_id(), "conversation": row.id, "turn": row.turn, "body": body, "at": _now()}
            for row in connection.execute(text(wanted))
        ]
        connection.execute(
            text(
                "INSERT INTO messages (id, conversation_id, turn_number, position, direction,"
                " channel, kind, body, media_count, has_location, delivery, created_at)"
                " VALUES (:id, :conversation, :turn, 1, 'outbound', 'web', 'clinician', :body, 0,"
                " false, 'waiting', :at)"
            ),
            rows,
        )
        connection.execute(
            text("UPDATE conversations SET turn_number = turn_number + 1 WHERE channel = 'web'")
        )


def _now() -> object:
    return utc_now().replace(tzinfo=None)


def cpu_seconds(pid: int) -> float:
    """Return user and system time of a process so far; 0 if it has gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    except FileNotFoundError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND


def machine() -> str:
    """Return cores and load of the machine, for whoever reads the figures later."""
    load = os.getloadavg()[0]
    return f"{os.cpu_count()} cores, load {load:.1f} before, {time.strftime('%Y-%m-%d %H:%M')}"


def await_true(claim: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not claim():
        if time.monotonic() > until:
            raise TimeoutError("not within two minutes")
        time.sleep(0.05)


if __name__ == "__main__":
    for name, figure in run():
        print(f"{name:56} {figure}", flush=True)
