"""Redis and RabbitMQ as they are: rows leave at once, and nothing depends on it."""

from __future__ import annotations

import base64
import json
import os
import signal
import socket
import subprocess
import time
from collections import Counter
from contextlib import contextmanager, suppress
from datetime import timedelta
from queue import Empty
from urllib.parse import urlsplit

import msgspec
import pytest
from kombu import Connection
from redis import Redis
from sqlalchemy import insert, select

from bot.cli.supervise import queue_command
from bot.core.clock import new_id, utc_now
from bot.delivery.broker import QUEUE, make_celery, send_kick
from bot.store.engine import make_engine
from bot.store.outbox import Departure, put
from bot.store.tables import ClinicRow, ConversationRow, MessageRow, OutboxRow, PatientRow
from tests.fakes.twilio import Mood, fake_twilio
from tests.faults.brokers import own_redis
from tests.live.servers import await_true, make_server, prepare

pytestmark = [pytest.mark.live, pytest.mark.timeout(240)]

REDIS = os.environ.get("TEST_BROKER_URL", "redis://127.0.0.1:6379/0")
RABBITMQ = os.environ.get("TEST_RABBITMQ_URL", "amqp://guest:guest@127.0.0.1:5672//")
ON_POSTGRESQL = pytest.mark.parametrize(
    "database_url", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)
"""Several machines need it; the queue itself does not care."""

NOT_RUNNING = "no broker answers at the address that TEST_BROKER_URL or TEST_RABBITMQ_URL gives"
PATIENT = "+12135550001"
DANGER = "I want to kill myself tonight"

KICK_AGAIN_SECONDS = 5
KICKED_WITHIN_SECONDS = 150
"""More than twice the lease of a row that a kick began and could not end."""


def reachable(address):
    """Fail, or skip where none is promised, if nothing listens at the address."""
    parts = urlsplit(address)
    try:
        socket.create_connection((parts.hostname, parts.port), timeout=5).close()
    except OSError:
        given = "TEST_RABBITMQ_URL" in os.environ or parts.scheme == "redis"
        must_run = os.environ.get("CI") == "true" and given
        (pytest.fail if must_run else pytest.skip)(NOT_RUNNING)
    return address


@contextmanager
def a_database_of_our_own(address):
    """The address of one of Redis's databases that nobody else is connected to.

    A reader that somebody left behind, or another run beside this one, would read our kicks.
    """
    server = address.rpartition("/")[0]
    with Redis.from_url(f"{server}/0") as anyone:
        taken = {int(client["db"]) for client in anyone.client_list()}
    number = next(number for number in range(15, 0, -1) if number not in taken)
    with Redis.from_url(f"{server}/{number}") as ours:
        ours.flushdb()
        yield f"{server}/{number}"
        ours.flushdb()


@pytest.fixture(params=["redis", "rabbitmq"])
def broker_url(request):
    if request.param == "redis":
        with a_database_of_our_own(reachable(REDIS)) as address:
            yield address
        return
    address = reachable(RABBITMQ)
    purge(address)
    yield address
    purge(address)


def purge(address):
    with Connection(address) as connection:
        connection.SimpleQueue(QUEUE).clear()


def raw_messages(address):
    """Every message on the broker, with all that its headers say; waits for the first."""
    found = []
    with Connection(address) as connection, suppress(Empty):
        queue = connection.SimpleQueue(QUEUE)
        while True:
            message = queue.get(timeout=0.5 if found else 60)
            found.append((message.headers, message.properties, message.payload))
            message.ack()
    return found


class Clinic:
    """A database with a patient, rows that are due, and processes that deliver them."""

    def __init__(self, engine, server, twilio, broker_url):
        self.engine, self.server, self.twilio = engine, server, twilio
        self.sender = make_celery(broker_url, reads=False) if broker_url else None

    def put_texts(self, count):
        """Commit so many texts to the patient; return the ids of their outbox rows."""
        now, ids = utc_now(), []
        with self.engine.begin() as connection:
            for number in range(count):
                message_id, row_id = new_id(), new_id()
                connection.execute(
                    insert(MessageRow).values(
                        id=message_id, conversation_id="c1", turn_number=1, position=number,
                        direction="outbound", channel="sms", kind="routine",
                        body=f"Text {number}.", media_count=0, has_location=False,
                        delivery="queued", created_at=now,
                    )
                )  # fmt: skip
                payload = {"message_id": message_id}
                departure = Departure(row_id, "demo", "patient-text", "patient:p1", payload, "c1")
                put(connection, departure, now=now)
                ids.append(row_id)
        return ids

    def kick(self, ids):
        for row_id in ids:
            send_kick(self.sender, "outbox", row_id)

    def states(self):
        with self.engine.connect() as connection:
            return Counter(connection.scalars(select(OutboxRow.state)).all())

    def start_queue(self):
        before = self.server.events().count("queue.started")
        process = self.server.start(queue_command())
        await_true(
            lambda: self.server.events().count("queue.started") >= before + 2, seconds=60
        )  # fmt: skip
        return process


