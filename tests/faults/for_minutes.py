"""A provider that is out for real minutes: no pause of the program is shortened here.

Texts and calls are refused, hang or fail with 5xx, its lists as well, one mood after the other;
e-mail works. Patients text on, some of them in crisis, and nobody acknowledges anything.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from msgspec import structs

from bot.core.clinic import OnCall
from tests.fakes.mail import FakeMail, fake_mail
from tests.faults.checker import STAFF, Claim
from tests.faults.place import QUICK_CLINIC, Place, a_place
from tests.faults.running import Plan, Result, judged
from tests.faults.timings import Timing, promised
from tests.faults.traffic import SAID, Traffic
from tests.faults.twilio_side import CRISIS

GONE = "gone"
MOODS = (GONE, "hanging", "broken")
ROUNDS = 2
"""So often the moods follow each other; the last one before its return fails with 5xx."""

PEOPLE = tuple(
    OnCall(name, phone=phone, email=f"{name.lower()}@clinic.test")
    for name, phone in zip(("Nurse", "Doctor"), sorted(STAFF), strict=True)
)
PAGED_WITHIN_SECONDS = 120.0
SECOND_WAY_SECONDS = 60.0
MOST_COPIES = 2
ROUTINE_SETTLES_SECONDS = 1800.0
"""A routine text that was refused for ten minutes is tried again a quarter of an hour later."""


@dataclass(frozen=True)
class Paged:
    """One page by text or e-mail that an alert asked for: of whom, and when."""

    alert_id: str
    outbox_id: str
    person: int
    channel: str
    at: float
    opened_at: float


def provider_out_for_minutes(plan: Plan) -> Result:
    """Twilio is away for `plan.minutes`, then well again; pages, copies and texts are counted."""
    clinic = structs.replace(QUICK_CLINIC, on_call=PEOPLE)
    plan.settles_within = max(plan.settles_within, ROUTINE_SETTLES_SECONDS)
    with (
        fake_mail() as mail,
        a_place(
            plan.database,
            clinic=clinic,
            FAULTS_UNSHORTENED="1",
            SMTP_URL=mail.url,
            MAIL_FROM="door@clinic.test",
        ) as place,
    ):
        traffic = Traffic(place.line, plan.seed)
        out = threading.Thread(target=_be_out, args=(place, plan))
        out.start()
        _text_on(place, traffic, plan, out)
        out.join()
        recovered = time.time()
        time.sleep(PAGED_WITHIN_SECONDS)
        pages = _pages(place)
        ledger = place.ledger("message")
        result = judged("provider out for minutes", plan, place, traffic)
        result.figures["minutes"] = plan.minutes
        _judge_pages(result, pages, ledger, recovered)
        _judge_second_way(result, pages, mail)
        _count_routine(result, place)
        starts = place.server.events().count("worker.started")
    ended = [f"{starts - 1} times"] if starts > 1 else []
    result.claims.append(Claim("P4", "the worker never ends by a fault", 1, ended))
    urgent = tuple(text.seconds for text in traffic.texts if text.is_urgent)
    result.claims += promised([Timing("crises", urgent)])
    return result


def _be_out(place: Place, plan: Plan) -> None:
    moods = (plan.moods or MOODS) * ROUNDS
    for mood in moods:
        if mood == GONE:
            assert place.fake is not None
            place.fake.kill()
            place.fake.wait()
        else:
            place.behave(mood=mood, list_mood=mood)
        time.sleep(plan.minutes * 60 / len(moods))
        if mood == GONE:
            place.start_fake()
    place.behave(mood="well", list_mood="well")


def _text_on(place: Place, traffic: Traffic, plan: Plan, out: threading.Thread) -> None:
    """A crisis, some answers, and a text that is kept so that its reply leaves by the outbox."""
    chance = random.Random(plan.seed)
    pause = plan.minutes * 60 / plan.turns
    number = 0
    while out.is_alive():
        number += 1
        patient = f"+1415{number // 4:07d}"
        if number % 4 == 0:
            traffic.say(patient, CRISIS)
        elif number % 4 == 1:
            place.triggers.begin_outage()
            traffic.say(f"+1416{number:07d}", "Hi")
            place.triggers.end_outage()
        else:
            traffic.say(patient, chance.choice(SAID))
        out.join(pause)


def _pages(place: Place) -> list[Paged]:
    found: Sequence[Any] = place.look(
        "SELECT s.alert_id, s.outbox_id, s.person, s.channel, s.created_at AS at,"
        " a.created_at AS opened_at FROM alert_steps s JOIN alerts a ON a.id = s.alert_id"
        " WHERE s.kind = 'paged' ORDER BY s.created_at"
    )
    return [
        Paged(
            row.alert_id, row.outbox_id, row.person, row.channel,
            _seconds(row.at), _seconds(row.opened_at),
        )
        for row in found
    ]  # fmt: skip


def _seconds(moment: str | datetime) -> float:
    """Of the epoch; SQLite gives text."""
    read = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()


def _judge_pages(
    result: Result, pages: list[Paged], ledger: list[dict[str, Any]], recovered: float
) -> None:
    """Whoever was to be paged while it was out got it soon after, and nobody too often."""
    row_of = {page.outbox_id: page for page in pages if page.channel == "sms"}
    copies: Counter[str] = Counter()
    first: dict[tuple[str, int], float] = {}
    for entry in ledger:
        (key,) = parse_qs(urlsplit(entry["StatusCallback"]).query).get("outbox", [""])
        copies[key] += 1
        if page := row_of.get(key):
            at = datetime.fromisoformat(entry["at"]).timestamp()
            first.setdefault((page.alert_id, page.person), at)
    wanted = {(page.alert_id, page.person) for page in row_of.values() if page.at < recovered}
    waits = {key: first.get(key, float("inf")) - recovered for key in wanted}
    late = [f"{key}: {wait:.0f} s" for key, wait in waits.items() if wait > PAGED_WITHIN_SECONDS]
    often = [f"{key}: {copies[key]}" for key in row_of if copies[key] > MOST_COPIES]
    says = f"each person has each page {PAGED_WITHIN_SECONDS:.0f} s after its return"
    result.claims.append(Claim("P4", says, len(wanted), late))
    result.claims.append(Claim("P4", "no page comes more than twice", len(row_of), often))
    result.figures["alerts"] = len({page.alert_id for page in pages})
    result.figures["people_to_page"] = len(wanted)
    result.figures["slowest_page_seconds"] = round(max(waits.values(), default=0.0), 1)
    result.figures["most_copies"] = max((copies[key] for key in row_of), default=0)


def _judge_second_way(result: Result, pages: list[Paged], mail: FakeMail) -> None:
    """A minute after an alert was opened somebody has an e-mail of it, and the next is paged."""
    opened = {page.alert_id: page.opened_at for page in pages}
    mailed: dict[str, float] = {}
    for letter in mail.letters:
        for alert_id in opened:
            if alert_id in letter.text:
                mailed.setdefault(alert_id, letter.at.timestamp())
    waits = {key: mailed.get(key, float("inf")) - at for key, at in opened.items()}
    late = [f"{key}: {wait:.0f} s" for key, wait in waits.items() if wait > SECOND_WAY_SECONDS]
    says = f"an e-mail of each alert within {SECOND_WAY_SECONDS:.0f} s"
    result.claims.append(Claim("P4", says, len(opened), late))
    result.figures["slowest_mail_seconds"] = round(max(waits.values(), default=0.0), 1)
    next_ones = [page.at - page.opened_at for page in pages if page.person == 1]
    result.figures["next_person_seconds"] = round(min(next_ones, default=0.0), 1)


def _count_routine(result: Result, place: Place) -> None:
    """How many routine texts left by the outbox, and how each of them ended."""
    found = place.look(
        "SELECT state, count(*) AS times FROM outbox WHERE kind = 'patient-text' GROUP BY state"
    )
    for row in found:
        result.figures[f"routine_{row.state}"] = row.times
