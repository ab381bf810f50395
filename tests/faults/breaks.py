"""The power fails, and a web page says everything again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter

from tests.faults.checker import Claim
from tests.faults.disk import after_cut
from tests.faults.place import Place, a_place
from tests.faults.running import Plan, Result, judged, until
from tests.faults.stored import read
from tests.faults.traffic import Traffic, a_crowd, in_threads
from tests.faults.twilio_side import CRISIS
from tests.live.chatting import Visitor, visitor
from tests.live.private_postgres import free_port

AT_ONCE = 10
VISITORS = 4
SAID = ("Hi", "yes", "1", "2", "no")
BOUNDLESS = dict.fromkeys(
    ("CHAT_SESSIONS_PER_ADDRESS", "CHAT_SESSIONS_PER_CLINIC", "CHAT_MESSAGES_PER_ADDRESS",
     "CHAT_MESSAGES_PER_CLINIC"), "1000000",
)  # fmt: skip
REFUSED_WITHIN_SECONDS = 120
CONFLICT = 409


def power_cut(plan: Plan) -> Result:
    """The database is away, texts are kept on disk, and the machine loses its power.

    Every process dies, and of the spool only what was synced is left. The database's own disk is
    not emulated: that it syncs each commit is asked of it, and the program refuses to start else.
    """
    with a_place(plan.database, FAULTS_POWER="1") as place:
        traffic = Traffic(place.line, plan.seed)
        patients = a_crowd(max(4, plan.turns // 4))
        place.triggers.begin_outage()
        traffic.speak(patients, ("Hi", "yes"))
        traffic.speak(patients[::4], (CRISIS,))
        kept = place.kept()
        place.stop()
        after_cut(place.server.spool, place.folder / "synced")
        left = place.kept()
        place.triggers.end_outage()
        place.start_fake()
        place.start_web()
        place.start_worker()
        result = judged("power cut", plan, place, traffic)
        refusal = _starts_without_durable_commits(place)
    lost = [f"{left} of {kept}"] if left < kept else []
    result.claims.append(Claim("P9", "what was kept survives a power cut", kept, lost))
    result.claims.append(Claim("P9", "it starts with durable commits only", 1, refusal))
    return result


def _starts_without_durable_commits(place: Place) -> list[str]:
    """What speaks against it: that it starts over a database that may forget a commit.

    With SQLite each connection asks for them by itself.
    """
    if place.postgres is None:
        with place.engine().connect() as connection:
            level = connection.exec_driver_sql("PRAGMA synchronous").scalar()
        return [] if level == 2 else [f"synchronous is {level}"]
    place.postgres.run("postgres", "ALTER SYSTEM SET synchronous_commit = off")
    place.postgres.run("postgres", "SELECT pg_reload_conf()")
    place.postgres.await_setting("synchronous_commit", "off")
    env = {**place.server.env, "PORT": str(free_port())}
    process = subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "wsgi", "serve"], env=env,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    try:
        said, _ = process.communicate(timeout=REFUSED_WITHIN_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGTERM)
        process.communicate()
        return ["it started"]
    is_told = process.returncode != 0 and b"synchronous_commit" in said
    return [] if is_told else [f"ended with {process.returncode}"]


def web_repeats(plan: Plan) -> Result:
    """Every message of the web chat is said ten times at once, then other words under its id."""
    with a_place(plan.database, workers=4, **BOUNDLESS) as place:
        visitors = [visitor(place.server) for _ in range(VISITORS)]
        each = max(1, plan.turns // VISITORS // len(SAID))
        said: list[tuple[str, list[str]]] = []
        strange: list[str] = []

        def talk(number: int) -> None:
            for turn in range(each * len(SAID)):
                client_id = f"v{number}-{turn}"
                said.append((client_id, _ten_times(visitors[number], turn, client_id)))
                strange.extend(_other_words(visitors[number], client_id))

        in_threads(talk, range(VISITORS))
        until(lambda: not place.kept(), plan.settles_within)
        engine = place.engine()
        stored = read(engine)
        engine.dispose()
    turns = Counter(
        (row.provider_key or "").rpartition(":")[2]
        for _, talk in stored.every_talk()
        for row in talk.inbound
    )
    gaps = [
        talk.id
        for _, talk in stored.every_talk()
        if {row.turn_number for row in talk.texts} != set(range(1, talk.turn_number + 1))
    ]
    differing = [f"{name}: {len(set(bodies))}" for name, bodies in said if len(set(bodies)) > 1]
    lost = [f"{name}: {turns[name]} turns" for name, _ in said if turns[name] != 1]
    claims = [
        Claim("P8", "ten at once are one turn", len(said), lost),
        Claim("P8", "the same id gets the same answer", len(said), differing),
        Claim("P8", "other words under an id are refused", len(said), strange),
        Claim("P8", "turns have no gaps", len(stored.talks), gaps),
    ]
    return Result("web repeats", plan.database, len(said) * AT_ONCE, claims)


def _ten_times(visitor: Visitor, turn: int, client_id: str) -> list[str]:
    """Say it ten times at once; return what was shown of it each time it was stored."""
    shown: list[str] = []

    def say(_number: int) -> None:
        answer, body = visitor.say(SAID[turn % len(SAID)], client_id=client_id)
        if answer.status == 200 and body["is_stored"]:
            shown.append(json.dumps(body["messages"], sort_keys=True))

    in_threads(say, range(AT_ONCE))
    until(lambda: bool(shown) or bool(say(0)), 60)
    return shown


def _other_words(visitor: Visitor, client_id: str) -> list[str]:
    """Say other words under the id until the database has spoken, not the disk alone."""
    told: list[int] = []

    def is_told() -> bool:
        answer, body = visitor.say("something else", client_id=client_id)
        told.append(answer.status)
        return bool(answer.status != 200 or body["is_stored"])

    until(is_told, 60)
    return [] if told[-1] == CONFLICT else [f"{client_id}: {told[-1]}"]