@contextmanager
def clinic_at(database_url, folder, keyring, broker_url):
    prepare(database_url)
    engine = make_engine(database_url, keyring)
    now = utc_now()
    with engine.begin() as connection:
        connection.execute(
            insert(PatientRow).values(
                id="p1", clinic_id="demo", channel="sms", address_hash=b"h" * 32,
                address=PATIENT, language="en", created_at=now,
            )
        )  # fmt: skip
        connection.execute(
            insert(ConversationRow).values(
                id="c1", clinic_id="demo", patient_id="p1", is_current=True, channel="sms",
                status="active", language="en", flow_hash="f" * 64, turn_number=1,
                risk_open=False, crisis_answers=0, created_at=now,
            )
        )  # fmt: skip
    with fake_twilio() as twilio:
        settings = {"TWILIO_API_URL": twilio.url, "BROKER_URL": broker_url}
        server = make_server(database_url, folder, **settings)
        server.log.touch()
        try:
            yield Clinic(engine, server, twilio, broker_url)
        finally:
            server.stop()
            engine.dispose()


@pytest.fixture
def clinic(database_url, tmp_path, keyring, broker_url):
    with clinic_at(database_url, tmp_path, keyring, broker_url) as made:
        set_pace(made)
        yield made


def set_pace(clinic):
    """Let the clinic send quickly: what is tested is the queue, not the pace of a number."""
    with clinic.engine.begin() as connection:
        document = connection.scalar(select(ClinicRow.document))
        changed = {**msgspec.json.decode(document), "segments_per_second": 100.0}
        connection.execute(
            ClinicRow.__table__.update().values(document=msgspec.json.encode(changed))
        )


def await_by_kicks(clinic, kick, claim):
    """Kick until it is so. No worker runs, so that nothing but a kick can bring it about.

    One kick is a hint: whoever reads it may find the database slow, and leaves the row, under its
    lease, to the worker. On a loaded machine that happens, and here there is no worker.
    """
    until = time.monotonic() + KICKED_WITHIN_SECONDS
    while not claim():
        assert time.monotonic() < until, clinic.server.log.read_text("utf-8", "replace")[-3000:]
        kick()
        with suppress(AssertionError):
            await_true(claim, seconds=KICK_AGAIN_SECONDS)
    assert "worker.started" not in clinic.server.events()


@ON_POSTGRESQL
def test_a_kick_delivers_its_row_and_no_other_while_no_worker_runs(clinic):
    clinic.start_queue()
    kicked, left_alone = clinic.put_texts(2)
    await_by_kicks(
        clinic, lambda: clinic.kick([kicked]), lambda: clinic.states()["sent"] == 1
    )  # fmt: skip
    with clinic.engine.connect() as connection:
        rows = dict(connection.execute(select(OutboxRow.id, OutboxRow.state)).all())
    assert rows == {kicked: "sent", left_alone: "pending"}
    assert clinic.twilio.bodies_to(PATIENT) == ["Text 0."]


@ON_POSTGRESQL
def test_a_crisis_text_pages_staff_through_the_queue_alone(clinic):
    clinic.start_queue()
    clinic.server.start_web()

    def text():
        answer = clinic.server.text(DANGER, From="+12135550777")
        assert answer.says_where_help_is

    await_by_kicks(clinic, text, lambda: clinic.twilio.bodies_to("+12125550123"))


