"""Real servers as `serve` starts them, and patients who text them as Twilio would."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import os
import secrets
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

import msgspec

from bot.cli.supervise import web_command, worker_command
from bot.core.clinic import Clinic, OnCall
from bot.core.clock import new_id, utc_now
from bot.store import migrate
from bot.store.crypto import KeyRing
from bot.store.engine import make_engine
from bot.store.tables import ClinicRow
from tests.live.private_postgres import free_port

ROOT = Path(__file__).resolve().parents[2]
SMS = "/webhooks/twilio/sms"
FALLBACK = "/webhooks/twilio/fallback"
ACCOUNT = "AC" + "1" * 32
TOKEN = "7" * 32
CLINIC_NUMBER = "+15005550006"
NOBODYS_NUMBER = "+15005550099"
FIELD_KEY = bytes(range(32))
WORKERS = 2
PATIENCE_SECONDS = 30
"""How long a client waits at most: far beyond the promise, so that a miss is measured."""

CLINIC = Clinic(
    id="demo",
    name="Harbor Clinic",
    time_zone="America/New_York",
    phone="+12125550100",
    sms_numbers=(CLINIC_NUMBER,),
    region="US",
    languages=("en", "es"),
    licensed_states=("US-NY", "US-CA"),
    flow="ketamine-screening",
    on_call=(OnCall("Nurse", phone="+12125550123"),),
    segments_per_second=100.0,
)


@dataclass(frozen=True)
class Answer:
    """What came back: after how long, and the texts in it. Status 0: no answer at all."""

    status: int
    seconds: float
    texts: tuple[str, ...] = ()
    sid: str = ""

    @property
    def says_where_help_is(self) -> bool:
        first = self.texts[0] if self.texts else ""
        return self.status == 200 and "911" in first and "988" in " ".join(self.texts)


@dataclass
class Server:
    """Web processes of ours on a port of their own, over one database and one spool."""

    env: Mapping[str, str]
    port: int
    spool: Path
    log: Path
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def text(self, body: str, **changes: str) -> Answer:
        """Post one text as Twilio does and wait for the answer."""
        path = changes.pop("path", SMS)
        fields = {
            "MessageSid": f"SM{new_id()}",
            "AccountSid": ACCOUNT,
            "From": "+12135550000",
            "To": CLINIC_NUMBER,
            "Body": body,
            "NumMedia": "0",
            **changes,
        }
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Twilio-Signature": self._signature(path, fields),
        }
        began = time.monotonic()
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        try:
            client.request("POST", path, urlencode(fields), headers)
            response = client.getresponse()
            content = response.read()
        except OSError:
            return Answer(0, time.monotonic() - began, sid=fields["MessageSid"])
        finally:
            client.close()
        seconds = time.monotonic() - began
        texts = _texts(content) if response.status == 200 else ()
        return Answer(response.status, seconds, texts, fields["MessageSid"])

    def get(self, path: str) -> int:
        """Return the status of a page; 0 if there was no answer."""
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        try:
            client.request("GET", path)
            return client.getresponse().status
        except OSError:
            return 0
        finally:
            client.close()

    def start(self, command: Sequence[str]) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                list(command), env=self.env, stdout=log, stderr=log, cwd=ROOT,
                start_new_session=True,
            )  # fmt: skip
        self.processes.append(process)
        return process

    def start_web(self) -> subprocess.Popen[bytes]:
        process = self.start(web_command(host="127.0.0.1", port=self.port, workers=WORKERS))
        await_true(lambda: self._is_alive() or process.poll() is not None, seconds=60)
        assert process.poll() is None, self.log.read_text("utf-8", "replace")[-2000:]
        return process

    def start_worker(self) -> subprocess.Popen[bytes]:
        process = self.start(worker_command())
        await_true(lambda: "worker.started" in self.events(), seconds=60)
        return process

    def stop(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=30)
        self.processes.clear()

    def waiting(self) -> list[Path]:
        """The messages kept on disk, oldest first."""
        return sorted(self.spool.glob("*.message"))

    def events(self) -> list[str]:
        """The names of the log lines so far."""
        lines = self.log.read_text("utf-8", "replace").splitlines()
        return [json.loads(line).get("event", "") for line in lines if line.startswith("{")]

    def _is_alive(self) -> bool:
        return self.get("/healthz") == 200

    def _signature(self, path: str, fields: Mapping[str, str]) -> str:
        text = self.env["PUBLIC_URL"] + path + "".join(k + v for k, v in sorted(fields.items()))
        mac = hmac.new(TOKEN.encode(), text.encode(), hashlib.sha1).digest()
        return base64.b64encode(mac).decode()


def _texts(document: bytes) -> tuple[str, ...]:
    return tuple(body.text or "" for body in ElementTree.fromstring(document).iter("Body"))


def await_true(claim: Callable[[], bool], *, seconds: float) -> float:
    """Wait until `claim` holds; return how long that took."""
    began = time.monotonic()
    while not claim():
        if time.monotonic() - began > seconds:
            raise AssertionError(f"not within {seconds} seconds")
        time.sleep(0.05)
    return time.monotonic() - began


def prepare(database_url: str, clinic: Clinic = CLINIC) -> None:
    """Make the tables and put the clinic in."""
    migrate.upgrade(database_url)
    engine = make_engine(database_url, KeyRing([FIELD_KEY]))
    row = {"id": clinic.id, "document": msgspec.json.encode(clinic), "content_hash": "0" * 64}
    row |= {"applied_at": utc_now(), "created_at": utc_now()}
    with engine.begin() as connection:
        connection.execute(ClinicRow.__table__.insert().values(row))
    engine.dispose()


def make_server(database_url: str, folder: Path, **settings: str) -> Server:
    """Return a server that is not started yet."""
    port = free_port()
    spool = Path(settings.get("SPOOL_DIR", folder / "spool"))
    env = {
        **{k: v for k, v in os.environ.items() if k in {"PATH", "HOME", "LANG", "TZ"}},
        "PYTHONPATH": str(ROOT),
        "INSTANCE_PATH": str(folder),
        "SPOOL_DIR": str(spool),
        "DATABASE_URL": database_url,
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "PORT": str(port),
        "SECRET_KEY": secrets.token_hex(32),
        "FIELD_KEYS": base64.b64encode(FIELD_KEY).decode(),
        "ADDRESS_HASH_KEY": base64.b64encode(bytes(range(100, 132))).decode(),
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "TWILIO_API_URL": "http://127.0.0.1:1",
        **settings,
    }
    return Server(env, port, spool, folder / "server.log")


@contextmanager
def serving(database_url: str, folder: Path, **settings: str) -> Iterator[Server]:
    """Run web processes for the time of the block."""
    folder.mkdir(parents=True, exist_ok=True)
    server = make_server(database_url, folder, **settings)
    try:
        server.start_web()
        yield server
    finally:
        server.stop()


def in_parallel(jobs: Sequence[Callable[[], Answer]], *, clients: int) -> list[Answer]:
    """Do every job once, `clients` at a time; return the answers in no particular order."""
    waiting, answers, lock = iter(jobs), [], threading.Lock()

    def work() -> None:
        while True:
            with lock:
                job = next(waiting, None)
            if job is None:
                return
            answer = job()
            with lock:
                answers.append(answer)

    threads = [threading.Thread(target=work) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@contextmanager
def traffic(send: Callable[[int], Any], *, clients: int) -> Iterator[list[Any]]:
    """Let patients text without a pause for the time of the block; gives the answers so far."""
    stop, answers, lock = threading.Event(), [], threading.Lock()
    numbers = iter(range(10**9))

    def work() -> None:
        while not stop.is_set():
            with lock:
                number = next(numbers)
            answer = send(number)
            with lock:
                answers.append(answer)

    threads = [threading.Thread(target=work) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def share(seconds: Sequence[float], part: float) -> float:
    """The least time within which `part` of all answers had come."""
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]
