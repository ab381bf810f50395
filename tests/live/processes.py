"""Real server processes, and callers that sign as Twilio does."""

from __future__ import annotations

import base64
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from twilio.request_validator import RequestValidator

ROOT = Path(__file__).resolve().parents[2]
SMS = "/webhooks/twilio/sms"
TOKEN = "7" * 32
ACCOUNT = "AC" + "1" * 32
PATIENCE_SECONDS = 90


def free_port():
    """Return a port that is free, and the next one too: the demo's stand-in for Twilio takes it.

    Below the ports that the system gives to connections, so that none of those takes it meanwhile.
    """
    while True:
        port = 20_000 + secrets.randbelow(10_000)
        with socket.socket() as probe, socket.socket() as beside:
            try:
                probe.bind(("127.0.0.1", port))
                beside.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
        return port


def environment(folder, *, port, **changes):
    """Settings of a real deployment at a local address, and nothing of the caller's own."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {
        **kept,
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "PORT": str(port),
        "SECRET_KEY": "s" * 48,
        "FIELD_KEYS": base64.urlsafe_b64encode(bytes(range(32))).decode(),
        "ADDRESS_HASH_KEY": base64.urlsafe_b64encode(bytes(range(100, 132))).decode(),
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "INSTANCE_PATH": str(folder),
        **changes,
    }


@contextmanager
def running(command, env, log):
    """Runs a program; its output goes to the file `log`, and it is gone afterwards."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=output, stderr=output)
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(timeout=40)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_until_ready(address, process, log):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise AssertionError(f"ended with {process.returncode}: {log.read_text()}")
        try:
            with urllib.request.urlopen(f"{address}/readyz", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"not ready: {log.read_text()}")


def post(address, fields, path=SMS):
    """Send one signed webhook; return the status and the body."""
    signature = RequestValidator(TOKEN).compute_signature(address + path, fields)
    request = urllib.request.Request(
        address + path,
        data=urlencode(fields).encode(),
        headers={"X-Twilio-Signature": signature},
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def python(*arguments):
    return [sys.executable, *arguments]
