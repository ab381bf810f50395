"""What ten million rows of the past change in a lease and in a turn.

Two PostgreSQL databases stand side by side: in one there are a thousand delivered outbox rows and
as many messages, in the other five million of each. The same leases and turns are taken in both,
in many short alternating rounds. `DELIVERY_ROWS` names another number (of each).
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import psycopg

from benchmarks.delivery import Post, desk_on
from benchmarks.growth import Desk
from benchmarks.persona import replies, the_stage
from bot.delivery.outbox import ROWS_AT_ONCE

ROUNDS = 15
TURNS = 10
ROWS = int(os.environ.get("DELIVERY_ROWS", "5000000"))
FEW_ROWS = 1_000
CHUNK = 1_000_000
NOWHERE = "http://127.0.0.1:1"
"""Nothing is sent here."""

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


def run() -> Iterator[tuple[str, str]]:
    """Yield rows of (what was measured, figure)."""
    if not os.environ.get("TEST_DATABASE_URL"):
        yield "history", "not measured: TEST_DATABASE_URL is not set"
        return
    script = replies(the_stage())[:TURNS]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        large, small = (desk_on(stack, folder, "postgresql", name) for name in ("large", "small"))
        began = time.perf_counter()
        fill(large.database, ROWS)
        fill(small.database, FEW_ROWS)
        took = f"{time.perf_counter() - began:,.0f} s to fill; the other has {FEW_ROWS:,} of each"
        yield f"{ROWS:,} outbox rows and {ROWS:,} messages", took
        posts = {desk: Post(desk, NOWHERE) for desk in (large, small)}
        yield (
            f"a lease of {ROWS_AT_ONCE} with them / without",
            _ratio(lambda desk: posts[desk].lease_microseconds(), large, small),
        )
        yield (
            "a turn with them / without",
            _ratio(lambda desk: desk.microseconds(script), large, small),
        )


def fill(database: str, rows: int) -> None:
    """Store so many delivered outbox rows and as many messages, on two connections at once."""
    with ThreadPoolExecutor(len(FILL)) as pool:
        list(pool.map(partial(_fill_table, database, rows), FILL))
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE) outbox, messages")
        connection.execute("CHECKPOINT")


def _fill_table(database: str, rows: int, statement: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("SET synchronous_commit = off")
        for first in range(1, rows + 1, CHUNK):
            connection.execute(statement, (first, min(rows, first + CHUNK - 1)))


def _ratio(measure: Callable[[Desk], float], large: Desk, small: Desk) -> str:
    """Return the median of the rounds' ratios; the first round warmed up and does not count."""
    began, pairs = time.perf_counter(), []
    for number in range(ROUNDS + 1):
        order = (large, small) if number % 2 else (small, large)
        found = {desk: measure(desk) for desk in order}
        pairs.append((found[large], found[small]))
    ratios = sorted(a / b for a, b in pairs[1:])
    return (
        f"{statistics.median(ratios):.2f} (target <= 1.10; half of the rounds"
        f" {ratios[len(ratios) // 4]:.2f} to {ratios[-1 - len(ratios) // 4]:.2f}),"
        f" {statistics.median(a for a, _ in pairs[1:]):,.0f} us,"
        f" measured in {time.perf_counter() - began:.0f} s"
    )


if __name__ == "__main__":
    for name, figure in run():
        print(f"{name:48} {figure}", flush=True)
