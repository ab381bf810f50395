"""Rows are kicked through a broker that hangs, dies and comes back while patients text."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager

from bot.cli.supervise import queue_command
from tests.faults.brokers import OwnBroker, own_rabbitmq, own_redis
from tests.faults.checker import ON_CALL, Claim
from tests.faults.place import Place, a_place
from tests.faults.running import Plan, Result, judged, until
from tests.faults.timings import LONGEST_SECONDS
from tests.faults.traffic import Traffic, a_crowd
from tests.faults.twilio_side import CRISIS
from tests.live.servers import await_true

PAUSE_SECONDS = 3.0
KICKED_AGAIN_SECONDS = 120.0
"""Whoever kicks leaves a broker that failed alone for seconds; whoever reads comes back slowly."""


def redis_gone(plan: Plan) -> Result:
    """Redis."""
    return _broker_gone("broker gone", own_redis, plan)


def rabbitmq_gone(plan: Plan) -> Result:
    """RabbitMQ, as a node of its own."""
    return _broker_gone("RabbitMQ gone", own_rabbitmq, plan)


def _broker_gone(
    name: str, make: Callable[[], AbstractContextManager[OwnBroker]], plan: Plan
) -> Result:
    with make() as broker, a_place(plan.database, BROKER_URL=broker.url) as place:
        traffic = Traffic(place.line, plan.seed)
        broker.start()
        place.server.start(queue_command())
        await_true(lambda: "queue.started" in place.server.events(), seconds=180)
        each = max(4, plan.turns // 12)
        for number, moment in enumerate(("well", "hanging", "well", "dead", "well")):
            if moment == "hanging":
                broker.hang()
            if moment == "dead":
                broker.kill()
            traffic.speak(a_crowd(each, prefix=f"+141{number}"), ("Hi", CRISIS))
            if moment == "hanging":
                broker.go_on()
            if moment == "dead":
                broker.start()
        is_kicked = _is_kicked_again(place, traffic)
        result = judged(name, plan, place, traffic)
        events = Counter(place.server.events())
    urgent = [text for text in traffic.texts if text.is_urgent]
    late = [f"{t.sid}: {t.seconds:.1f} s" for t in urgent if t.seconds > LONGEST_SECONDS]
    result.claims += [
        Claim("P3", "no crisis waits for the broker", len(urgent), late),
        Claim("P3", "the broker was away", 1, [] if events["broker_away"] else ["nobody noticed"]),
        Claim("P3", "rows are kicked again when it is back", 1, [] if is_kicked else ["none was"]),
    ]
    return result


def _is_kicked_again(place: Place, traffic: Traffic) -> bool:
    """Whether a page leaves while no worker looks, so that only a kick can bring it about."""
    assert place.worker is not None
    os.killpg(place.worker.pid, signal.SIGKILL)
    place.worker.wait()
    before, patients = _paged(place), iter(range(10**6))

    def is_paged() -> bool:
        traffic.say(f"+1418{next(patients):07d}", CRISIS)
        return until(lambda: _paged(place) > before, PAUSE_SECONDS)

    try:
        return until(is_paged, KICKED_AGAIN_SECONDS)
    finally:
        place.start_worker()


def _paged(place: Place) -> int:
    return sum(entry["To"] == ON_CALL for entry in place.ledger("message"))
