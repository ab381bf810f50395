"""Where a scenario plays: a database, web processes, a worker, and a fake Twilio beside them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from msgspec import structs
from sqlalchemy import text

from bot.cli.supervise import web_command
from bot.core.clinic import Clinic
from bot.core.clock import utc_now
from bot.store.crypto import KeyRing
from bot.store.engine import READ_ONLY, make_engine
from tests.faults.triggers import Triggers
from tests.faults.twilio_side import Line
from tests.live.private_postgres import PrivatePostgres, free_port, private_postgres, small_disk
from tests.live.servers import CLINIC, FIELD_KEY, Server, await_true, make_server, prepare

ENTRY = "tests.faults.entry:serving"


def _zone_of_noon() -> str:
    """Return a time zone in which it is about noon: reminders are sent by day only."""
    ahead = 12 - utc_now().hour
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"


QUICK_CLINIC = structs.replace(CLINIC, segments_per_second=200.0, time_zone=_zone_of_noon())
DATABASES = ("sqlite", "postgresql")


@dataclass
class Place:
    """What a scenario may touch. `postgres` is a server of our own, None on SQLite."""

    database_url: str
    folder: Path
    server: Server
    twilio_url: str
    postgres: PrivatePostgres | None = None
    web: subprocess.Popen[bytes] | None = None
    fake: subprocess.Popen[bytes] | None = None
    worker: subprocess.Popen[bytes] | None = None
    triggers: Triggers = field(init=False)
    line: Line = field(init=False)

    def __post_init__(self) -> None:
        self.triggers = Triggers(self.folder / "faults")
        self.line = Line(self.server.port, self.server.env["PUBLIC_URL"])

    @property
    def ledger_file(self) -> Path:
        return self.folder / "ledger"

    def ledger(self, kind: str) -> list[dict[str, Any]]:
        """The fake's entries of one kind, from its file."""
        lines = self.ledger_file.read_text().splitlines() if self.ledger_file.exists() else []
        return [entry for entry in map(json.loads, lines) if entry["entry"] == kind]

    def behave(self, **changes: object) -> None:
        """Tell the fake Twilio how to behave."""
        form = urlencode({name: str(value) for name, value in changes.items()}).encode()
        urllib.request.urlopen(f"{self.twilio_url}/mode", form, timeout=10).close()

    def start_fake(self) -> None:
        port = self.twilio_url.rpartition(":")[2]
        command = [sys.executable, "-m", "tests.fakes.twilio", port, str(self.ledger_file)]
        self.fake = self.server.start(command)
        await_true(self._fake_answers, seconds=180)

    def start_web(self, *, workers: int = 2) -> None:
        *command, target = web_command(host="127.0.0.1", port=self.server.port, workers=workers)
        assert target == "wsgi:app"
        self.web = self.server.start([*command, ENTRY])
        await_true(lambda: self._is_up(self.web), seconds=180)

    def start_worker(self) -> None:
        self.worker = self.server.start([sys.executable, "-m", "tests.faults.worker"])
        await_true(lambda: "worker.started" in self.server.events(), seconds=180)

    def kept(self) -> int:
        """How many messages wait on disk."""
        return len(self.server.waiting())

    def engine(self) -> Any:
        return make_engine(self.database_url, KeyRing([FIELD_KEY]))

    def look(self, query: str) -> list[Any]:
        """Ask the database something."""
        engine = self.engine()
        with engine.connect().execution_options(**READ_ONLY) as connection:
            found = connection.execute(text(query)).all()
        engine.dispose()
        return list(found)

    def stop(self) -> None:
        for process in self.server.processes:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=30)
        self.server.processes.clear()

    def _fake_answers(self) -> bool:
        with suppress(OSError):
            urllib.request.urlopen(f"{self.twilio_url}/mode", timeout=5).close()
            return True
        return False

    def _is_up(self, process: subprocess.Popen[bytes] | None) -> bool:
        assert process is not None
        if process.poll() is not None:
            raise SystemExit(self.server.log.read_text("utf-8", "replace")[-3000:])
        return self.server.get("/healthz") == 200


@contextmanager
def a_place(
    database: str,
    *,
    workers: int = 2,
    disk: bool = False,
    clinic: Clinic = QUICK_CLINIC,
    **settings: str,
) -> Iterator[Place]:
    """Set everything up from nothing, and leave nothing behind.

    `disk` puts the database onto a small disk of its own that may be filled.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="faults-")))
        folder.chmod(0o755)
        data = stack.enter_context(small_disk(folder / "disk")) if disk else folder
        postgres, url = None, f"sqlite:///{data}/porchlight.db"
        if database == "postgresql":
            postgres = stack.enter_context(private_postgres())
            url = make_database(postgres, data if disk else None)
        prepare(url, clinic)
        twilio_url = f"http://127.0.0.1:{free_port()}"
        server = make_server(
            url,
            folder,
            TWILIO_API_URL=twilio_url,
            FAULTS_DIR=str(folder / "faults"),
            SPOOL_DIR=str(folder / "spool"),
            PYTHONDONTWRITEBYTECODE="1",
            **settings,
        )
        place = Place(url, folder, server, twilio_url, postgres)
        stack.callback(place.stop)
        place.start_fake()
        place.start_web(workers=workers)
        place.start_worker()
        yield place


def make_database(postgres: PrivatePostgres, disk: Path | None, name: str = "door") -> str:
    """Return the address of a new database; with `disk` it lies in a space on that."""
    where = ""
    if disk is not None:
        space = disk / "space"
        space.mkdir()
        postgres.own(space)
        postgres.run("postgres", f"CREATE TABLESPACE small LOCATION '{space}'")
        where = " TABLESPACE small"
    postgres.run("postgres", f"CREATE DATABASE {name}{where}")
    return postgres.url(name)
