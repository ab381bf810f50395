"""What came while the database was out becomes turns within a minute after it is back.

Real web and worker processes; the worker alone replays, nobody has to text again for it.
"""

from __future__ import annotations

import subprocess
from functools import partial

import pytest

from bot.cli.supervise import web_command
from bot.core.clock import new_id
from bot.rules.last_resort import static_emergency_text
from bot.store.crypto import KeyRing
from bot.store.engine import make_engine
from tests.fakes.twilio import fake_twilio
from tests.live import outages
from tests.live.desk import CRISIS, PROMISE_SECONDS, Desk, a_desk, note, phone
from tests.live.private_postgres import fill, private_postgres, small_disk
from tests.live.servers import (
    FALLBACK,
    FIELD_KEY,
    await_true,
    in_parallel,
    make_server,
    prepare,
    serving,
)

pytestmark = pytest.mark.live

TALKERS = range(20)
IN_CRISIS = range(20, 25)
SAID = ("1", "2", "hello?")
REPLAY_SECONDS = 60.0
FOR_GOOD_SECONDS = 20.0


@pytest.fixture(scope="module")
def postgres():
    with private_postgres() as server:
        yield server


@pytest.fixture
def twilio():
    with fake_twilio() as fake:
        yield fake


@pytest.fixture
def manned(postgres, twilio, tmp_path):
    """A desk on PostgreSQL with the worker running and a Twilio to send to."""
    postgres.run("postgres", "DROP DATABASE IF EXISTS kept WITH (FORCE)")
    postgres.run("postgres", "CREATE DATABASE kept")
    with a_desk(postgres.url("kept"), tmp_path, TWILIO_API_URL=twilio.url) as desk:
        desk.server.start_worker()
        yield desk


def test_what_came_in_an_outage_is_treated_in_order_within_a_minute(
    manned, postgres, twilio, tmp_path
):
    server = manned.server
    with outages.refused(postgres, "kept", tmp_path):
        sent = send_in_order(server)
        urgent = [server.text(CRISIS, From=phone(n)) for n in IN_CRISIS]
        torn = tear_a_copy(server.waiting()[0])
    assert {(answer.status, answer.texts) for answer in sum(sent.values(), [])} == {(200, ())}
    assert all(answer.says_where_help_is for answer in urgent)
    took = await_true(lambda: not server.waiting(), seconds=REPLAY_SECONDS)
    manned.engine.dispose()
    note("postgresql: replay of 65 kept messages", [took])
    assert torn.with_suffix(".damaged").exists()
    for patient, answers in sent.items():
        stored = [turns_of(manned, answer.sid) for answer in answers]
        assert all(len(turns) == 1 for turns in stored), f"patient {patient}: lost or doubled"
        assert stored == sorted(stored), f"patient {patient}: not in the order in which they came"
    assert all(len(turns_of(manned, answer.sid)) == 1 for answer in urgent)
    assert manned.count("safety_events") == manned.count("alerts") == len(IN_CRISIS)
    await_true(lambda: everybody_heard(twilio), seconds=REPLAY_SECONDS)
    again = (
        "kind = 'patient-text' AND conversation_id IN (SELECT conversation_id FROM safety_events)"
    )
    assert manned.count("outbox", again) == 0, "answered at once, and not a second time"


def send_in_order(server):
    """Let every talker say three things, one after the other; return the answers of each."""
    sent = {patient: [] for patient in TALKERS}
    for body in SAID:
        jobs = {n: partial(server.text, body, From=phone(n)) for n in TALKERS}
        for patient, job in jobs.items():
            sent[patient].append(job())
    return sent


def tear_a_copy(whole):
    """Leave a file that a failing disk cut in half."""
    torn = whole.with_name(f"0000-torn-{new_id()}.message")
    torn.write_bytes(whole.read_bytes()[:-9])
    return torn


def turns_of(desk, sid):
    rows = desk.sql("SELECT turn_number FROM messages WHERE provider_key = :sid", sid=sid)
    return [row.turn_number for row in rows]


def everybody_heard(twilio):
    return all(len(twilio.bodies_to(phone(n))) >= len(SAID) for n in TALKERS)


def test_a_patient_whose_rows_are_locked_holds_up_nobody_else(manned, postgres, tmp_path):
    with outages.one_patient_locked(postgres, "kept", tmp_path):
        answers = {n: manned.server.text("1", From=phone(n)) for n in TALKERS}
        await_true(lambda: len(manned.server.waiting()) <= 1, seconds=FOR_GOOD_SECONDS)
        stored = [a.sid for a in answers.values() if turns_of(manned, a.sid)]
        assert len(stored) >= len(TALKERS) - 1
    await_true(lambda: not manned.server.waiting(), seconds=FOR_GOOD_SECONDS)


def test_neither_stored_nor_kept_is_a_503_but_a_crisis_is_answered(postgres, tmp_path):
    postgres.run("postgres", "CREATE DATABASE nowhere")
    url = postgres.url("nowhere")
    prepare(url)
    with (
        small_disk(tmp_path / "disk", megabytes=1) as disk,
        serving(url, tmp_path / "instance", SPOOL_DIR=str(disk)) as server,
        outages.refused(postgres, "nowhere", disk),
    ):
        fill(disk)
        answers = in_parallel([partial(server.text, CRISIS) for _ in range(50)], clients=4)
        assert all(answer.says_where_help_is for answer in answers)
        assert max(answer.seconds for answer in answers) <= PROMISE_SECONDS
        assert server.text("Hi").status == 503
        fallback = server.text("Hi", path=FALLBACK)
        assert (fallback.status, fallback.texts) == (200, (static_emergency_text(),))
        assert server.text(CRISIS, path=FALLBACK).says_where_help_is


def test_the_fallback_takes_the_same_turn_and_no_second_one(tmp_path):
    url = f"sqlite:///{tmp_path}/porchlight.db"
    prepare(url)
    with serving(url, tmp_path) as server:
        engine = make_engine(url, KeyRing([FIELD_KEY]))
        desk = Desk(server, engine)
        for body in ("Hi", CRISIS):
            first = server.text(body)
            again = server.text(body, path=FALLBACK, MessageSid=first.sid, ErrorCode="11200")
            assert again.texts == first.texts != ()
            assert len(turns_of(desk, first.sid)) == 1
        assert desk.count("alerts") == 1
        engine.dispose()


def test_a_server_that_cannot_write_its_spool_does_not_start(tmp_path):
    (tmp_path / "file").write_text("in the way of a folder")
    url = f"sqlite:///{tmp_path}/porchlight.db"
    server = make_server(url, tmp_path, SPOOL_DIR=str(tmp_path / "file" / "spool"))
    process = server.start(web_command(host="127.0.0.1", port=server.port, workers=1))
    try:
        assert process.wait(timeout=60) != 0
        assert "SPOOL_DIR" in server.log.read_text()
    except subprocess.TimeoutExpired:
        pytest.fail("it started all the same")
    finally:
        server.stop()
