"""A thousand signed webhooks at once, on both databases: nothing lost, doubled or mixed up."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.app import create_app
from bot.channels.twiml import reply_document
from bot.cli.supervise import web_command
from bot.core.clock import new_id
from bot.services.replaying import replay
from bot.store.state import decode_conversation_state
from bot.store.tables import ConversationRow, MessageRow, PatientRow
from config import Settings
from tests.live.processes import ACCOUNT, environment, free_port, post, running, wait_until_ready
from tests.web.conftest import CLINIC_NUMBER, Twilio, add_clinic

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]

CONVERSATIONS = 50
MESSAGES_EACH = 20
AT_ONCE = 24
LINK = re.compile(r"http://\S+/c/[\w-]+")
KEPT = reply_document(())
"""What is answered for a text that was kept on disk: its reply leaves later."""

SAID = ("yes", "1", "2", "no", "3/14/1985", "California", "BACK", "help me", "I guess", "SKIP")


def messages():
    """Every patient's messages, in one shuffled heap; each tenth comes twice."""
    chance = random.Random(20260105)
    heap = []
    for patient in range(CONVERSATIONS):
        for _ in range(MESSAGES_EACH):
            fields = {
                "MessageSid": f"SM{new_id()}",
                "AccountSid": ACCOUNT,
                "From": f"+1415555{patient:04d}",
                "To": CLINIC_NUMBER,
                "Body": chance.choice(SAID),
                "NumMedia": "0",
            }
            heap.append(fields)
    heap += heap[::10]
    chance.shuffle(heap)
    return heap


def outcome(parts):
    """What is stored of each patient: turns in order with their texts, and where they stand."""
    found = {}
    with Session(parts.engine) as session:
        for row, address in session.execute(
            select(ConversationRow, PatientRow.address).join(
                PatientRow, PatientRow.id == ConversationRow.patient_id
            )
        ):
            if not row.is_current:
                continue
            texts = session.execute(
                select(MessageRow.turn_number, MessageRow.direction, MessageRow.body)
                .where(MessageRow.conversation_id == row.id)
                .order_by(MessageRow.turn_number, MessageRow.position)
            )
            state = decode_conversation_state(row.state).flow_state
            talk = [(*who, LINK.sub("link", body)) for *who, body in texts]
            found[address] = (row.status, row.turn_number, state, talk)
    return found


def inbound(stored):
    return [body for _, direction, body in stored[3] if direction == "inbound"]


@pytest.fixture
def served(database_url, tmp_path):
    port = free_port()
    env = environment(tmp_path / "instance", port=port, DATABASE_URL=database_url)
    app = create_app(Settings.from_env(env))
    parts = app.extensions["porchlight"]
    add_clinic(parts)
    log = tmp_path / "server.log"
    address = f"http://127.0.0.1:{port}"
    with running(web_command(host="127.0.0.1", port=port, workers=2), env, log) as process:
        wait_until_ready(address, process, log)
        yield address, parts
    parts.engine.dispose()


def test_a_thousand_webhooks_at_once_leave_what_one_after_the_other_leaves(
    served, tmp_path, _sqlite_template
):
    address, parts = served
    heap = messages()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda fields: post(address, fields), heap))
    assert {status for status, _ in answers} == {200}

    bodies = defaultdict(set)
    for fields, (_, body) in zip(heap, answers, strict=True):
        bodies[fields["MessageSid"]].add(body)
    kept = _treat_what_an_overload_kept(parts)
    assert kept <= len(heap) / 20
    for said in bodies.values():
        assert len(said - {KEPT}) <= 1, f"a repeat was answered otherwise: {said}"

    stored = outcome(parts)
    assert len(stored) == CONVERSATIONS
    for _, turns, _, texts in stored.values():
        assert turns == MESSAGES_EACH
        assert sorted({turn for turn, _, _ in texts}) == list(range(1, MESSAGES_EACH + 1))
    serial = _one_after_the_other(stored, tmp_path, _sqlite_template)
    for patient, (status, turns, state, talk) in stored.items():
        assert _first_difference(talk, serial[patient][3]) is None, patient
        assert (status, turns, state) == serial[patient][:3], patient


def _first_difference(talk, other):
    """Return where two conversations part, with the lines before it; None if they never do."""
    for number, (line, same) in enumerate(zip(talk, other, strict=False)):
        if line != same:
            return talk[max(0, number - 4) : number + 2], other[number : number + 2]
    return None if len(talk) == len(other) else (len(talk), len(other))


def _treat_what_an_overload_kept(parts):
    """A text that found no turn in time waits on disk; it is treated in its order, not lost."""
    kept = len(parts.spool.waiting())
    for _ in range(50):
        if not parts.spool.waiting():
            break
        replay(parts)
    assert not parts.spool.waiting()
    return kept


def _one_after_the_other(stored, tmp_path, template):
    """Say the same again, each patient's texts in the order in which they were taken."""
    path = tmp_path / "serial.db"
    path.write_bytes(template.read_bytes())
    env = environment(tmp_path / "serial", port=1, DATABASE_URL=f"sqlite:///{path}")
    app = create_app(Settings.from_env(env))
    parts = app.extensions["porchlight"]
    add_clinic(parts)
    twilio = Twilio(app.test_client())
    for address, of_patient in stored.items():
        for body in inbound(of_patient):
            fields = twilio.form(body, From=address)
            assert twilio.post(fields, base=env["PUBLIC_URL"]).status_code == 200
    found = outcome(parts)
    parts.engine.dispose()
    return found
