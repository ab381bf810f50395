"""Which promises were kept, judged by the database, the ledger, and what was sent and heard.

The checker knows nothing of how a scenario failed things. Each claim is a function that returns
what it counted and every case against it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.store.receipts import _STAGE
from tests.faults import oracle
from tests.faults.stored import Stored, Talk
from tests.faults.twilio_side import Text

ON_CALL = "+12125550123"
STAFF = frozenset({ON_CALL, "+12125550124"})
SHOWN_AS_OPEN = frozenset({"unknown", "failed", "undelivered", "unconfirmed", "dropped"})
"""Deliveries that tell a person that a text may not have come."""


@dataclass
class Evidence:
    """What a run leaves: `in_order` says that each patient waited for one answer before the next.

    `texts` were sent, `stored` is the database, `ledger` what the fake accepted; `reports` maps a
    text's own id to the statuses whose report the program took; `kept` and `set_aside` are the
    files that are still in the spool.
    """

    texts: list[Text]
    stored: Stored
    ledger: list[dict[str, Any]]
    reports: dict[str, list[str]] = field(default_factory=dict)
    in_order: bool = True
    kept: list[str] = field(default_factory=list)
    set_aside: list[str] = field(default_factory=list)

    def reached(self) -> Counter[tuple[str, str]]:
        """(number, body) -> how often it got to the patient, by answer or by the outbox."""
        found: Counter[tuple[str, str]] = Counter()
        for text in self.texts:
            found.update((text.patient, said) for said in text.said)
        found.update((entry["To"], entry["Body"]) for entry in self.ledger)
        return found


@dataclass
class Claim:
    """One claim of a promise: how many cases were looked at, and what speaks against it."""

    promise: str
    says: str
    cases: int
    against: list[str]


Check = Callable[[Evidence], tuple[int, list[str]]]


def lost_inbound(evidence: Evidence) -> tuple[int, list[str]]:
    accepted = [text for text in evidence.texts if text.is_accepted]
    return len(accepted), [t.sid for t in accepted if not evidence.stored.by_sid.get(t.sid)]


def left_on_disk(evidence: Evidence) -> tuple[int, list[str]]:
    return len(evidence.texts), [*evidence.kept, *evidence.set_aside]


def accepted_at_last(evidence: Evidence) -> tuple[int, list[str]]:
    return len(evidence.texts), [t.sid for t in evidence.texts if not t.is_accepted]


def duplicate_turns(evidence: Evidence) -> tuple[int, list[str]]:
    by_sid = evidence.stored.by_sid
    against = [sid for sid, rows in by_sid.items() if len(rows) > 1]
    for _, talk in evidence.stored.every_talk():
        turns = Counter(row.turn_number for row in talk.inbound)
        against += [f"{talk.id} turn {turn}" for turn, times in turns.items() if times > 1]
    return len(by_sid), against


def gapless(evidence: Evidence) -> tuple[int, list[str]]:
    talks = [talk for _, talk in evidence.stored.every_talk()]
    return len(talks), [talk.id for talk in talks if not _has_every_turn(talk)]


def _has_every_turn(talk: Talk) -> bool:
    turns = {row.turn_number for row in talk.texts}
    return turns == set(range(1, talk.turn_number + 1))


def as_sent(evidence: Evidence) -> tuple[int, list[str]]:
    """Who waits for each answer is treated in the order of sending; a crisis waits for nothing."""
    if not evidence.in_order:
        return 0, []
    place = {
        row.provider_key: (talk.id, row.turn_number)
        for _, talk in evidence.stored.every_talk()
        for row in talk.inbound
    }
    by_patient = defaultdict(list)
    for text in evidence.texts:
        if text.sid in place and not text.is_urgent:
            by_patient[text.patient].append(place[text.sid])
    return len(by_patient), [n for n, turns in by_patient.items() if turns != sorted(turns)]


def as_in_a_row(evidence: Evidence) -> tuple[int, list[str]]:
    """Left out is who fell silent until a timer took a step: no text says when it did."""
    compared, differing = oracle.compare(evidence.stored)
    return compared, differing


def lost_consults(evidence: Evidence) -> tuple[int, list[str]]:
    talks = [talk for _, talk in evidence.stored.every_talk() if talk.dangers]
    return len(talks), [talk.id for talk in talks if not talk.priorities]


def routine_twice(evidence: Evidence) -> tuple[int, list[str]]:
    """No routine text gets to a patient more often than it was decided."""
    decided: Counter[tuple[str, str]] = Counter()
    for number, talk in evidence.stored.every_talk():
        decided.update((number, row.body) for row in talk.replies)
    routine = [(key, n) for key, n in evidence.reached().items() if _is_routine(*key)]
    against = [f"{key[0]}: {n} of {decided[key]}" for key, n in routine if n > decided[key]]
    return len(routine), against


def _is_routine(number: str, body: str) -> bool:
    return number not in STAFF and "988" not in body


def unseen_gaps(evidence: Evidence) -> tuple[int, list[str]]:
    """A routine reply that did not get to its patient is shown as not known to have."""
    decided: Counter[tuple[str, str]] = Counter()
    open_ones: Counter[tuple[str, str]] = Counter()
    for number, talk in evidence.stored.every_talk():
        for row in talk.replies:
            if _is_routine(number, row.body):
                decided[number, row.body] += 1
                open_ones[number, row.body] += row.delivery in SHOWN_AS_OPEN
    got = evidence.reached()
    against = [
        f"{key[0]}: {n} decided, {got[key]} came, {open_ones[key]} shown"
        for key, n in decided.items()
        if n - open_ones[key] > got[key]
    ]
    return decided.total(), against


def crisis_told(evidence: Evidence) -> tuple[int, list[str]]:
    """Who wrote in crisis was told where help is: at once, and at most twice."""
    urgent = [text for text in evidence.texts if text.is_urgent]
    against = []
    for text in urgent:
        helps = [said for said in text.said if "911" in said]
        if not 1 <= len(helps) <= 2:
            against.append(f"{text.sid}: {len(helps)}")
    return len(urgent), against


def pages(evidence: Evidence) -> tuple[int, list[str]]:
    """Each page to staff arrived once, twice at most, or is shown as not known to have."""
    by_alert = defaultdict(list)
    for row in evidence.stored.outbox:
        if row["kind"] == "page-text":
            by_alert[row["alert_id"]].append(row)
    copies = Counter(_alert_in(entry["Body"], by_alert) for entry in evidence.ledger)
    against = []
    for alert_id, rows in by_alert.items():
        least = sum(row["state"] == "sent" for row in rows)
        if not max(1, least) <= copies[alert_id] <= 2 * len(rows):
            against.append(f"{alert_id}: {copies[alert_id]} of {[r['state'] for r in rows]}")
    return len(by_alert), against


def _alert_in(body: str, alerts: Iterable[str]) -> str | None:
    return next((alert_id for alert_id in alerts if alert_id in body), None)


def unsettled(evidence: Evidence) -> tuple[int, list[str]]:
    """Nothing hangs in between: every row of the outbox has an end that can be read."""
    rows = evidence.stored.outbox
    return len(rows), [f"{r['kind']} {r['id']} {r['state']}" for r in rows if not r["done_at"]]


def hidden_sends(evidence: Evidence) -> tuple[int, list[str]]:
    """What Twilio accepted is sent or unknown here, and what is sent here was accepted."""
    body_of = {r.id: r.body for _, t in evidence.stored.every_talk() for r in t.replies}
    sent: Counter[str] = Counter()
    at_most: Counter[str] = Counter()
    for row in evidence.stored.outbox:
        if row["kind"] == "patient-text":
            body = body_of.get(row["message_id"], "")
            sent[body] += row["state"] == "sent"
            at_most[body] += row["state"] in {"sent", "unknown"}
    accepted = Counter(entry["Body"] for entry in evidence.ledger if entry["To"] not in STAFF)
    against = [f"accepted {n}, shown {at_most[b]}" for b, n in accepted.items() if n > at_most[b]]
    against += [f"sent {n}, accepted {accepted[b]}" for b, n in sent.items() if n > accepted[b]]
    return sum(accepted.values()), against


def alarmed(evidence: Evidence) -> tuple[int, list[str]]:
    """Every emergency that was seen has its alert, and has paged somebody."""
    of_talk = {alert.conversation_id: alert for alert in evidence.stored.alerts}
    talks = [talk for _, talk in evidence.stored.every_talk() if talk.emergencies]
    against = [talk.id for talk in talks if talk.id not in of_talk]
    paged = {row.get("alert_id") for row in evidence.stored.outbox}
    against += [f"{alert.id} paged nobody" for alert in of_talk.values() if alert.id not in paged]
    return len(talks), against


def timed(evidence: Evidence) -> tuple[int, list[str]]:
    waiting = [alert for alert in evidence.stored.alerts if alert.acknowledged_at is None]
    return len(waiting), [alert.id for alert in waiting if alert.next_at is None]


def statuses(evidence: Evidence) -> tuple[int, list[str]]:
    """A text stands at the furthest status that was reported, whatever order they came in."""
    delivery = {r.id: r.delivery for _, t in evidence.stored.every_talk() for r in t.replies}
    against = []
    for message_id, said in evidence.reports.items():
        furthest = max(_STAGE[status] for status in said)
        if _STAGE.get(delivery.get(message_id), -1) != furthest:
            against.append(f"{message_id}: {delivery.get(message_id)} after {said}")
    return len(evidence.reports), against


def same_answer(evidence: Evidence) -> tuple[int, list[str]]:
    """The same text again gets the same bytes, unless it waited on disk at the time."""
    again = [text for text in evidence.texts if len(text.attempts) > 1]
    against = []
    for text in again:
        said = {content for _, status, content in text.attempts if texts_in(status, content)}
        if len(said) > 1:
            against.append(f"{text.sid}: {len(said)} answers")
    return len(again), against


def texts_in(status: int, content: bytes) -> bool:
    return status == 200 and b"<Message" in content


CLAIMS: Sequence[tuple[str, str, Check]] = (
    ("P1", "no text that was accepted is lost", lost_inbound),
    ("P1", "every text is accepted in the end", accepted_at_last),
    ("P1", "no text is left on disk", left_on_disk),
    ("P1", "no turn is taken twice", duplicate_turns),
    ("P1", "no consult request is lost", lost_consults),
    ("P1", "no routine text gets there twice", routine_twice),
    ("P1", "a reply that may not have come is shown", unseen_gaps),
    ("P1", "no row of the outbox hangs in between", unsettled),
    ("P1", "what Twilio accepted is sent or unknown", hidden_sends),
    ("P2", "the same text gets the same answer", same_answer),
    ("P3", "a crisis is answered at once", crisis_told),
    ("P4", "each page arrives, at most twice", pages),
    ("P5", "every emergency has its alert", alarmed),
    ("P5", "every open alert has a timer", timed),
    ("P6", "a text stands at its furthest status", statuses),
    ("P7", "turns have no gaps", gapless),
    ("P7", "texts are treated in the order of sending", as_sent),
    ("P7", "all is as it is one after the other", as_in_a_row),
)


def check(evidence: Evidence) -> list[Claim]:
    """Return every claim with its cases."""
    return [Claim(promise, says, *claim(evidence)) for promise, says, claim in CLAIMS]
