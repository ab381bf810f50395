from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
import pytest
from sqlalchemy import insert, select

from bot.core.clinic import Clinic, OnCall
from bot.core.decisions import Priority
from bot.core.errors import ProviderFailure
from bot.delivery.parts import DeliveryParts, load_pages
from bot.delivery.senders import Letter
from bot.store.outbox import Departure, put
from bot.store.tables import (
    AlertRow,
    ConsultReasonRow,
    ConversationRow,
    FlagRow,
    MessageRow,
    PatientRow,
)

CLINIC = Clinic(
    id="demo",
    name="Lakeside Clinic",
    time_zone="America/Los_Angeles",
    phone="+1 213 555 0100",
    sms_numbers=("+15005550006",),
    region="US",
    languages=("en", "es"),
    licensed_states=("US-CA",),
    flow="ketamine-screening",
    on_call=(
        OnCall("Ana", phone="+12135550901", email="ana@clinic.test"),
        OnCall("Ben", phone="+12135550902"),
        OnCall("Cleo", email="cleo@clinic.test"),
    ),
)


@dataclass
class FakeSender:
    """Takes letters, or does what it was told to do with the next ones."""

    taken: list[Letter] = field(default_factory=list)
    moods: list[ProviderFailure] = field(default_factory=list)
    listed: list[Any] = field(default_factory=list)
    asked: int = 0

    def send(self, letter: Letter) -> str:
        if self.moods:
            raise self.moods.pop(0)
        self.taken.append(letter)
        return f"SM{len(self.taken):032x}"

    def find(self, letter: Letter, *, since: datetime) -> tuple[str, ...]:
        """What the list says next: ids, or that there is no answer; nothing after that."""
        self.asked += 1
        said = self.listed.pop(0) if self.listed else ()
        if isinstance(said, ProviderFailure):
            raise said
        return said


@dataclass
class Post:
    """The delivery room with fake ways out, and a conversation in the database."""

    parts: DeliveryParts
    texts: FakeSender
    letters: FakeSender
    calls: FakeSender
    webhooks: FakeSender
    reports: list[tuple[str, dict[str, Any]]]
    clock: Any

    def rows(self, table: Any) -> list[Any]:
        with self.parts.engine.connect() as connection:
            return list(connection.execute(select(table.__table__).order_by(table.created_at)))

    def open_alert(self, alert_id: str = "a1") -> None:
        now = self.clock()
        with self.parts.engine.begin() as connection:
            connection.execute(
                insert(AlertRow).values(
                    id=alert_id, clinic_id="demo", conversation_id="c1", consult_id=None,
                    reason="crisis", code="482913", step=0, next_at=now, created_at=now,
                )
            )  # fmt: skip

    def put_text(self, number=1, *, body="Next question?", kind="routine", priority=None):
        """A text to the patient in the outbox: message m<number>, row o<number>."""
        now = self.clock()
        with self.parts.engine.begin() as connection:
            connection.execute(
                insert(MessageRow).values(
                    id=f"m{number}", conversation_id="c1", turn_number=1, position=number,
                    direction="outbound", channel="sms", kind=kind, body=body, media_count=0,
                    has_location=False, delivery="queued", created_at=now,
                )
            )  # fmt: skip
            departure = Departure(
                f"o{number}", "demo", "patient-text", "patient:p1", {"message_id": f"m{number}"},
                "c1", priority or Priority.ROUTINE,
            )  # fmt: skip
            put(connection, departure, now=now)

    def hear_from_patient(self, clinic_address, turn_number=1):
        """The patient writes to this number of the clinic."""
        with self.parts.engine.begin() as connection:
            connection.execute(
                insert(MessageRow).values(
                    id=f"i{turn_number}", conversation_id="c1", turn_number=turn_number,
                    position=0, direction="inbound", channel="sms", kind="text", body="Hi",
                    clinic_address=clinic_address, media_count=0, has_location=False,
                    created_at=self.clock(),
                )
            )  # fmt: skip

    def reasons(self):
        """Why clinicians were asked to act."""
        with self.parts.engine.connect() as connection:
            return list(connection.scalars(select(ConsultReasonRow.code)))

    def flags(self):
        with self.parts.engine.connect() as connection:
            return list(connection.scalars(select(FlagRow.code)))

    def change_clinic(self, **changes):
        """Apply the clinic anew, as an operator would."""
        clinic = msgspec.structs.replace(self.parts.clinic_of("demo"), **changes)
        object.__setattr__(self.parts, "clinic_of", {"demo": clinic}.get)


@pytest.fixture
def post(engine, clock, new_id) -> Iterator[Post]:
    texts, letters, calls, webhooks, reports = *(FakeSender() for _ in range(4)), []
    parts = DeliveryParts(
        engine=engine,
        clinic_of={"demo": CLINIC}.get,
        texts=texts,
        letters=letters,
        calls=calls,
        webhooks=webhooks,
        clinics=lambda: (parts.clinic_of("demo"),),
        pages=load_pages(),
        call_link=lambda alert_id: f"https://door.test/call?alert={alert_id}",
        alert_link=lambda alert_id: f"https://door.test/alerts/{alert_id}",
        now=clock,
        new_id=new_id,
        report=lambda event, **ids: reports.append((event, ids)),
        name="runner-1",
    )
    now = clock()
    with engine.begin() as connection:
        connection.execute(
            insert(PatientRow).values(
                id="p1", clinic_id="demo", channel="sms", address_hash=b"h" * 32,
                address="+12135550001", language="en", created_at=now,
            )
        )  # fmt: skip
        connection.execute(
            insert(ConversationRow).values(
                id="c1", clinic_id="demo", patient_id="p1", is_current=True, channel="sms",
                status="active", language="en", flow_hash="f" * 64, turn_number=1,
                risk_open=False, crisis_answers=0, created_at=now,
            )
        )  # fmt: skip
    yield Post(parts, texts, letters, calls, webhooks, reports, clock)
