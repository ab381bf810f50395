"""How fast the outbox empties beside bare calls of the provider, and what millions of rows change.

Rows a second: one runner delivers texts to a stand-in that takes whatever it is given, beside the
same client calling it with no row behind the call. Growth: two PostgreSQL databases side by side,
one small, one filled with delivered rows and messages; the same leases and turns in both, in
alternating rounds. `DELIVERY_ROWS` names another number of rows (of the outbox, and of messages).
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from multiprocessing import get_context
from multiprocessing.connection import Connection as Pipe
from pathlib import Path

import psycopg
from msgspec import structs
from sqlalchemy import insert

from benchmarks.growth import Desk
from benchmarks.persona import replies, the_stage
from benchmarks.turn import ACCOUNT, fresh_database
from bot.core import clock
from bot.core.messages import Channel
from bot.delivery.outbox import LEASE_SECONDS, ROWS_AT_ONCE, deliver_ordinary
from bot.delivery.parts import DeliveryParts, load_pages
from bot.delivery.senders import Letter
from bot.delivery.stand_ins import KeptAtHome
from bot.delivery.twilio_api import make_client
from bot.delivery.twilio_texts import TwilioTexts
from bot.store.leasing import lease
from bot.store.outbox import Departure, OutboxState, put, settle
from bot.store.tables import ConversationRow, MessageRow, PatientRow

TEXTS = 100
ROUNDS = 5
LEASES = 20
TURNS = 10
ROWS = int(os.environ.get("DELIVERY_ROWS", "1000000"))
CHUNK = 1_000_000
PATIENT = "+12135550001"
HANDS = (1, 4)

_BLOB = "decode(repeat(md5(n::text), {times}), 'hex')"
FILL = (
    f"""
    INSERT INTO outbox (id, clinic_id, kind, recipient, conversation_id, payload, priority, state,
      due_at, attempts, parts_sent, looks, done_at, created_at)
    SELECT 'b' || lpad(to_hex(n), 31, '0'), 'demo', 'patient-text', 'patient:x', NULL,
      {_BLOB.format(times=4)}, 2, 'sent', now(), 1, 1, 0, now(), now()
    FROM generate_series(%s::int, %s::int) AS n
    """,
    f"""
    INSERT INTO messages (id, conversation_id, turn_number, position, direction, channel,
      provider_key, kind, body, media_count, has_location, delivery, created_at)
    SELECT 'c' || lpad(to_hex(n), 31, '0'), 'd' || lpad(to_hex(n / 20), 31, '0'), n / 2 %% 10,
      n %% 2, 'outbound', 'sms', 'SN' || lpad(to_hex(n), 32, '0'), 'routine',
      {_BLOB.format(times=6)}, 0, false, 'delivered', now()
    FROM generate_series(%s::int, %s::int) AS n
    """,
)
"""Rows of what has long left; ids rise like real ones."""


class _Taker(BaseHTTPRequestHandler):
    """Answers every text as Twilio does, and remembers none."""

    protocol_version = "HTTP/1.1"
    wbufsize = 65_536
    numbers = count()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        body = b'{"sid": "SM%032x", "status": "queued"}' % next(self.numbers)
        self.send_response(201)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _take_texts(pipe: Pipe) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Taker)
    pipe.send(server.server_address[1])
    server.serve_forever()


@contextmanager
def stand_in() -> Iterator[str]:
    """Yield the address of a provider in a process of its own."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_take_texts, args=(theirs,), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        process.kill()
        process.join()


class Post:
    """A desk with an outbox and a way out."""

    def __init__(self, desk: Desk, address: str) -> None:
        self.engine = desk.parts.engine
        clinic = structs.replace(desk.clinic, segments_per_second=1_000_000.0)
        client = make_client(ACCOUNT, "x" * 32, api_url=address)
        self.texts = TwilioTexts(client, status_url="http://127.0.0.1:1/status")
        self.parts = DeliveryParts(
            engine=self.engine,
            clinic_of={clinic.id: clinic}.get,
            texts=self.texts,
            letters=KeptAtHome(),
            calls=KeptAtHome(),
            webhooks=KeptAtHome(),
            pages=load_pages(),
            alert_link="http://127.0.0.1:1/{}".format,
            call_link="http://127.0.0.1:1/{}".format,
            now=clock.utc_now,
            new_id=clock.new_id,
            report=_say_nothing,
            name=clock.new_id(),
        )
        self._add_patient()

    def _add_patient(self) -> None:
        self.conversation_id, patient_id, now = clock.new_id(), clock.new_id(), clock.utc_now()
        patient = {"id": patient_id, "clinic_id": "demo", "channel": "sms", "language": "en"}
        patient |= {"address_hash": os.urandom(32), "address": PATIENT, "created_at": now}
        talk = {"id": self.conversation_id, "clinic_id": "demo", "patient_id": patient_id}
        talk |= {"is_current": True, "channel": Channel.SMS.value, "status": "active"}
        talk |= {"language": "en", "flow_hash": "f" * 64, "turn_number": 1, "risk_open": False}
        talk |= {"crisis_answers": 0, "created_at": now}
        with self.engine.begin() as connection:
            connection.execute(insert(PatientRow).values(patient))
            connection.execute(insert(ConversationRow).values(talk))

    def put(self, texts: int) -> None:
        """Commit so many texts that are due."""
        now = clock.utc_now()
        with self.engine.begin() as connection:
            for number in range(texts):
                message_id = clock.new_id()
                row = {"id": message_id, "conversation_id": self.conversation_id, "channel": "sms"}
                row |= {"turn_number": 1, "position": number, "direction": "outbound"}
                row |= {"kind": "routine", "body": "Please answer the next question."}
                row |= {"media_count": 0, "has_location": False, "delivery": "queued"}
                connection.execute(insert(MessageRow).values(**row, created_at=now))
                payload = {"message_id": message_id}
                departure = Departure(
                    clock.new_id(), "demo", "patient-text", "patient:x", payload,
                    self.conversation_id,
                )  # fmt: skip
                put(connection, departure, now=now)

    def deliver(self, hands: int) -> float:
        """Return rows a second of one runner with so many hands."""
        self.put(TEXTS)
        parts = replace(self.parts, hands=hands)
        began = time.perf_counter()
        while deliver_ordinary(parts):
            pass
        return TEXTS / (time.perf_counter() - began)

    def call(self) -> float:
        """Return calls a second with no row behind them."""
        letter = Letter("x", PATIENT, "+15005550006", "Please answer the next question.")
        began = time.perf_counter()
        for _ in range(TEXTS):
            self.texts.send(letter)
        return TEXTS / (time.perf_counter() - began)

    def lease_microseconds(self) -> float:
        """Return the median time of a lease of ten rows; they are settled outside of it."""
        times = []
        self.put(LEASES * ROWS_AT_ONCE)
        for _ in range(LEASES):
            began = time.perf_counter()
            with self.engine.begin() as connection:
                items = lease(
                    connection, by="bench", now=clock.utc_now(), seconds=LEASE_SECONDS,
                    limit=ROWS_AT_ONCE,
                )  # fmt: skip
            times.append((time.perf_counter() - began) * 1e6)
            assert len(items) == ROWS_AT_ONCE
            with self.engine.begin() as connection:
                for item in items:
                    settle(connection, item, state=OutboxState.SENT, now=clock.utc_now())
        return statistics.median(times)


