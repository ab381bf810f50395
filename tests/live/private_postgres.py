"""A PostgreSQL of our own, which may be frozen, stopped, filled up and locked as a test likes."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

NO_BINARIES = "no PostgreSQL: neither initdb under /usr/lib/postgresql nor on the PATH"
NO_DISK = "no small disk: mounting one is not allowed here"
USER = "porchlight"
OWNER = "postgres"
SMALL_MB = 24
FASTER = (
    *("-c", "shared_buffers=16MB", "-c", "max_connections=60", "-c", "autovacuum=off"),
    *("-c", "listen_addresses=127.0.0.1", "-c", "checkpoint_timeout=1h"),
)


def binaries() -> Path | None:
    """Where the newest installed server's programs are."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else None


def binaries_or_skip() -> Path:
    """The programs; without them the test is skipped, in CI it fails."""
    found = binaries()
    if found is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(NO_BINARIES)
    return found


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class PrivatePostgres:
    """One server with its own folder and port; every fault can be made and healed."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs = programs
        self.folder = folder
        self.port = free_port()

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"

    def create(self) -> None:
        self._as_owner(
            *("initdb", "-D", self._data, "-U", USER, "--auth=trust", "--no-sync"),
            *("--encoding=UTF8", "--no-locale"),
        )

    def start(self) -> None:
        options = " ".join([*FASTER, f"-c port={self.port}", f"-k {self.folder}"])
        log = str(self.folder / "log")
        self._as_owner("pg_ctl", "-D", self._data, "-w", "-l", log, "-o", options, "start")

    def stop(self) -> None:
        """Stop at once, as a crash does; connections are refused from then on."""
        self._as_owner("pg_ctl", "-D", self._data, "-w", "-m", "immediate", "stop")

    def is_running(self) -> bool:
        return (self.folder / "data" / "postmaster.pid").exists()

    def freeze(self) -> None:
        """Stop every process of the server where it stands; sockets stay open."""
        for process in self._processes():
            os.kill(process, signal.SIGSTOP)

    def thaw(self) -> None:
        for process in self._processes():
            os.kill(process, signal.SIGCONT)

    def own(self, folder: Path) -> None:
        """Give a folder to the user the server runs as."""
        if os.geteuid() == 0:
            shutil.chown(folder, OWNER, OWNER)

    def set_read_only(self, value: str) -> None:
        self.run("postgres", f"ALTER SYSTEM SET default_transaction_read_only = {value}")
        self.run("postgres", "SELECT pg_reload_conf()")
        self.await_setting("default_transaction_read_only", value)

    def await_setting(self, name: str, value: str) -> None:
        for _ in range(200):
            with psycopg.connect(self.url()) as connection:
                if connection.execute(f"SHOW {name}").fetchone() == (value,):
                    return
            time.sleep(0.05)
        raise TimeoutError(name)

    def run(self, database: str, statement: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            connection.execute("SET default_transaction_read_only = off")
            cursor = connection.execute(statement)
            return [] if cursor.description is None else cursor.fetchall()

    def _processes(self) -> list[int]:
        head = int((self.folder / "data" / "postmaster.pid").read_text().split("\n", 1)[0])
        children = Path(f"/proc/{head}/task/{head}/children").read_text().split()
        return [head, *map(int, children)]

    @property
    def _data(self) -> str:
        return str(self.folder / "data")

    def _as_owner(self, program: str, *arguments: str) -> None:
        prefix = ["runuser", "-u", OWNER, "--"] if os.geteuid() == 0 else []
        command = [*prefix, str(self._programs / program), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/tmp", timeout=60)


@contextmanager
def private_postgres() -> Iterator[PrivatePostgres]:
    """Run a server of our own for the time of the block; nothing of it is left behind."""
    programs = binaries_or_skip()
    with tempfile.TemporaryDirectory(prefix="porchlight-pg-", dir="/tmp") as name:
        if os.geteuid() == 0:
            shutil.chown(name, OWNER)
        server = PrivatePostgres(programs, Path(name))
        server.create()
        server.start()
        try:
            yield server
        finally:
            if server.is_running():
                server.thaw()
                server.stop()


@contextmanager
def small_disk(folder: Path, *, megabytes: int = SMALL_MB) -> Iterator[Path]:
    """Mount a disk of `megabytes` at `folder`; a plain folder where mounting is not allowed."""
    folder.mkdir(parents=True, exist_ok=True)
    options = f"size={megabytes}m"
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    subprocess.run(command, capture_output=True, check=False)
    try:
        yield folder
    finally:
        if folder.is_mount():
            subprocess.run(["umount", "-l", str(folder)], check=True)


def _only_small(disk: Path) -> None:
    """Never fill or freeze the machine's own disk."""
    if not disk.is_mount():
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(NO_DISK)


def turn_read_only(disk: Path) -> None:
    """Let nobody write to a mounted disk any more, as a failing one does; no file may be open."""
    _only_small(disk)
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)


def fill(disk: Path) -> Path:
    """Take every free byte of a small disk; remove the returned file to give them back."""
    _only_small(disk)
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as handle:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while True:
                    handle.write(b"\0" * size)
            except OSError:
                continue
    return filler
