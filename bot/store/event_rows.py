"""What each event of a turn writes: one function per kind of event, and one table of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from bot.consults.alert import open_alert
from bot.conversation.model import (
    AnswerLogged,
    ConsultOpened,
    ConsultRaised,
    Decided,
    Flagged,
    LinkIssued,
    OptOutChanged,
    PageRequested,
    SafetyEvent,
    TimerSet,
    TurnEvent,
)
from bot.store.alert_rows import alert_values
from bot.store.consult_rows import AskedConsult, add_consult
from bot.store.row_book import RowBook


def add_events(book: RowBook, events: Iterable[TurnEvent]) -> None:
    """Add the rows of a turn's events.

    ConversationStarted has none of its own: the conversation's row says it. All that is said of
    one consult request, and every flag of one code, becomes one row.
    """
    asked: dict[str, AskedConsult] = {}
    flags: dict[str, None] = {}
    for event in events:
        if isinstance(event, ConsultOpened | ConsultRaised):
            asked.setdefault(event.id, AskedConsult(event)).add(event)
        elif isinstance(event, Flagged):
            flags[event.code] = None
        elif (add := _WRITERS.get(type(event))) is not None:
            add(book, event)
    for consult in asked.values():
        add_consult(book, consult)
    for code in flags:
        book.add("flag", code=code, **book.of_turn())


def _answer(book: RowBook, event: AnswerLogged) -> None:
    answer = event.answer
    content = {"value": answer.value, "parts": answer.parts, "written": answer.written}
    book.add(
        "answer",
        position=book.count("answer"),
        link_id=answer.link_id,
        status=answer.status.value,
        value=book.seal_json("answers.value", content),
        **book.of_turn(),
    )


def _decision(book: RowBook, event: Decided) -> None:
    decision = event.decision
    book.add(
        "decision",
        position=book.count("decision"),
        disposition=decision.disposition.label,
        ruleset_hash=decision.ruleset_hash,
        decision=book.seal_json("decisions.decision", decision),
        **book.of_turn(),
    )


def _safety(book: RowBook, event: SafetyEvent) -> None:
    finding = event.finding
    book.add(
        "safety",
        id=event.id,
        tier=finding.tier.label,
        category=finding.category and finding.category.value,
        subject=finding.subject and finding.subject.value,
        source=event.source,
        rules=msgspec.json.encode(finding.rules).decode(),
        said=book.seal_json("safety_events.said", event.said),
        **book.of_turn(),
    )


def _opt_out(book: RowBook, event: OptOutChanged) -> None:
    book.add(
        "opt_out",
        id=book.new_id(),
        patient_id=book.after.patient_id,
        conversation_id=book.after.id,
        opted_out=event.opted_out,
        source=event.source,
    )


def _page(book: RowBook, event: PageRequested) -> None:
    """Open an alert that acts at once; one that is open already goes on as it is."""
    alert = open_alert(book.new_id(), event.reason, book.now)
    after = book.after
    values = alert_values(
        alert, clinic_id=after.clinic_id, conversation_id=after.id, consult_id=after.consult_id
    )
    book.add("alert", **values)


def _link(book: RowBook, event: LinkIssued) -> None:
    book.add(
        "link",
        token_hash=event.token_hash,
        conversation_id=book.after.id,
        expires_at=event.expires_at,
        used_at=None,
        failed_tries=0,
    )


def _timer(book: RowBook, event: TimerSet) -> None:
    book.add(
        "timer", kind=event.kind.value, due_at=event.due_at, since=event.since, **book.of_turn()
    )


_WRITERS: dict[type, Callable[[RowBook, Any], None]] = {
    AnswerLogged: _answer,
    Decided: _decision,
    SafetyEvent: _safety,
    OptOutChanged: _opt_out,
    PageRequested: _page,
    LinkIssued: _link,
    TimerSet: _timer,
}
