"""The systemd units of docs/deploy, read as systemd reads them and run where a test wants them."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.live.servers import ROOT, Server

FOLDER = ROOT / "docs" / "deploy"
PROGRAMS = "/opt/porchlight/.venv/bin/"
STATE = "/var/lib/porchlight"
RUN = "/run/porchlight-web"
ADDRESS = "127.0.0.1:8000"


@dataclass(frozen=True)
class Unit:
    """What of a unit makes it run: its command, its environment, how long it may take to stop."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    stops_within_seconds: float


def read_unit(name: str) -> Unit:
    """Return the unit of this name, with the paths that stand in it."""
    values: dict[str, list[str]] = {}
    for line in (FOLDER / f"{name}.service").read_text().splitlines():
        key, found, value = line.partition("=")
        if found and not line.startswith("#"):
            values.setdefault(key, []).append(value)
    pairs = [pair for line in values["Environment"] for pair in shlex.split(line)]
    (command,), (seconds,) = values["ExecStart"], values["TimeoutStopSec"]
    environment = dict(pair.split("=", 1) for pair in pairs)
    return Unit(name, tuple(shlex.split(command)), environment, float(seconds))


def start_unit(unit: Unit, server: Server, state: Path) -> subprocess.Popen[bytes]:
    """Run its ExecStart with its environment; only paths and the port are this machine's."""
    run = state / "run"
    run.mkdir(exist_ok=True)
    programs = f"{Path(sys.executable).parent}/"
    changes = {
        PROGRAMS: programs, STATE: str(state), RUN: str(run), ADDRESS: f"127.0.0.1:{server.port}",
    }  # fmt: skip

    def here(text: str) -> str:
        for documented, ours in changes.items():
            text = text.replace(documented, ours)
        return text

    env = {**server.env, **{name: here(value) for name, value in unit.environment.items()}}
    with server.log.open("ab") as log:
        process = subprocess.Popen(
            [here(word) for word in unit.command], env=env, stdout=log, stderr=log, cwd=ROOT,
            start_new_session=True,
        )  # fmt: skip
    server.processes.append(process)
    return process


def stop_unit(unit: Unit, process: subprocess.Popen[bytes]) -> tuple[int, bool]:
    """Stop it as KillMode=mixed does: SIGTERM to the first process, patience, SIGKILL to the rest.

    Return its exit status, and whether something was left to be killed.
    """
    process.send_signal(signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=unit.stops_within_seconds)
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return process.wait(), False
    return process.wait(), True
