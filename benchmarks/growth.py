"""What a turn costs while the database grows from a thousand conversations to a million.

Two PostgreSQL databases stand side by side: one stays small, the other is filled with other
patients' conversations. The same turns are taken in both, in alternating rounds, through the use
case that the webhook calls; what is reported is the median of the rounds' ratios. `GROWTH` names
another largest number of conversations.
"""

from __future__ import annotations

import base64
import os
import statistics
import tempfile
import time
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import psycopg

from benchmarks.persona import replies, the_stage
from benchmarks.turn import CLINIC_NUMBER, fresh_database, prepare, settings
from bot.core import clock
from bot.core.messages import Channel, InboundMessage
from bot.services.inbound import receive
from bot.services.parts import Parts, make_parts
from bot.store.engine import StoreLimits

SMALLEST = 1_000
LARGEST = int(os.environ.get("GROWTH", "1000000"))
ROUNDS = 9
PATIENTS = 3
TURNS = 20
"""Of the screening's first turns, for each patient of a round."""

_PATIENT = "lpad(to_hex(n), 32, '0')"
_BLOB = "decode(repeat(md5(n::text), {times}), 'hex')"
FILL = (
    f"""
    INSERT INTO patients (id, clinic_id, channel, address_hash, address, language, created_at)
    SELECT {_PATIENT}, 'demo', 'sms', sha256(n::text::bytea), {_BLOB.format(times=3)}, 'en', now()
    FROM generate_series(%s::int, %s::int) AS n
    """,
    f"""
    INSERT INTO conversations (id, clinic_id, patient_id, is_current, channel, status, language,
      flow_hash, turn_number, state, risk_open, crisis_answers, last_inbound_at, created_at)
    SELECT {_PATIENT}, 'demo', {_PATIENT}, true, 'sms', 'active', 'en', repeat('0', 64), 2,
      {_BLOB.format(times=30)}, false, 0, now(), now()
    FROM generate_series(%s::int, %s::int) AS n
    """,
    f"""
    INSERT INTO messages (id, conversation_id, turn_number, position, direction, channel,
      provider_key, in_reply_to, kind, body, media_count, has_location, delivery, created_at)
    SELECT 'a' || lpad(to_hex(2 * n + side), 31, '0'), {_PATIENT}, 2, side,
      CASE side WHEN 0 THEN 'inbound' ELSE 'outbound' END, 'sms',
      CASE side WHEN 0 THEN 'SM' || {_PATIENT} END,
      CASE side WHEN 1 THEN 'a' || lpad(to_hex(2 * n), 31, '0') END,
      'text', {_BLOB.format(times=6)}, 0, false,
      CASE side WHEN 1 THEN 'responded' END, now()
    FROM generate_series(%s::int, %s::int) AS n, generate_series(0, 1) AS side
    """,
    f"""
    INSERT INTO answers (conversation_id, turn_number, position, link_id, status, value,
      created_at)
    SELECT {_PATIENT}, 2, 0, 'consent', 'answered', {_BLOB.format(times=3)}, now()
    FROM generate_series(%s::int, %s::int) AS n
    """,
)
"""Rows of finished turns, of no use to anybody; ids rise like real ones."""


class Desk:
    """One database, the parts that serve it, and patients who were never there before."""

    def __init__(self, folder: Path, database: str) -> None:
        env = settings(str(folder), 8711, "x" * 32, database)
        prepare(env)
        self.database, self.stored = database, 0
        self.parts: Parts = make_parts(
            database,
            field_keys=[base64.b64decode(env["FIELD_KEYS"])],
            address_hash_key=base64.b64decode(env["ADDRESS_HASH_KEY"]),
            public_url=env["PUBLIC_URL"],
            spool_dir=folder / "spool",
            limits=StoreLimits(),
        )
        self.clinic = self.parts.clinics.at(Channel.SMS, CLINIC_NUMBER)
        self._numbers = count(1)

    def fill(self, conversations: int) -> None:
        """Store so many conversations in all."""
        with psycopg.connect(self.database, autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")
            for statement in FILL:
                connection.execute(statement, (self.stored + 1, conversations))
            connection.execute("VACUUM ANALYZE")
            connection.execute("CHECKPOINT")
        self.stored = conversations

    def microseconds(self, script: list[str]) -> float:
        """Return the median time of a turn over some patients."""
        times = []
        for _ in range(PATIENTS):
            patient = next(self._numbers)
            for turn, text in enumerate(script):
                message = _message(patient, turn, text)
                began = time.perf_counter()
                reply = receive(self.parts, message, self.clinic)
                times.append((time.perf_counter() - began) * 1e6)
                assert reply.is_stored
        return statistics.median(times)


def _message(patient: int, turn: int, text: str) -> InboundMessage:
    return InboundMessage(
        channel=Channel.SMS,
        provider_id=f"SM{patient:016x}{turn:016x}",
        clinic_address=CLINIC_NUMBER,
        patient_address=f"+1213{patient:07d}",
        text=text,
        received_at=clock.utc_now(),
    )


def _sizes() -> list[int]:
    return sorted({*(size for size in (10_000, 100_000) if size < LARGEST), LARGEST})


def run() -> list[tuple[str, str]]:
    """Return rows of (what was measured, figure)."""
    if not os.environ.get("TEST_DATABASE_URL"):
        return [("growth", "not measured: TEST_DATABASE_URL is not set")]
    script = replies(the_stage())[:TURNS]
    rows = []
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        small, large = (_desk(stack, Path(folder, name), name) for name in ("small", "large"))
        for desk in (small, large):
            desk.fill(SMALLEST)
        for size in _sizes():
            large.fill(size)
            rows.append((f"{size:,} conversations", _compared(small, large, script)))
    return rows


def _desk(stack: ExitStack, folder: Path, name: str) -> Desk:
    folder.mkdir()
    desk = Desk(folder, stack.enter_context(fresh_database("postgresql", str(folder), name)))
    stack.callback(desk.parts.engine.dispose)
    return desk


def _compared(small: Desk, large: Desk, script: list[str]) -> str:
    rounds: dict[Desk, list[float]] = {large: [], small: []}
    for number in range(ROUNDS + 1):
        for desk in (large, small) if number % 2 else (small, large):
            rounds[desk].append(desk.microseconds(script))
    pairs = list(zip(rounds[large], rounds[small], strict=True))[1:]
    ratio = statistics.median(one / other for one, other in pairs)
    middle = statistics.median(one for one, _ in pairs)
    return f"{middle:,.0f} us a turn, {ratio:.2f} x of {SMALLEST:,} (target 0.90 to 1.10)"


if __name__ == "__main__":
    for name, figure in run():
        print(f"{name:32} {figure}", flush=True)
