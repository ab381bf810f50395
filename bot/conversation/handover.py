"""What a clinician does with a conversation: release it, take it over, write to the patient.

Pure, like a turn, and stored like one: the step has a number of its own among the turns, so that
timers set before it do nothing.
"""

from __future__ import annotations

from datetime import datetime

from bot.conversation import screening
from bot.conversation.draft import draft_of_step
from bot.conversation.model import (
    OPEN_STATUSES,
    Conversation,
    ConversationStatus,
    ReplyKind,
    TurnOutcome,
)
from bot.conversation.room import Room
from bot.conversation.timers import wait_for_patient
from bot.core.errors import IllegalTransition, InvalidField, Refused
from bot.core.messages import Channel
from bot.flows import Flow

LONGEST_WORDS = 1600
"""Twilio takes no longer body of one text."""

RELEASABLE = frozenset({ConversationStatus.HELD, ConversationStatus.HUMAN})


def release(
    conversation: Conversation,
    *,
    flow: Flow | None,
    room: Room,
    now: datetime,
    clinician_name: str,
) -> TurnOutcome:
    """Let the flow speak again: the patient is asked the current question once more.

    They are told when a clinician has left. The next crisis gets the full answer again. Nothing
    is said to a patient who opted out. Raises IllegalTransition unless the conversation is held or
    a clinician's.
    """
    if conversation.status not in RELEASABLE:
        raise IllegalTransition(
            f"conversation {conversation.id}: {conversation.status} -> release"
        )
    draft = draft_of_step(conversation, room, now)
    draft.become(hold_state=None, crisis_answers=0, recent_texts=())
    if conversation.status is ConversationStatus.HUMAN and not conversation.opted_out:
        draft.say_phrase("human_left", clinician_name=clinician_name)
    state = conversation.flow_state
    if state is not None and state.outcome:
        draft.become(status=ConversationStatus.ENDED)
        return draft.outcome()
    draft.become(status=ConversationStatus.ACTIVE)
    if flow is not None and not conversation.opted_out:
        screening.ask_again(draft, flow)
    return wait_for_patient(draft)


def take_over(
    conversation: Conversation, *, room: Room, now: datetime, clinician_name: str
) -> TurnOutcome:
    """Give the conversation to a clinician: the bot is silent, emergency resources aside.

    The patient is told who reads and answers now, unless they opted out. Raises
    IllegalTransition when it is over or a clinician's already.
    """
    status = conversation.status
    if status not in OPEN_STATUSES or status is ConversationStatus.HUMAN:
        raise IllegalTransition(f"conversation {conversation.id}: {status} -> take over")
    draft = draft_of_step(conversation, room, now)
    draft.become(status=ConversationStatus.HUMAN, hold_state=None)
    if not conversation.opted_out:
        draft.say_phrase("human_joined", clinician_name=clinician_name)
    return draft.outcome()


def speak(conversation: Conversation, text: str, *, room: Room, now: datetime) -> TurnOutcome:
    """Say a clinician's own words to the patient.

    Raises IllegalTransition unless the conversation is a clinician's, InvalidField for an empty
    or too long text, Refused when the patient opted out of texts: they can only be called.
    """
    if conversation.status is not ConversationStatus.HUMAN:
        raise IllegalTransition(f"conversation {conversation.id}: {conversation.status} -> speak")
    if conversation.opted_out and conversation.channel is Channel.SMS:
        raise Refused("the patient opted out of texts")
    if not text.strip() or len(text) > LONGEST_WORDS:
        raise InvalidField(
            "text", "is empty or too long", f"write 1 to {LONGEST_WORDS} characters"
        )
    draft = draft_of_step(conversation, room, now)
    draft.say(text.strip(), ReplyKind.CLINICIAN)
    return draft.outcome()
