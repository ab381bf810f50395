"""What one turn says of consult requests, as rows: opened and raised become one write.

A turn may open a request and raise it, or give it several reasons. Parts of one statement do not
see each other's rows, so all that is said of a request is brought together first.
"""

from __future__ import annotations

from typing import Any

from bot.consults.model import ConsultStatus, more_urgent
from bot.conversation.model import ConsultOpened, ConsultRaised
from bot.store.row_book import RowBook
from bot.store.statements import PARTS


class AskedConsult:
    """One consult request as a turn leaves it: the highest priority, the earliest due time."""

    def __init__(self, event: ConsultOpened | ConsultRaised) -> None:
        """Begin with the turn's first word on this request."""
        self.id = event.id
        self.opened = isinstance(event, ConsultOpened)
        self.priority = event.priority
        self.due_at = event.due_at
        self.decision = event.decision
        self.reasons: dict[str, None] = {}

    def add(self, event: ConsultOpened | ConsultRaised) -> None:
        """Take a further word on it: nothing of it ever becomes less urgent."""
        self.priority = more_urgent(self.priority, event.priority)
        self.due_at = min(self.due_at, event.due_at)
        self.decision = event.decision or self.decision
        self.reasons |= dict.fromkeys(event.reasons)


def add_consult(book: RowBook, asked: AskedConsult) -> None:
    """Add the rows of the request itself, its reasons and its history."""
    values = _values(book, asked)
    if asked.opened:
        _open(book, asked, values)
    else:
        columns = PARTS["raised"].columns
        book.add_change("raised", *(values[name] for name in columns), asked.id)
    for code in asked.reasons:
        book.add("reason", consult_id=asked.id, code=code)
    book.add(
        "consult_event",
        id=book.new_id(),
        consult_id=asked.id,
        action="open" if asked.opened else "raise",
        from_status=None,
        to_status=ConsultStatus.REQUESTED.value if asked.opened else None,
        clinician_id=None,
        note=None,
        outcome=None,
    )


def _open(book: RowBook, asked: AskedConsult, values: dict[str, Any]) -> None:
    book.add(
        "consult",
        **values,
        id=asked.id,
        clinic_id=book.after.clinic_id,
        conversation_id=book.after.id,
        patient_id=book.after.patient_id,
        status=ConsultStatus.REQUESTED.value,
        clinician_id=None,
        finished_at=None,
        announced=None,
    )


def _values(book: RowBook, asked: AskedConsult) -> dict[str, Any]:
    decision = asked.decision
    return {
        "priority": asked.priority.value,
        "disposition": decision and decision.disposition.label,
        "due_at": asked.due_at,
        "decision": decision and book.seal_json("consult_requests.decision", decision),
        "version": 1,
    }
