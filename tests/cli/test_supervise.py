"""The supervisor with small programs in the place of web and worker."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from bot.cli.supervise import WAITS_SECONDS, Child, web_command

ROOT = Path(__file__).resolve().parents[2]


def child(code):
    return Child("child", [sys.executable, "-c", textwrap.dedent(code)])


def wait_for(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


@pytest.fixture
def supervised(tmp_path):
    """Starts a supervisor over two children that append their pids to a file each."""
    started = []

    def start(body):
        program = f"""
        import sys
        from bot.cli.supervise import Child, Supervisor
        body = {textwrap.dedent(body)!r}
        children = [
            Child(name, [sys.executable, "-c", body, {str(tmp_path)!r} + "/" + name])
            for name in ("web", "worker")
        ]
        sys.exit(Supervisor(children).run())
        """
        command = [sys.executable, "-c", textwrap.dedent(program)]
        process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE)
        started.append(process)
        return process

    yield start, tmp_path
    for process in started:
        process.kill()
        process.wait()
        process.stderr.close()


BODY = """
import os, sys, time
with open(sys.argv[1], "a") as file:
    file.write(f"{os.getpid()}\\n")
time.sleep(60)
"""


def pids(path):
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_child_that_dies_is_started_again_and_the_other_left_alone(supervised):
    start, folder = supervised
    start(BODY)
    wait_for(lambda: pids(folder / "web") and pids(folder / "worker"))
    os.kill(pids(folder / "worker")[0], signal.SIGKILL)
    wait_for(lambda: len(pids(folder / "worker")) == 2)
    assert len(pids(folder / "web")) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_both_and_leaves_no_orphan(supervised, number):
    start, folder = supervised
    process = start(BODY)
    wait_for(lambda: pids(folder / "web") and pids(folder / "worker"))
    process.send_signal(number)
    assert process.wait(timeout=60) == 0
    assert not any(is_alive(pid) for name in ("web", "worker") for pid in pids(folder / name))


def test_each_quick_death_waits_longer():
    one = child("pass")
    waits = []
    for _ in range(6):
        one.started_at = 100.0
        waits.append(one._wait_after(101.0))
    assert waits == [*WAITS_SECONDS[1:], WAITS_SECONDS[-1], WAITS_SECONDS[-1]]


def test_a_child_that_lived_is_started_again_at_once():
    one = child("pass")
    one.quick_deaths = 4
    one.started_at = 0.0
    assert one._wait_after(3600.0) == 0.0


def test_an_ipv6_address_is_written_in_brackets():
    assert "[::1]:8000" in web_command(host="::1", port=8000, workers=2)
