"""A database that is away, a disk that is full, a provider that fails, staff who do not answer."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from functools import partial
from typing import Any

from bot.services.health import LONGEST_REST_SECONDS
from tests.faults.checker import ON_CALL, Claim
from tests.faults.place import Place, a_place
from tests.faults.running import Plan, Result, judged, settle, until
from tests.faults.timings import Timing, promised
from tests.faults.traffic import Traffic
from tests.faults.twilio_side import CRISIS
from tests.live import outages

REPLAYED_WITHIN_SECONDS = 60.0
PAGED_WITHIN_SECONDS = 120.0
GO_ON_SECONDS = 60.0
GONE = "gone"
LASTS_SECONDS = 1.5
"""How long an outage goes on after all have spoken: whoever replays tries in vain meanwhile."""

MOODS = ("broken", "busy", "deaf", "broken-after")


def outage(plan: Plan, *, kinds: Sequence[str] = ()) -> Result:
    """The database freezes, is refused, is read-only, has a full disk; patients text on.

    `kinds` names some of the ways, for a shorter run.
    """
    with a_place(plan.database, disk=True) as place:
        traffic = Traffic(place.line, plan.seed)
        slowest = 0.0
        ways = [out for kind, out in _outages(place) if not kinds or kind in kinds]
        for number, out in enumerate(ways):
            patients = [f"+1415{number:03d}{n:04d}" for n in range(max(4, plan.turns // 24))]
            traffic.speak(patients, ("Hi", "yes"))
            with out():
                traffic.speak([f"{p[:-4]}9{p[-3:]}" for p in patients[::4]], (CRISIS,))
                traffic.speak(patients, ("1", "2"))
                time.sleep(LASTS_SECONDS)
            slowest = max(slowest, settle(place, plan))
        result = judged("outage", plan, place, traffic)
    urgent = tuple(text.seconds for text in traffic.texts if text.is_urgent)
    result.claims += promised([Timing("crises", urgent)])
    if plan.is_timed:
        late = [f"{slowest:.0f} s"] if slowest > REPLAYED_WITHIN_SECONDS else []
        result.claims.append(Claim("P3", "kept texts are turns within 60 s", 1, late))
    result.figures["slowest_replay_seconds"] = round(slowest, 1)
    return result


def kept_first(plan: Plan) -> Result:
    """Patients go on after an outage while no worker runs: each one's kept texts come first."""
    with a_place(plan.database) as place:
        traffic = Traffic(place.line, plan.seed)
        assert place.worker is not None
        patients = [f"+1415{n:07d}" for n in range(max(2, plan.turns // 4))]
        os.killpg(place.worker.pid, signal.SIGSTOP)
        with _flagged(place):
            traffic.speak(patients, ("Hi", "yes"))
        time.sleep(LONGEST_REST_SECONDS)
        until(lambda: _go_on(place, traffic, patients), GO_ON_SECONDS)
        os.killpg(place.worker.pid, signal.SIGCONT)
        return judged("kept first", plan, place, traffic)


def _go_on(place: Place, traffic: Traffic, patients: list[str]) -> bool:
    """Let everybody text; whether a turn was taken. On a busy machine texts are kept first."""
    traffic.speak(patients, ("1", "2"))
    ((turns,),) = place.look("SELECT count(*) FROM messages")
    return bool(turns)


def _outages(place: Place) -> Iterator[tuple[str, Callable[[], AbstractContextManager[None]]]]:
    disk = place.folder / "disk"
    yield "flagged", partial(_flagged, place)
    if place.postgres is None:
        yield "locked", partial(outages.file_locked, disk)
        yield "full", partial(outages.file_disk_full, disk)
        return
    for kind in (outages.frozen, outages.refused, outages.read_only, outages.disk_full):
        yield kind.__name__, partial(kind, place.postgres, "door", disk)


@contextmanager
def _flagged(place: Place) -> Iterator[None]:
    place.triggers.begin_outage()
    try:
        yield
    finally:
        place.triggers.end_outage()


def provider_out(plan: Plan, *, moods: Sequence[str] = (*MOODS, GONE)) -> Result:
    """Twilio is broken, busy, deaf, gone; then it is well again."""
    with a_place(plan.database) as place:
        traffic = Traffic(place.line, plan.seed)
        for number, mood in enumerate(moods):
            with _in_mood(place, mood):
                _send_much(place, traffic, number, plan)
        recovered = time.time()
        result = judged("provider out", plan, place, traffic)
        late = _late_pages(place, recovered)
    result.claims.append(Claim("P4", "pages arrive within 120 s of recovery", *late))
    return result


@contextmanager
def _in_mood(place: Place, mood: str) -> Iterator[None]:
    if mood == GONE:
        assert place.fake is not None
        place.fake.kill()
        place.fake.wait()
        yield
        place.start_fake()
        return
    place.behave(mood=mood)
    yield
    place.behave(mood="well")


def _send_much(place: Place, traffic: Traffic, number: int, plan: Plan) -> None:
    """Crises, whose pages leave now, and texts that were kept, whose replies leave now."""
    patients = [f"+1415{number:03d}{n:04d}" for n in range(max(2, plan.turns // 40))]
    traffic.speak(patients, (CRISIS,))
    place.triggers.begin_outage()
    traffic.speak([f"{p[:-4]}8{p[-3:]}" for p in patients], ("Hi",))
    place.triggers.end_outage()
    until(lambda: not place.kept(), plan.patience)
    time.sleep(1.5)


def _late_pages(place: Place, recovered: float) -> tuple[int, list[str]]:
    pages = [entry for entry in place.ledger("message") if entry["To"] == ON_CALL]
    moments = [datetime.fromisoformat(entry["at"]).timestamp() for entry in pages]
    waits = [moment - recovered for moment in moments]
    return len(pages), [f"{wait:.0f} s" for wait in waits if wait > PAGED_WITHIN_SECONDS]


def unanswered(plan: Plan) -> Result:
    """Nobody acknowledges; the worker is killed again and again in the middle of paging.

    Minutes are seconds here: an alert pages at 0, 2, 5 and 15.
    """
    with a_place(plan.database, FAULTS_QUICK_ALERTS="1") as place:
        traffic = Traffic(place.line, plan.seed)
        stop = threading.Event()
        killer = threading.Thread(target=_kill_pagers, args=(place, stop))
        killer.start()
        traffic.speak([f"+1415{n:07d}" for n in range(max(4, plan.turns // 20))], (CRISIS,))
        until(lambda: not _unpaged(place)[1], max(20.0, plan.settles_within))
        stop.set()
        killer.join()
        result = judged("unanswered", plan, place, traffic)
        result.deaths = place.triggers.deaths()
        result.claims.append(Claim("P5", "pages at 2, 5 and 15 minutes again", *_unpaged(place)))
    return result


def _kill_pagers(place: Place, stop: threading.Event) -> None:
    while not stop.is_set():
        for point in ("alert-stepped", "alert-committed", "outcome-written"):
            place.triggers.arm(point)
            place.triggers.await_death(point, seconds=1.0)


def _unpaged(place: Place) -> tuple[int, list[str]]:
    found: Any = place.look("SELECT id, step FROM alerts")
    return len(found), [f"{row.id} paged {row.step} times" for row in found if row.step < 4]
