"""`serve` and `phone` as a person uses them: one command each, started twice, stopped cleanly."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.live.processes import ROOT, free_port, python, running, wait_until_ready
from tests.live.servers import await_true

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]

ON_CALL = "+15005550010"
FLASK = ("-m", "flask", "--app", "wsgi")


def demo(folder, port):
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, "DEMO": "1", "PORT": str(port), "INSTANCE_PATH": str(folder)}


def phone(env, *texts, options=()):
    said = "\n".join(texts) + "\n"
    return subprocess.run(
        python(*FLASK, "phone", *options),
        cwd=ROOT,
        env=env,
        input=said,
        capture_output=True,
        text=True,
        timeout=120,
    )


def children_of(pid):
    found = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True
    )
    return [int(line) for line in found.stdout.split()]


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_the_demo_serves_answers_and_stops_cleanly_twice(tmp_path):
    port = free_port()
    env = demo(tmp_path / "instance", port)
    address = f"http://127.0.0.1:{port}"
    passwords = []
    for run in (1, 2):
        log = tmp_path / f"serve-{run}.log"
        with running(python(*FLASK, "serve"), env, log) as process:
            wait_until_ready(address, process, log)
            passwords.append(re.search(r"password: (\S+)", log.read_text())[1])
            if run == 1:
                _talk(env)
                _refuse_second_server(env, port)
            family = children_of(process.pid)
            assert len(family) == 4
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=90) == 0
            assert not any(is_alive(pid) for pid in family)
    assert passwords[0] == passwords[1]


def _talk(env):
    talk = phone(env, "hello", "I want to die")
    assert talk.returncode == 0, talk.stderr
    assert "not a person" in talk.stdout
    assert "988" in talk.stdout
    assert "GSM-7" in talk.stdout
    nobody = phone(env, "hello", options=("--to", "+15005559999"))
    assert nobody.returncode != 0
    assert "403" in nobody.stderr


def _refuse_second_server(env, port):
    second = subprocess.run(
        python(*FLASK, "serve"), cwd=ROOT, env=env, capture_output=True, text=True, timeout=120
    )
    assert second.returncode != 0
    assert f"port {port} on 127.0.0.1 is taken" in second.stderr
    assert "Traceback" not in second.stderr


def test_in_the_demo_a_text_fails_its_worker_is_killed_and_it_arrives(tmp_path):
    port = free_port()
    env, log = demo(tmp_path / "instance", port), tmp_path / "serve.log"
    stand_in = f"http://127.0.0.1:{port + 1}"

    def happened(**facts):
        entries = json.load(urllib.request.urlopen(f"{stand_in}/ledger", timeout=10))
        return any(entry.items() >= facts.items() for entry in entries)

    with running(python(*FLASK, "serve"), env, log) as process:
        wait_until_ready(f"http://127.0.0.1:{port}", process, log)
        assert f"{stand_in}/" in log.read_text()
        await_true(lambda: answers(f"{stand_in}/mode"), seconds=60)
        urllib.request.urlopen(f"{stand_in}/mode", b"mood=busy", timeout=10).close()
        assert phone(env, "I want to die").returncode == 0
        await_true(lambda: happened(entry="refused", code=20429, To=ON_CALL), seconds=60)
        os.kill(next(p for p in children_of(process.pid) if "worker" in command_of(p)), 9)
        urllib.request.urlopen(f"{stand_in}/mode", b"mood=well", timeout=10).close()
        await_true(lambda: happened(entry="message", To=ON_CALL), seconds=60)
        await_true(
            lambda: happened(entry="callback", status="delivered", answered=204), seconds=60
        )


def answers(address):
    try:
        urllib.request.urlopen(address, timeout=5).close()
    except OSError:
        return False
    return True


def command_of(pid):
    return Path(f"/proc/{pid}/cmdline").read_text().split("\0")


def test_a_phone_without_a_server_says_what_to_start(tmp_path):
    alone = phone(demo(tmp_path / "instance", free_port()), "hello")
    assert alone.returncode != 0
    assert "script/serve" in alone.stderr


def test_without_secrets_the_program_names_them_and_does_not_start(tmp_path):
    env = {**demo(tmp_path, 8000), "DEMO": "0"}
    refused = subprocess.run(
        [sys.executable, "-c", "import wsgi"], cwd=ROOT, env=env, capture_output=True, text=True
    )
    assert refused.returncode != 0
    for name in ("PUBLIC_URL", "SECRET_KEY", "FIELD_KEYS", "TWILIO_AUTH_TOKEN"):
        assert name in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("command", [("rules", "screen", "I want to die"), ("flows", "lint")])
def test_commands_that_only_read_definitions_need_no_settings(command, tmp_path):
    env = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        python(*FLASK, *command),
        cwd=ROOT,
        env={**env, "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr


def test_a_malformed_request_line_leaves_nothing_of_it_in_the_log(tmp_path):
    port = free_port()
    env, log = demo(tmp_path / "instance", port), tmp_path / "serve.log"
    with running(python(*FLASK, "serve"), env, log) as process:
        wait_until_ready(f"http://127.0.0.1:{port}", process, log)
        for path in ("/Xiomara?name=Xiomara", "/" + "Xiomara" * 2000):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10).close()
            except urllib.error.HTTPError as error:
                error.close()
    assert "Xiomara" not in log.read_text()
