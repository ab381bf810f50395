"""THE order in which one inbound message is treated.

What must stay true:

1. The text is screened for crisis language before anything else is done with it, whatever the
   conversation's status, whether or not there is a flow, a state, or consent to be texted.
2. A finding that fires is answered with emergency resources in the same turn; nothing that comes
   later in ORDER can take that away.
3. Nothing is performed here. The outcome is data; the same arguments give the same outcome.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot.conversation import holding, screening
from bot.conversation.crisis import FROM_TEXT, answer_crisis, check_in
from bot.conversation.draft import Draft
from bot.conversation.keyword_replies import obey_keyword
from bot.conversation.late import is_late, keep_late
from bot.conversation.model import (
    AnswerLogged,
    Conversation,
    ConversationStarted,
    ConversationStatus,
    Flagged,
    TurnOutcome,
)
from bot.conversation.page import arrive, keep_to_page
from bot.conversation.room import CONTEXT_TEXTS, CONTEXT_WINDOW, Room
from bot.conversation.timers import wait_for_patient
from bot.core.decisions import Priority
from bot.core.findings import Finding, Tier, worse_of
from bot.core.messages import InboundMessage
from bot.flows import Flow
from bot.flows.reading import CommandKind, read_command

Treatment = Callable[[Draft, Flow | None], bool]
"""Treats a message wholly (true) or leaves it to the next treatment (false)."""


def take_turn(
    conversation: Conversation | None,
    message: InboundMessage,
    *,
    finding: Finding,
    flow: Flow | None,
    room: Room,
    now: datetime,
) -> TurnOutcome:
    """Return what one inbound message changes: conversation, reply, events. Performs nothing.

    `conversation` is None for a patient's first message. `finding` is what the crisis rules saw
    in the text alone; here it is read again with the texts before it. `flow` is the version the
    conversation is pinned to (for a first message: the clinic's present one), None when it
    cannot be had: then a crisis is answered all the same, and anything else reaches a person.
    """
    draft = Draft(conversation or _first(message, room, now), message, room, now)
    if conversation is None:
        draft.note(ConversationStarted(None))
    draft.become(turn_number=draft.conversation.turn_number + 1)
    _screen(draft, finding)
    for treat in ORDER:
        if treat(draft, flow):
            break
    _remember(draft)
    return wait_for_patient(draft)


def _first(message: InboundMessage, room: Room, now: datetime) -> Conversation:
    language = message.language or ""
    if language not in room.clinic.languages:
        language = room.keywords.language_of(message.text, room.clinic.languages)
    return Conversation(
        id=room.new_id(),
        clinic_id=room.clinic.id,
        patient_id=room.new_id(),
        channel=message.channel,
        status=ConversationStatus.ACTIVE,
        language=language,
        flow_hash="",
        started_at=now,
    )


def _screen(draft: Draft, finding: Finding) -> None:
    """Read the text with those shortly before it, and any further body of the same request."""
    before = draft.conversation.last_inbound_at
    if before is not None and draft.now - before > CONTEXT_WINDOW:
        draft.become(recent_texts=())
    detector = draft.room.detector
    previous = draft.conversation.recent_texts
    if previous:
        text = draft.message.text
        finding = worse_of(finding, detector.screen_in_context(text, previous=previous))
    for further in draft.message.further_texts:
        finding = worse_of(finding, detector.screen(further))
    if draft.message.further_texts:
        draft.note(Flagged("several-bodies"))
    draft.finding = finding


def _remember(draft: Draft) -> None:
    """Keep the text for the next screening, unless it was answered or is a mere number.

    Replies like "1" or "3/14/1990" answer their own question; joined with the next text they would
    make sentences that nobody wrote.
    """
    mere_number = not any(character.isalpha() for character in draft.message.text)
    answered = any(isinstance(event, AnswerLogged) for event in draft.events)
    said_something = draft.message.text.strip() and not (mere_number and answered)
    if said_something and not draft.finding.fires:
        texts = (*draft.conversation.recent_texts, draft.message.text)
        draft.become(recent_texts=tuple(texts)[-CONTEXT_TEXTS:])
    draft.become(last_inbound_at=draft.now)


def _crisis(draft: Draft, flow: Flow | None) -> bool:
    """Answer a finding that fires; only crisis talk about another person lets the flow go on."""
    finding = draft.finding
    if not finding.fires:
        return False
    if flow is not None and draft.flow_speaks and not is_late(draft):
        finding = worse_of(finding, screening.keep_answer(draft, flow, draft.message.text))
    answer_crisis(draft, finding, source=FROM_TEXT)
    if flow is not None and draft.flow_speaks:
        screening.ask_again(draft, flow)
    else:
        holding.offer(draft, finding)
    return True


def _check_in(draft: Draft, flow: Flow | None) -> bool:
    """Put one line with the fitting number before whatever the later treatments say."""
    if draft.finding.tier is Tier.CHECK_IN:
        check_in(draft, draft.finding, source=FROM_TEXT)
    return False


def _opted_out(draft: Draft, flow: Flow | None) -> bool:
    """Keep what a patient who wants no texts writes by text; nothing may be sent back."""
    return draft.is_muted


def _human_owns(draft: Draft, flow: Flow | None) -> bool:
    """A clinician speaks with the patient; the bot is silent."""
    return draft.conversation.status is ConversationStatus.HUMAN


def _held(draft: Draft, flow: Flow | None) -> bool:
    """Until a clinician releases the conversation: the risk screen if it is open, else help."""
    if draft.conversation.status is not ConversationStatus.HELD:
        return False
    if draft.message.change is not None or not holding.go_on(draft):
        draft.say_phrase("held")
    return True


def _no_flow(draft: Draft, flow: Flow | None) -> bool:
    """Without its flow nothing can be asked: the message reaches a person."""
    if flow is not None:
        return False
    draft.say_phrase("flow_missing")
    draft.ask_clinician("flow-unavailable", Priority.URGENT)
    return True


def _unreadable(draft: Draft, flow: Flow | None) -> bool:
    """Pictures and places are not read; a text that comes with them is."""
    message = draft.message
    if message.media_count:
        draft.note(Flagged("picture"))
    if message.has_location:
        draft.note(Flagged("location"))
    if message.text.strip() or not (message.media_count or message.has_location):
        return False
    draft.say_phrase("picture" if message.media_count else "location")
    if flow is not None and draft.flow_speaks:
        screening.ask_again(draft, flow)
    return True


def _ended(draft: Draft, flow: Flow | None) -> bool:
    """After the end: begin again, reach a person, or say what is possible."""
    status = draft.conversation.status
    if flow is None or status not in (ConversationStatus.ENDED, ConversationStatus.EXPIRED):
        return False
    command = read_command(draft.message.text, language=draft.conversation.language)
    kind = command.kind if command is not None else None
    if status is ConversationStatus.EXPIRED or kind is CommandKind.START_OVER:
        _begin_anew(draft, flow)
    elif kind is CommandKind.HUMAN:
        draft.ask_clinician("human:patient", Priority.ROUTINE)
        draft.say_phrase("human_asked")
    else:
        draft.say_phrase("ended")
    return True


def _begin_anew(draft: Draft, flow: Flow) -> None:
    """Start a new conversation in the place of the old one; risk and opt-out stay known."""
    old = draft.conversation
    draft.note(ConversationStarted(old.id))
    draft.become(
        id=draft.room.new_id(),
        status=ConversationStatus.ACTIVE,
        started_at=draft.now,
        turn_number=1,
        flow_state=None,
        recent_texts=(),
        consult_id=None,
        consult_priority=None,
        hold_state=None,
    )
    screening.begin(draft, flow)


def _screening(draft: Draft, flow: Flow | None) -> bool:
    """The scripted flow: the first message is greeted, every later one is a reply."""
    if flow is None:
        return False
    if draft.conversation.flow_state is None:
        screening.begin(draft, flow)
    elif draft.message.change is not None:
        screening.change_answer(draft, flow, draft.message.change)
    else:
        screening.go_on(draft, flow, draft.message.text)
    return True


ORDER: tuple[Treatment, ...] = (
    _crisis,
    _check_in,
    obey_keyword,
    _opted_out,
    _human_owns,
    arrive,
    keep_late,
    _held,
    _no_flow,
    _unreadable,
    _ended,
    keep_to_page,
    _screening,
)
"""Crisis first. Then what the law gives the patient (STOP), then who may speak, then the flow."""
