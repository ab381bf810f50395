from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from typing import Any

import msgspec
import pytest

from bot.conversation.keywords import DEFINITIONS, load_keywords
from bot.conversation.model import Conversation, ConversationStatus, TurnOutcome
from bot.conversation.room import HOLD_FLOW, PHRASE_PLACEHOLDERS, Room
from bot.conversation.turn import take_turn
from bot.core.clinic import Clinic
from bot.core.messages import Channel, InboundMessage
from bot.core.phrases import load_phrases
from bot.flows import Flow, load_flow
from bot.rules.crisis import load_detector
from bot.rules.resources import load_resources
from bot.rules.ruleset import load_ruleset
from bot.rules.triage import judge_for

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
)


@cache
def the_flow() -> Flow:
    return load_flow("ketamine-screening")


@cache
def the_hold_flow() -> Flow:
    return load_flow(HOLD_FLOW)


@cache
def _rules() -> tuple[Any, ...]:
    flow = the_flow()
    ruleset = load_ruleset(flow.symbols, flow.instruments)
    phrases = load_phrases(
        (DEFINITIONS / "phrases.yaml").read_text("utf-8"),
        path="phrases.yaml",
        placeholders=PHRASE_PLACEHOLDERS,
    )
    judge = judge_for(ruleset, CLINIC.licensed_states)
    return load_detector(), load_resources(), judge, phrases, load_keywords()


def a_room() -> Room:
    detector, resources, judge, phrases, keywords = _rules()
    ids, tokens = count(1), count(1)
    return Room(
        clinic=CLINIC,
        detector=detector,
        resources=resources,
        judge=judge,
        phrases=phrases,
        keywords=keywords,
        new_id=lambda: f"{next(ids):032x}",
        new_token=lambda: f"token{next(tokens)}",
        public_url="https://door.test",
        hold_flow=the_hold_flow(),
    )


@dataclass
class Phone:
    """A patient's phone: texts go out, replies come back, the conversation is saved between."""

    room: Room = field(default_factory=a_room)
    flow: Flow | None = field(default_factory=the_flow)
    conversation: Conversation | None = None
    now: datetime = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
    sent: int = 0

    def text(self, body: str, **fields: Any) -> TurnOutcome:
        self.now += timedelta(minutes=1)
        self.sent += 1
        message = InboundMessage(
            channel=fields.pop("channel", Channel.SMS),
            provider_id=f"SM{self.sent:032x}",
            clinic_address="+15005550006",
            patient_address="+12135550001",
            text=body,
            received_at=self.now,
            **fields,
        )
        outcome = take_turn(
            self.conversation,
            message,
            finding=self.room.detector.screen(body),
            flow=self.flow,
            room=self.room,
            now=self.now,
        )
        stored = msgspec.json.encode(outcome.conversation)
        self.conversation = msgspec.json.decode(stored, type=Conversation)
        return outcome

    def through(self, *bodies: str) -> TurnOutcome:
        for body in bodies:
            outcome = self.text(body)
        return outcome

    def become(self, **changes: Any) -> None:
        assert self.conversation is not None
        self.conversation = msgspec.structs.replace(self.conversation, **changes)

    @property
    def status(self) -> ConversationStatus:
        assert self.conversation is not None
        return self.conversation.status


@pytest.fixture
def phone() -> Phone:
    return Phone()


@pytest.fixture
def at_phq9(phone: Phone) -> Phone:
    """Greeted, consented, by text, an adult in California: the first PHQ-9 item is open."""
    phone.through("Hi", "yes", "1", "3/14/1990", "CA")
    return phone


@pytest.fixture
def events() -> Callable[[TurnOutcome, type], list[Any]]:
    return lambda outcome, kind: [e for e in outcome.events if isinstance(e, kind)]
