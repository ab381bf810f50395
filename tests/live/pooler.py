"""PgBouncer as docs/deploy has it, in front of a PostgreSQL of our own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.live.private_postgres import OWNER, USER, PrivatePostgres, free_port
from tests.live.servers import ROOT, await_true

NO_POOLER = "no PgBouncer: it is not on the PATH"
DOCUMENTED = ROOT / "docs" / "deploy" / "pgbouncer.ini"
FEW = 3
"""Connections to the server: fewer than there are processes, so that they are shared."""


def role_limits() -> list[str]:
    """Return the statements that the file tells the operator to give the role."""
    return re.findall(r"^;\s+(ALTER ROLE .+;)$", DOCUMENTED.read_text(), re.MULTILINE)


@contextmanager
def pooler(postgres: PrivatePostgres, database: str) -> Iterator[str]:
    """Run it for the time of the block; give the address of the database behind it."""
    program = shutil.which("pgbouncer")
    if program is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(NO_POOLER)
    with tempfile.TemporaryDirectory(prefix="porchlight-pool-", dir="/tmp") as name:
        folder, port = Path(name), free_port()
        (folder / "users").write_text(f'"{USER}" ""\n')
        settings = folder / "pgbouncer.ini"
        settings.write_text(_settings(postgres, database, folder, port))
        prefix = []
        if os.geteuid() == 0:
            prefix = ["runuser", "-u", OWNER, "--"]
            for path in (folder, *folder.iterdir()):
                shutil.chown(path, OWNER)
        command = [*prefix, program, "-q", str(settings)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
        url = f"postgresql://{USER}@127.0.0.1:{port}/porchlight"
        try:
            await_true(lambda: _answers(url), seconds=60)
            yield url
        finally:
            process.terminate()
            process.wait(timeout=30)


def _settings(postgres: PrivatePostgres, database: str, folder: Path, port: int) -> str:
    """Return the documented file with what is this machine's alone in place of its own."""
    changed = {
        "porchlight": f"host=127.0.0.1 port={postgres.port} dbname={database}",
        "listen_port": str(port),
        "auth_type": "trust",
        "auth_file": str(folder / "users"),
        "default_pool_size": str(FEW),
    }
    lines = []
    for line in DOCUMENTED.read_text().splitlines():
        name = line.partition(" = ")[0]
        lines.append(f"{name} = {changed.pop(name)}" if name in changed else line)
    assert not changed, f"not in {DOCUMENTED.name} any more: {sorted(changed)}"
    return "\n".join([*lines, "unix_socket_dir =", f"logfile = {folder / 'log'}", ""])


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True
