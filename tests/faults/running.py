"""What every scenario shares: how much is done, how it settles, and how it is judged."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import func, select, update
from sqlalchemy.exc import OperationalError

from bot.core.clock import utc_now
from bot.store.engine import READ_ONLY
from bot.store.tables import AlertRow, MessageRow, OutboxRow, TimerRow
from tests.faults.checker import Claim, Evidence, check
from tests.faults.place import Place
from tests.faults.stored import read
from tests.faults.timings import Timing
from tests.faults.traffic import Traffic
from tests.faults.triggers import POINTS

POLL_SECONDS = 0.2
SILENT = 3


@dataclass
class Plan:
    """How much of it. `points` are the places at which `kills` processes each are killed.

    `samples` are the answers wanted of each case where answers are timed. `routine`: nobody is in
    danger, and what the outbox sends are replies alone. `then_outage`: after each kill the
    database is away for a while. `unreported`: Twilio calls nobody back. `is_timed`: how long
    kept texts wait to be treated is judged, which a machine that is busy otherwise may delay.
    `minutes`: so long the provider is out, in real time, in these `moods` one after the other.
    """

    database: str
    turns: int
    kills: int = 1
    points: tuple[str, ...] = POINTS
    seed: int = 1
    samples: int = 100
    patience: float = 10.0
    settles_within: float = 60.0
    routine: bool = False
    then_outage: bool = False
    unreported: bool = False
    is_timed: bool = True
    minutes: float = 0.0
    moods: tuple[str, ...] = ()


@dataclass
class Result:
    """What came of one scenario."""

    scenario: str
    database: str
    turns: int
    claims: list[Claim]
    deaths: Counter[str] = field(default_factory=Counter)
    figures: dict[str, float] = field(default_factory=dict)
    timings: list[Timing] = field(default_factory=list)


def judged(
    scenario: str, plan: Plan, place: Place, traffic: Traffic, *, in_order: bool = True
) -> Result:
    """Wait until nothing is left to do, then look at what there is."""
    took = settle(place, plan)
    engine = place.engine()
    evidence = Evidence(
        traffic.texts, read(engine), place.ledger("message"), dict(traffic.reports), in_order
    )
    engine.dispose()
    figures = {"settled_seconds": round(took, 1), "sent_again": traffic.sent_again}
    kept = place.server.spool
    evidence.set_aside = [path.name for path in kept.iterdir() if path.suffix == ".damaged"]
    evidence.kept = [path.name for path in place.server.waiting()]
    return Result(scenario, plan.database, len(traffic.texts), check(evidence), figures=figures)


def settle(place: Place, plan: Plan) -> float:
    """Wait until the spool is empty and every due row has an end; return the seconds it took.

    What is not settled in time stays as it is, and the checker sees it.
    """
    place.triggers.end_outage()
    began = time.monotonic()
    engine = place.engine()

    def is_settled() -> bool:
        if place.kept():
            return False
        with engine.connect().execution_options(**READ_ONLY) as connection:
            open_rows = connection.scalar(select(func.count()).where(OutboxRow.done_at.is_(None)))
            unpaged = connection.scalar(
                select(func.count()).where(AlertRow.acknowledged_at.is_(None), AlertRow.step == 0)
            )
        return not open_rows and not unpaged

    until(is_settled, plan.settles_within)
    engine.dispose()
    return time.monotonic() - began


def until(claim: Callable[[], bool], seconds: float) -> bool:
    """Wait for something; return whether it came."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if claim():
            return True
        time.sleep(POLL_SECONDS)
    return False


def age(place: Place, *, days: int) -> None:
    """Make everything that was said so many days older than it is."""
    engine = place.engine()
    with engine.begin() as connection:
        connection.execute(update(MessageRow).values(created_at=utc_now() - timedelta(days=days)))
    engine.dispose()


def let_time_pass(place: Place) -> None:
    """Make the timers of the patients who have been silent longest due, if nobody is writing."""
    engine = place.engine()
    with suppress(OperationalError), engine.begin() as connection:
        oldest = select(TimerRow.conversation_id).order_by(TimerRow.created_at).limit(SILENT)
        connection.execute(
            update(TimerRow).where(TimerRow.conversation_id.in_(oldest)).values(due_at=utc_now())
        )
    engine.dispose()
