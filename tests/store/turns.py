"""Material for the tests of the turn's SQL: messages, conversations and outcomes by hand."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from bot.conversation.model import (
    Conversation,
    ConversationStarted,
    ConversationStatus,
    ReplyText,
    TurnOutcome,
)
from bot.core.findings import NOTHING_FOUND
from bot.core.messages import Channel, InboundMessage
from bot.store.loading import AtAddress
from bot.store.rows import TurnStored, rows_of_turn
from bot.store.turns import open_turn

PHONE = "+15005550199"


def message_of(clock, *, provider_id="SM1", text="hello", phone=PHONE, **more):
    return InboundMessage(
        channel=Channel.SMS,
        provider_id=provider_id,
        clinic_address="+15005550006",
        patient_address=phone,
        text=text,
        received_at=clock(),
        **more,
    )


def first_conversation(new_id, clock, **changes):
    conversation = Conversation(
        id=new_id(),
        clinic_id="demo",
        patient_id=new_id(),
        channel=Channel.SMS,
        status=ConversationStatus.ACTIVE,
        language="en",
        flow_hash="f" * 64,
        started_at=clock(),
        turn_number=1,
        last_inbound_at=clock(),
    )
    return msgspec.structs.replace(conversation, **changes)


def outcome_of(conversation, *events, replies=("Welcome.",)):
    texts = tuple(ReplyText(text) for text in replies)
    return TurnOutcome(conversation, texts, tuple(events), NOTHING_FOUND, {})


class Desk:
    """Takes turns by hand, one transaction each, as the service does."""

    def __init__(self, engine, keyring, hasher, clock, new_id):
        self.engine = engine
        self.keyring = keyring
        self.hasher = hasher
        self.clock = clock
        self.new_id = new_id

    def where(self, phone=PHONE):
        return AtAddress("demo", Channel.SMS, self.hasher.of("demo", "sms", phone))

    def open(self, budget_seconds=5.0):
        return open_turn(self.engine, self.keyring, budget_seconds=budget_seconds)

    def load(self, phone=PHONE):
        with self.open() as turn:
            return turn.load(self.where(phone))

    def rows(self, message, outcome, loaded, **more):
        stored = TurnStored(
            message=message,
            outcome=outcome,
            loaded=loaded,
            provider_key=message.provider_id,
            address_hash=self.where(message.patient_address).address_hash,
            now=self.clock(),
            **more,
        )
        return rows_of_turn(stored, self.keyring, self.new_id)

    def store(self, message, outcome, loaded, **more):
        """Write and commit; true unless the message was there already."""
        with self.open() as turn:
            written = turn.write(self.rows(message, outcome, loaded, **more))
            turn.connection.commit()
            return written

    def begin(self, *events, message=None, replies=("Welcome.",), **changes):
        """A patient's first turn, stored; returns the conversation."""
        conversation = first_conversation(self.new_id, self.clock, **changes)
        message = message or message_of(self.clock)
        outcome = outcome_of(conversation, ConversationStarted(None), *events, replies=replies)
        assert self.store(message, outcome, None)
        return conversation

    def go_on(self, *events, provider_id, text="yes", replies=("Next.",), more=None, **changes):
        """A later turn of the same patient, stored; returns the conversation."""
        loaded = self.load().conversation
        changes = {"turn_number": loaded.turn_number + 1, **changes}
        after = msgspec.structs.replace(loaded, **changes)
        message = message_of(self.clock, provider_id=provider_id, text=text)
        outcome = outcome_of(after, *events, replies=replies)
        assert self.store(message, outcome, loaded, **(more or {}))
        return after


SOON = timedelta(minutes=5)
