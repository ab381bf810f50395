"""Processes that die, texts that come again, texts that come all at once."""

from __future__ import annotations

import random
import threading
import time
from itertools import permutations

from bot.core.fail_points import FailPoint
from tests.faults.checker import Claim
from tests.faults.place import Place, a_place
from tests.faults.running import Plan, Result, age, judged, let_time_pass, settle, until
from tests.faults.traffic import DANGER, SAID, Traffic, in_threads
from tests.faults.triggers import SPOOL_POINTS, TIMER_POINTS, WORKER_POINTS
from tests.faults.twilio_side import CRISIS, Text
from tests.live.servers import FALLBACK, SMS

CLIENTS = 4
AWAY_SECONDS = 1.5
ROUNDS = 3
"""How often each kill is tried, where others keep a point from being met."""
AT_ONCE = (SMS, SMS, SMS, FALLBACK)


def killed(plan: Plan) -> Result:
    """Processes are killed at every point while patients text and the worker works."""
    with a_place(plan.database) as place:
        traffic = Traffic(place.line, plan.seed, danger=0.0 if plan.routine else DANGER)
        place.behave(callback_copies=0 if plan.unreported else 1)
        killer = threading.Thread(target=_kill_everywhere, args=(place, plan))
        killer.start()
        traffic.run(lambda turns: killer.is_alive() or turns < plan.turns, clients=CLIENTS)
        killer.join()
        result = judged("killed", plan, place, traffic)
        result.deaths = place.triggers.deaths()
    seldom = [point for point in plan.points if result.deaths[point] < plan.kills]
    result.claims.append(
        Claim("P1", "every point met as often as asked", len(plan.points), seldom)
    )
    return result


def _kill_everywhere(place: Place, plan: Plan) -> None:
    for _ in range(ROUNDS * plan.kills):
        deaths = place.triggers.deaths()
        for point in plan.points:
            if deaths[point] >= plan.kills:
                continue
            _kill_at(place, point, plan)
            if plan.then_outage:
                place.triggers.begin_outage()
                time.sleep(AWAY_SECONDS)
                place.triggers.end_outage()


def _kill_at(place: Place, point: str, plan: Plan) -> None:
    triggers, patience = place.triggers, plan.patience
    needs_kept = point == FailPoint.SPOOL_REPLAYED or (plan.routine and point in WORKER_POINTS)
    if point in SPOOL_POINTS or needs_kept:
        triggers.begin_outage()
    if needs_kept:
        until(lambda: place.kept() > 0, patience)
        triggers.end_outage()
    triggers.arm(point)
    if point in TIMER_POINTS:
        until(lambda: let_time_pass(place) or not triggers.is_armed(point), patience)
    triggers.await_death(point, seconds=patience)
    triggers.end_outage()


def redelivered(plan: Plan) -> Result:
    """Every text comes three times at once and by the fallback, and again eight days later.

    What became of the replies is reported in every order, with repeats, all at once.
    """
    with a_place(plan.database) as place:
        traffic = Traffic(place.line, plan.seed)

        def live(number: int) -> None:
            chance = random.Random(plan.seed * 1000 + number)
            orders = list(permutations(("queued", "sent", "delivered")))
            for turn in range(plan.turns // CLIENTS):
                body = CRISIS if chance.random() < 0.05 else chance.choice(SAID)
                text = Text(f"+1415{number:07d}", body)
                traffic.texts.append(text)
                in_threads(lambda n, text=text: place.line.send(text, path=AT_ONCE[n]), range(4))
                order = orders[turn % len(orders)]
                if turn % 3 == 0:
                    in_threads(lambda n, t=text, o=order: traffic.report(t, o[n:] + o), range(3))

        in_threads(live, range(CLIENTS))
        settle(place, plan)
        age(place, days=8)
        for text in traffic.texts:
            place.line.send(text)
            place.line.send(text, path=FALLBACK)
        return judged("redelivered", plan, place, traffic)


def together(plan: Plan) -> Result:
    """Fifty texts of every conversation come at once, in no order, to eight web processes."""
    each = min(50, max(5, plan.turns // 20))
    patients = [f"+1415{number:07d}" for number in range(max(1, plan.turns // each))]
    with a_place(plan.database, workers=8) as place:
        traffic = Traffic(place.line, plan.seed)
        chance = random.Random(plan.seed)
        heap = [(patient, chance.choice(SAID)) for patient in patients for _ in range(each)]
        chance.shuffle(heap)

        def work(_number: int) -> None:
            while heap:
                try:
                    patient, body = heap.pop()
                except IndexError:
                    return
                traffic.say(patient, body)

        in_threads(work, range(24))
        return judged("together", plan, place, traffic, in_order=False)
