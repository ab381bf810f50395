"""Full signed SMS turns over HTTP beside WD, the least such a turn can cost, on both databases.

Two sync workers each, 16 connections, the same requests: patients go through the whole screening
side by side. Ours and WD are measured in alternating rounds of one run, so that a slow moment of
the machine falls on both; what is reported is the median of the rounds' ratios.
"""

from __future__ import annotations

import base64
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from benchmarks import reference
from benchmarks.persona import replies, the_stage
from benchmarks.traffic import GROUP, Load, conversations, generator_name, send, signed
from bot.cli.supervise import web_command

PATH = "/webhooks/twilio/sms"
ACCOUNT = "AC" + "0" * 32
CLINIC_NUMBER = "+15005550006"
WORKERS = 2
ROUNDS = 5
SECONDS = 6
GROUPS = 8
"""Of 40 patients; more requests than a round can send, so that none is sent twice."""
START_SECONDS = 120
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass
class Contender:
    """A server under test: where it listens, its secret, its processes, its rounds."""

    name: str
    port: int
    token: str
    process: subprocess.Popen[bytes]
    rounds: list[Load] = field(default_factory=list)
    cpu_us: list[float] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{PATH}"

    def cpu_seconds(self) -> float:
        """Return user and system time of the server and its workers so far."""
        return sum(_ticks(pid) for pid in _family(self.process.pid)) / TICKS_PER_SECOND

    def measure(self, script: list[str], *, first: int) -> None:
        fields = conversations(
            script, groups=GROUPS, account=ACCOUNT, clinic=CLINIC_NUMBER, first=first
        )
        requests = [signed(self.url, self.token, form) for form in fields]
        before = self.cpu_seconds()
        load = send(self.url, requests, seconds=SECONDS)
        self.cpu_us.append((self.cpu_seconds() - before) / load.requests * 1e6)
        self.rounds.append(load)


def _ticks(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    except FileNotFoundError:
        return 0
    return int(fields[11]) + int(fields[12])


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(grand for child in children for grand in _family(int(child)))]


@contextmanager
def serving(
    name: str, port: int, token: str, env: dict[str, str], app: str
) -> Iterator[Contender]:
    """Run `app` under gunicorn until the block ends."""
    command = web_command(host="127.0.0.1", port=port, workers=WORKERS)
    command[-1] = app
    process = subprocess.Popen(command, env=os.environ | env, stderr=subprocess.DEVNULL)
    try:
        _await(port)
        yield Contender(name, port, token, process)
    finally:
        process.terminate()
        process.wait(timeout=30)


def _await(port: int) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).close()
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"nothing answers on port {port}")


def settings(folder: str, port: int, token: str, database: str) -> dict[str, str]:
    """Return the environment of a server with its own database and secrets."""
    key = lambda: base64.b64encode(os.urandom(32)).decode()  # noqa: E731
    return {
        "INSTANCE_PATH": folder,
        "DATABASE_URL": database,
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "PORT": str(port),
        "SECRET_KEY": secrets.token_hex(32),
        "FIELD_KEYS": key(),
        "ADDRESS_HASH_KEY": key(),
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": token,
        "DEMO": "0",
    }


def prepare(env: dict[str, str]) -> None:
    """Migrate the database and apply the demo clinic."""
    for arguments in (["migrate"], ["clinics", "apply", "clinics/demo.yaml", "--yes"]):
        command = [sys.executable, "-m", "flask", "--app", "wsgi", *arguments]
        subprocess.run(command, env=os.environ | env, check=True, capture_output=True)


@contextmanager
def fresh_database(kind: str, folder: str, name: str) -> Iterator[str]:
    """Yield the address of an empty database that is gone afterwards."""
    if kind == "sqlite":
        yield f"sqlite:///{folder}/{name}.db"
        return
    server = os.environ["TEST_DATABASE_URL"]
    address = server.rsplit("/", 1)[0] + f"/porchlight_bench_{name}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS porchlight_bench_{name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE porchlight_bench_{name}")
    try:
        yield address
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE porchlight_bench_{name} WITH (FORCE)")


def compare(kind: str, script: list[str]) -> list[tuple[str, str]]:
    """Return the figures of one database."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        token = secrets.token_hex(16)
        ours_at, wd_at = (
            stack.enter_context(fresh_database(kind, folder, name)) for name in ("ours", "wd")
        )
        env = settings(folder, 8711, token, ours_at)
        prepare(env)
        reference.create_tables(wd_at.removeprefix("sqlite:///"))
        wd_env = {
            "REF_DATABASE": wd_at.removeprefix("sqlite:///"),
            "REF_URL": f"http://127.0.0.1:8712{PATH}",
            "REF_TOKEN": token,
        }
        ours = stack.enter_context(serving("ours", 8711, token, env, "wsgi:app"))
        wd = stack.enter_context(
            serving("WD", 8712, token, wd_env, "benchmarks.reference:application")
        )
        for number in range(ROUNDS + 1):
            for contender in (ours, wd) if number % 2 else (wd, ours):
                contender.measure(script, first=number * GROUPS * GROUP)
        return _figures(kind, ours, wd)


def _figures(kind: str, ours: Contender, wd: Contender) -> list[tuple[str, str]]:
    """Medians over the rounds; the first one warmed the servers up and does not count."""

    def middle(values: list[float]) -> float:
        return statistics.median(values[1:])

    def pairs(of: str) -> float:
        one, other = ([getattr(r, of) for r in c.rounds] for c in (ours, wd))
        return middle([a / b for a, b in zip(one, other, strict=True)])

    rows = [
        (
            f"{kind}: {c.name}",
            f"{middle([r.per_second for r in c.rounds]):,.0f} turns/s,"
            f" p50 {middle([r.p50 for r in c.rounds]):.1f} ms,"
            f" p99 {middle([r.p99 for r in c.rounds]):.1f} ms,"
            f" CPU {middle(c.cpu_us):,.0f} us a turn,"
            f" errors {sum(r.errors for r in c.rounds)}",
        )
        for c in (ours, wd)
    ]
    spread = middle([r.p99 / r.p50 for r in ours.rounds])
    cpu = middle([a / b for a, b in zip(ours.cpu_us, wd.cpu_us, strict=True)])
    rows += [
        (f"{kind}: turns/s, ours / WD", f"{pairs('per_second'):.2f} (target >= 0.75)"),
        (f"{kind}: CPU a turn, ours / WD", f"{cpu:.2f} (target <= 1.4)"),
        (f"{kind}: p99 / p50, ours", f"{spread:.2f} (target <= 2.5)"),
    ]
    return rows


def run() -> list[tuple[str, str]]:
    script = replies(the_stage())
    kinds = ["sqlite"] + (["postgresql"] if os.environ.get("TEST_DATABASE_URL") else [])
    rows = [("load from", generator_name()), ("turns of a conversation", str(len(script)))]
    for kind in reversed(kinds):
        rows += compare(kind, script)
    if "postgresql" not in kinds:
        rows.append(("postgresql", "not measured: TEST_DATABASE_URL is not set"))
    return rows


if __name__ == "__main__":
    for name, figure in run():
        print(f"{name:32} {figure}", flush=True)