def _say_nothing(_event: str, **_ids: object) -> None:
    """Log no line per row."""


def throughput(kind: str, folder: Path, address: str) -> list[tuple[str, str]]:
    """Return rows a second on one database, beside bare calls of the same rounds."""
    with ExitStack() as stack:
        post = Post(_desk(stack, folder, kind, "delivery"), address)
        post.deliver(1)
        ours: dict[int, list[float]] = {hands: [] for hands in HANDS}
        bare = []
        for _ in range(ROUNDS):
            bare.append(post.call())
            for hands in HANDS:
                ours[hands].append(post.deliver(hands))
    middle = statistics.median(bare)
    rows = [(f"{kind}: bare calls", f"{middle:,.0f} a second")]
    for hands, rates in ours.items():
        ratio = statistics.median(a / b for a, b in zip(rates, bare, strict=True))
        name = f"{kind}: a runner, {hands} rows at once"
        rows.append((name, f"{statistics.median(rates):,.0f} rows a second, {ratio:.2f} x bare"))
    return rows


def growth(folder: Path, address: str) -> list[tuple[str, str]]:
    """Return what so many delivered rows change in a lease and in a turn."""
    script = replies(the_stage())[:TURNS]
    with ExitStack() as stack:
        large, small = (_desk(stack, folder, "postgresql", name) for name in ("large", "small"))
        began = time.perf_counter()
        fill(large.database, ROWS)
        filled = time.perf_counter() - began
        posts = {desk: Post(desk, address) for desk in (large, small)}
        leases = _ratio(lambda desk: posts[desk].lease_microseconds(), large, small)
        turns = _ratio(lambda desk: desk.microseconds(script), large, small)
    return [
        (f"filled with 2 x {ROWS:,} rows", f"{filled:,.0f} s"),
        (f"lease of {ROWS_AT_ONCE} at {ROWS:,} rows", leases),
        (f"a turn at {ROWS:,} rows", turns),
    ]


def fill(database: str, rows: int) -> None:
    """Store so many delivered outbox rows and as many messages."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("SET synchronous_commit = off")
        for first in range(1, rows + 1, CHUNK):
            for statement in FILL:
                connection.execute(statement, (first, min(rows, first + CHUNK - 1)))
        connection.execute("VACUUM (ANALYZE) outbox, messages")
        connection.execute("CHECKPOINT")


def _ratio(measure: Callable[[Desk], float], large: Desk, small: Desk) -> str:
    pairs = []
    for number in range(ROUNDS + 1):
        order = (large, small) if number % 2 else (small, large)
        found = {desk: measure(desk) for desk in order}
        pairs.append((found[large], found[small]))
    ratio = statistics.median(a / b for a, b in pairs[1:])
    return f"{statistics.median(a for a, _ in pairs[1:]):,.0f} us, {ratio:.2f} x (target <= 1.10)"


def _desk(stack: ExitStack, folder: Path, kind: str, name: str) -> Desk:
    own = folder / f"{kind}-{name}"
    own.mkdir()
    desk = Desk(own, stack.enter_context(fresh_database(kind, str(own), name)))
    stack.callback(desk.parts.engine.dispose)
    return desk


def run() -> list[tuple[str, str]]:
    """Return rows of (what was measured, figure)."""
    has_postgresql = bool(os.environ.get("TEST_DATABASE_URL"))
    with tempfile.TemporaryDirectory() as name, stand_in() as address:
        measure = partial(throughput, folder=Path(name), address=address)
        rows = measure("sqlite")
        if not has_postgresql:
            return [*rows, ("postgresql", "not measured: TEST_DATABASE_URL is not set")]
        return [*rows, *measure("postgresql"), *growth(Path(name), address)]


if __name__ == "__main__":
    for name, figure in run():
        print(f"{name:40} {figure}", flush=True)
