"""What a database holds at the end: patients, their turns, alerts, what must still leave."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from bot.core.findings import Tier
from bot.store.state import decode_conversation_state
from bot.store.tables import (
    AlertRow,
    ConsultReasonRow,
    ConsultRow,
    ConversationRow,
    MessageRow,
    OutboxRow,
    PatientRow,
    SafetyEventRow,
)

PAGED = frozenset({Tier.CRISIS.label, Tier.EMERGENCY.label})
LINK = re.compile(r"http://\S+/c/[\w-]+")
"""A secure link is different every time."""


@dataclass
class Talk:
    """One conversation: its texts in order, where it stands, and what it asked of staff."""

    id: str
    status: str
    turn_number: int
    flow_state: object
    texts: list[Any] = field(default_factory=list)
    reasons: frozenset[str] = frozenset()
    priorities: tuple[str, ...] = ()
    dangers: int = 0
    emergencies: int = 0
    """Those of its dangers that page: a risk answer that is not acute asks for a consult alone."""

    @property
    def inbound(self) -> list[Any]:
        return [row for row in self.texts if row.direction == "inbound"]

    @property
    def fell_silent(self) -> bool:
        """Whether a timer has taken a step in it."""
        return any(row.direction == "silence" for row in self.texts)

    @property
    def replies(self) -> list[Any]:
        return [row for row in self.texts if row.direction == "outbound"]

    def as_told(self) -> tuple[object, ...]:
        """What has to be equal however the texts came: no ids, no moments."""
        said = [
            (row.turn_number, row.position, row.direction, row.kind, LINK.sub("link", row.body))
            for row in self.texts
        ]
        stands = (self.status, self.turn_number, self.flow_state)
        return (*stands, self.reasons, self.priorities, self.dangers, tuple(said))


@dataclass
class Stored:
    """Everything the checker looks at."""

    talks: dict[str, list[Talk]]
    """Patient's number -> conversations, oldest first."""
    by_sid: dict[str, list[tuple[str, Any]]]
    """Inbound SID -> (patient's number, its row); one row is right."""
    outbox: list[dict[str, Any]]
    """With what the payload says: a text's message_id, a page's alert_id."""
    alerts: list[Any]

    def every_talk(self) -> Iterator[tuple[str, Talk]]:
        for number, talks in self.talks.items():
            for talk in talks:
                yield number, talk


def read(engine: Engine) -> Stored:
    """Read it with the program's own tables, since most columns are encrypted."""
    with Session(engine) as session:
        talks, number_of = _talks(session)
        by_sid: dict[str, list[tuple[str, Any]]] = defaultdict(list)
        for number, found in talks.items():
            for talk in found:
                for row in talk.inbound:
                    by_sid[row.provider_key].append((number, row))
        outbox = [_with_payload(row) for row in session.execute(_OUTBOX)]
        alerts = session.execute(select(AlertRow.__table__)).all()
    return Stored(talks, by_sid, outbox, list(alerts))


_OUTBOX = select(
    OutboxRow.id,
    OutboxRow.kind,
    OutboxRow.recipient,
    OutboxRow.conversation_id,
    OutboxRow.state,
    OutboxRow.attempts,
    OutboxRow.last_error,
    OutboxRow.done_at,
    OutboxRow.payload,
)


def _with_payload(row: Any) -> dict[str, Any]:
    return row._asdict() | msgspec.json.decode(row.payload)


def _talks(session: Session) -> tuple[dict[str, list[Talk]], dict[str, str]]:
    texts = _grouped(session, MessageRow, MessageRow.turn_number, MessageRow.position)
    dangers = _grouped(session, SafetyEventRow, SafetyEventRow.id)
    consults = _grouped(session, ConsultRow, ConsultRow.id)
    reasons: dict[str, set[str]] = defaultdict(set)
    for row in session.execute(select(ConsultReasonRow.__table__)):
        reasons[row.consult_id].add(row.code)
    found: dict[str, list[Talk]] = defaultdict(list)
    number_of = {}
    rows = select(ConversationRow, PatientRow.address).join(
        PatientRow, PatientRow.id == ConversationRow.patient_id
    )
    for row, number in session.execute(rows.order_by(ConversationRow.id)):
        asked = consults[row.id]
        found[number].append(
            Talk(
                row.id,
                row.status,
                row.turn_number,
                None if row.state is None else decode_conversation_state(row.state).flow_state,
                texts[row.id],
                frozenset().union(*(reasons[each.id] for each in asked)),
                tuple(sorted(each.priority for each in asked)),
                len(dangers[row.id]),
                sum(each.tier in PAGED for each in dangers[row.id]),
            )
        )
        number_of[row.id] = number
    return dict(found), number_of


def _grouped(session: Session, table: Any, *order: Any) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for row in session.execute(select(table.__table__).order_by(*order)):
        found[row.conversation_id].append(row)
    return found