@ON_POSTGRESQL
def test_nothing_but_ids_is_on_the_broker(clinic, broker_url):
    clinic.server.start_web()
    clinic.server.text(f"{DANGER}, says Xiomara", From="+12135550777")
    messages = raw_messages(broker_url)
    assert messages
    for headers, properties, payload in messages:
        arguments, named, _ = payload
        assert named == {}
        (row_id,) = arguments
        assert len(row_id) == 32
        everything = json.dumps([headers, properties, payload], default=str)
        everything += base64.b64encode(everything.encode()).decode()
        for canary in ("Xiomara", "kill", "2135550777", "Harbor", "15005550006"):
            assert canary not in everything


@ON_POSTGRESQL
def test_rows_that_are_kicked_twice_to_two_processes_and_a_worker_leave_once(clinic):
    ids = clinic.put_texts(60)
    clinic.start_queue()
    clinic.kick(ids)
    clinic.server.start_worker()
    clinic.kick(ids)
    await_true(lambda: clinic.states() == {"sent": 60}, seconds=90)
    assert Counter(clinic.twilio.bodies_to(PATIENT)) == {f"Text {n}.": 1 for n in range(60)}


@ON_POSTGRESQL
def test_a_process_killed_in_the_middle_of_a_send_leaves_a_row_that_says_so(clinic):
    clinic.twilio.mood = Mood.HANGING
    process = clinic.start_queue()
    (row_id,) = clinic.put_texts(1)
    await_by_kicks(
        clinic, lambda: clinic.kick([row_id]), lambda: clinic.states() == {"sending": 1}
    )  # fmt: skip
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    clinic.twilio.mood = Mood.WELL
    clinic.start_queue()
    clinic.kick([row_id])
    with clinic.engine.connect() as connection:
        row = connection.execute(select(OutboxRow.__table__)).one()
    assert row.state == "sending"
    assert row.leased_until - utc_now() < timedelta(seconds=60)
    assert not clinic.twilio.ledger or len(clinic.twilio.ledger) == 1


@ON_POSTGRESQL
def test_a_broker_that_died_while_every_process_was_busy_is_read_again_when_it_is_back(
    database_url, tmp_path, keyring
):
    with own_redis() as broker, clinic_at(database_url, tmp_path, keyring, broker.url) as clinic:
        set_pace(clinic)
        broker.start()
        clinic.twilio.mood = Mood.HANGING
        clinic.start_queue()
        for row_id in clinic.put_texts(2):
            clinic.kick([row_id])
        await_true(lambda: clinic.states()["sending"] == 2, seconds=60)
        broker.kill()
        await_true(lambda: clinic.states()["sending"] == 0, seconds=60)
        clinic.twilio.mood = Mood.WELL
        broker.start()
        (after,) = clinic.put_texts(1)
        await_by_kicks(
            clinic, lambda: clinic.kick([after]), lambda: clinic.states()["sent"] == 1
        )  # fmt: skip


@ON_POSTGRESQL
def test_without_its_broker_the_worker_delivers_and_no_turn_waits(database_url, tmp_path, keyring):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        gone = f"redis://127.0.0.1:{closed.getsockname()[1]}/0"
    with clinic_at(database_url, tmp_path, keyring, gone) as clinic:
        set_pace(clinic)
        clinic.server.start_worker()
        clinic.server.start_web()
        answer = clinic.server.text(DANGER, From="+12135550777")
        assert answer.says_where_help_is
        assert answer.seconds < 3
        clinic.put_texts(1)
        await_true(lambda: clinic.twilio.bodies_to("+12125550123"), seconds=60)
        await_true(lambda: clinic.twilio.bodies_to(PATIENT), seconds=60)
        assert clinic.server.events().count("broker_away") == 1


def test_without_a_broker_the_queue_says_what_is_missing(tmp_path):
    env = dict(make_server(f"sqlite:///{tmp_path}/x.db", tmp_path).env)
    done = subprocess.run(queue_command(), env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode != 0
    assert "BROKER_URL is not set" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_a_broker_workers_deliver_each_of_two_hundred_rows_once(
    database_url, tmp_path, keyring
):
    with clinic_at(database_url, tmp_path, keyring, "") as clinic:
        set_pace(clinic)
        clinic.put_texts(200)
        clinic.server.start_worker()
        clinic.server.start_worker()
        await_true(lambda: clinic.states() == {"sent": 200}, seconds=120)
        assert Counter(clinic.twilio.bodies_to(PATIENT)) == {f"Text {n}.": 1 for n in range(200)}
