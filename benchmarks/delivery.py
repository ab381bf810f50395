"""How fast the outbox empties beside bare calls of the provider.

One runner delivers texts to a stand-in that takes whatever it is given, beside the same client
calling it with no row behind the call, in alternating rounds of one run, on both databases.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from multiprocessing import get_context
from multiprocessing.connection import Connection as Pipe
from pathlib import Path

from msgspec import structs
from sqlalchemy import insert

from benchmarks.growth import Desk
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
LEASES = 10
PATIENT = "+12135550001"
HANDS = (1, 4)


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
        post = Post(desk_on(stack, folder, kind, "delivery"), address)
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


def desk_on(stack: ExitStack, folder: Path, kind: str, name: str) -> Desk:
    """Return a desk at a database of its own, which is gone with the stack."""
    own = folder / f"{kind}-{name}"
    own.mkdir()
    desk = Desk(own, stack.enter_context(fresh_database(kind, str(own), name)))
    stack.callback(desk.parts.engine.dispose)
    return desk


def run() -> Iterator[tuple[str, str]]:
    """Yield rows of (what was measured, figure)."""
    with tempfile.TemporaryDirectory() as name, stand_in() as address:
        measure = partial(throughput, folder=Path(name), address=address)
        yield from measure("sqlite")
        if os.environ.get("TEST_DATABASE_URL"):
            yield from measure("postgresql")
        else:
            yield "postgresql", "not measured: TEST_DATABASE_URL is not set"


if __name__ == "__main__":
    for name, figure in run():
        print(f"{name:40} {figure}", flush=True)
