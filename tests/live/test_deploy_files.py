"""docs/deploy as it stands: units and compose file are started with exactly what they say."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import yaml

from tests.fakes.twilio import fake_twilio
from tests.faults.brokers import own_redis
from tests.live.desk import CRISIS
from tests.live.servers import ROOT, await_true, make_server, prepare
from tests.live.units import FOLDER, PROGRAMS, Unit, read_unit, start_unit, stop_unit

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]

ON_CALL = "+12125550123"
APART = ("porchlight-web", "porchlight-worker", "porchlight-stream", "porchlight-queue")
ALL = (*APART, "porchlight")
STARTED = ("worker.started", "stream_started", "queue.started")
STOPPED = ("worker.stopped", "stream_stopped")
NO_SYSTEMD = "no systemd-analyze on the PATH"
PUBLISHED = "0.0.0.0:8000"
MIGRATE = [f"{Path(sys.executable).parent}/flask", "--app", "wsgi", "migrate"]


@pytest.fixture
def server(database_url):
    """A server's settings over an empty database, a broker, and a folder with a short name."""
    with (
        tempfile.TemporaryDirectory(prefix="unit-", dir="/tmp") as name,
        own_redis() as broker,
        fake_twilio() as twilio,
    ):
        broker.start()
        made = make_server(
            database_url, Path(name), TWILIO_API_URL=twilio.url, BROKER_URL=broker.url,
            HOST="127.0.0.1",
        )  # fmt: skip
        for given_by_the_unit in ("INSTANCE_PATH", "SPOOL_DIR"):
            made.env.pop(given_by_the_unit)
        made.twilio, made.state = twilio, Path(name)
        try:
            yield made
        finally:
            made.stop()


def serves(server):
    """Everything has started, a text gets its answer, and a crisis pages."""
    await_true(lambda: all(event in server.events() for event in STARTED), seconds=120)
    await_true(lambda: server.get("/readyz") == 200, seconds=120)
    assert server.text("Hi", From="+12135551111").texts
    assert server.text(CRISIS, From="+12135552222").says_where_help_is
    await_true(lambda: server.twilio.bodies_to(ON_CALL), seconds=60)
    assert server.get("/metrics") == 200


def test_the_units_apart_serve_and_stop_gracefully(server):
    env = {**server.env, "INSTANCE_PATH": str(server.state)}
    done = subprocess.run(MIGRATE, env=env, cwd=ROOT, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
    prepare(server.env["DATABASE_URL"])
    units = [read_unit(name) for name in APART]
    running = [(unit, start_unit(unit, server, server.state)) for unit in units]
    serves(server)
    ended = {unit.name: stop_unit(unit, process) for unit, process in running}
    assert ended == dict.fromkeys(APART, (0, False))
    assert set(STOPPED) <= set(server.events())


def test_the_unit_of_one_machine_serves_and_stops_gracefully(server):
    prepare(server.env["DATABASE_URL"])
    unit = read_unit("porchlight")
    process = start_unit(unit, server, server.state)
    serves(server)
    assert stop_unit(unit, process) == (0, False)
    assert set(STOPPED) <= set(server.events())


def test_systemd_finds_nothing_to_say_against_the_units(tmp_path):
    if shutil.which("systemd-analyze") is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(NO_SYSTEMD)
    for name in ALL:
        text = (FOLDER / f"{name}.service").read_text()
        programs = f"{Path(sys.executable).parent}/"
        (tmp_path / f"{name}.service").write_text(text.replace(PROGRAMS, programs))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *map(str, tmp_path.iterdir())],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def compose():
    return yaml.safe_load((FOLDER / "compose.yaml").read_text())["services"]


def in_compose(name):
    """The program that a service starts: what is done before it in a shell is left out."""
    command = compose()[name]["command"]
    return command[-1].rpartition("exec ")[2].split() if command[0] == "sh" else command


@pytest.mark.parametrize("name", ["web", "worker", "stream", "queue"])
def test_compose_starts_the_same_programs_as_the_units(name):
    unit: Unit = read_unit(f"porchlight-{name}")
    command = [word.removeprefix(PROGRAMS) for word in unit.command]
    assert [word.replace(PUBLISHED, "127.0.0.1:8000") for word in in_compose(name)] == command


def test_compose_waits_no_less_than_the_units_for_a_program_to_stop():
    for name in ("web", "worker", "stream", "queue"):
        patience = float(compose()[name]["stop_grace_period"].removesuffix("s"))
        assert patience >= read_unit(f"porchlight-{name}").stops_within_seconds


def test_no_secret_gets_into_an_image():
    ignored = (FOLDER / "Dockerfile.dockerignore").read_text().splitlines()
    assert {"instance", "docs/deploy/porchlight.env", ".git"} <= set(ignored)
