"""A turn while it is being decided: the conversation so far, texts and events in order."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from bot.consults.model import due_at, more_urgent
from bot.conversation.model import (
    ConsultOpened,
    ConsultRaised,
    Conversation,
    ConversationStatus,
    ReplyKind,
    ReplyText,
    TurnEvent,
    TurnOutcome,
)
from bot.conversation.room import Room
from bot.core.decisions import Decision, Priority
from bot.core.findings import NOTHING_FOUND, Finding, worse_of
from bot.core.messages import Channel, Choice, InboundMessage
from bot.core.segments import to_gsm7


class Draft:
    """Collects what one turn does. Nothing outside it changes until the outcome is stored.

    `silenced` means that emergency resources have become the whole reply: the flow's texts of
    this turn are dropped, and said again when a clinician releases the conversation.
    """

    def __init__(
        self, conversation: Conversation, message: InboundMessage, room: Room, now: datetime
    ) -> None:
        self.conversation = conversation
        self.message = message
        self.room = room
        self.now = now
        self.finding: Finding = NOTHING_FOUND
        self.replies: list[ReplyText] = []
        self.events: list[TurnEvent] = []
        self.facts: dict[str, str | int] = {}
        self.silenced = False

    @property
    def flow_speaks(self) -> bool:
        """Whether the flow may ask: nobody else holds the conversation, and words are wanted."""
        speaking = (ConversationStatus.ACTIVE, ConversationStatus.PAUSED)
        return self.conversation.status in speaking and not self.is_muted

    @property
    def is_muted(self) -> bool:
        """Whether what is said would be a text to somebody who wants none.

        On the private page they read what they asked for.
        """
        return self.conversation.opted_out and self.message.channel is Channel.SMS

    @property
    def is_on_page(self) -> bool:
        """Whether the questions are open on the private web page, and this reply is a text."""
        state = self.conversation.flow_state
        by_text = self.message.channel is Channel.SMS
        return by_text and state is not None and state.channel is Channel.WEB

    def become(self, **changes: Any) -> None:
        """Change fields of the conversation."""
        self.conversation = msgspec.structs.replace(self.conversation, **changes)

    def note(self, event: TurnEvent) -> None:
        """Add an event to be stored."""
        self.events.append(event)

    def found(self, finding: Finding) -> None:
        """Add a finding to those of this turn; the worst one leads."""
        self.finding = worse_of(self.finding, finding)

    def say(
        self,
        text: str,
        kind: ReplyKind = ReplyKind.ROUTINE,
        *,
        choices: tuple[Choice, ...] = (),
    ) -> None:
        """Add a text to the reply, in the alphabet of its channel; only pages show `choices`."""
        if self.message.channel is Channel.SMS:
            self.replies.append(ReplyText(to_gsm7(text), kind))
        else:
            self.replies.append(ReplyText(text, kind, choices))

    def say_phrase(self, key: str, kind: ReplyKind = ReplyKind.NOTICE, **words: str) -> None:
        """Add one of the conversation's own phrases to the reply, filled in with `words` too."""
        language = self.conversation.language
        words = {**self.room.words(language), **words}
        text = self.room.phrases.text(key, language, self.message.channel, words)
        self.say(text, kind)

    def ask_clinician(
        self, reason: str, priority: Priority, decision: Decision | None = None
    ) -> None:
        """Open the conversation's consult request, or raise the one that is open."""
        current = self.conversation.consult_priority
        if self.conversation.consult_id is None or current is None:
            consult_id = self.room.new_id()
            due = due_at(priority, self.now)
            self.note(ConsultOpened(consult_id, priority, (reason,), due, decision))
            self.become(consult_id=consult_id, consult_priority=priority)
            return
        raised = more_urgent(current, priority)
        due = due_at(raised, self.now)
        consult_id = self.conversation.consult_id
        self.note(ConsultRaised(consult_id, raised, (reason,), due, decision))
        self.become(consult_priority=raised)

    def outcome(self) -> TurnOutcome:
        """Return what is to be stored and answered."""
        facts = {
            "tier": self.finding.tier.label,
            "category": self.finding.category.value if self.finding.category else "none",
            "crisis_answers": sum(reply.kind is ReplyKind.CRISIS for reply in self.replies),
            "status": self.conversation.status.value,
            "replies": len(self.replies),
            **self.facts,
        }
        return TurnOutcome(
            self.conversation, tuple(self.replies), tuple(self.events), self.finding, facts
        )


def draft_of_step(conversation: Conversation, room: Room, now: datetime) -> Draft:
    """Return a draft of a step that no message of the patient's began; it takes a number too."""
    nothing = InboundMessage(
        channel=conversation.channel,
        provider_id="",
        clinic_address="",
        patient_address="",
        text="",
        received_at=now,
    )
    draft = Draft(conversation, nothing, room, now)
    draft.become(turn_number=conversation.turn_number + 1)
    return draft
