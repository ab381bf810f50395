"""What one due timer does to its conversation. Pure, and stored like a turn.

A step of silence has a number of its own among the turns, so that two runners cannot both take
it and an answer that comes at the same moment is taken either before it or after it. A timer that
has nothing to do only makes place for the next one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from msgspec import structs

from bot.conversation.draft import Draft, draft_of_step
from bot.conversation.model import (
    Conversation,
    ConversationStatus,
    PageRequested,
    ReplyKind,
    TimerKind,
    TimerSet,
    TurnOutcome,
)
from bot.conversation.room import Room
from bot.conversation.screening import issue_link
from bot.conversation.timers import (
    WAITING,
    has_begun,
    may_be_reminded,
    patience,
    silence_concerns,
    timer_after,
)
from bot.core.contact_hours import next_contact
from bot.core.decisions import Priority
from bot.core.messages import Channel
from bot.flows import Flow
from bot.flows.progress import progress, waits_for_link
from bot.flows.state import FlowState

AT_RISK = "silent-at-risk"
"""Reason of a consult request, and of a page: danger was seen and the patient writes no more."""

TOO_LATE = timedelta(hours=24)
"""What was to be said and could not be for this long is not said any more: after days without a
runner nobody is to get a burst of old reminders."""

PHRASES = {TimerKind.REMINDER: "reminder", TimerKind.LAST_REMINDER: "last_reminder"}


@dataclass(frozen=True, slots=True)
class Passed:
    """What a timer came to: an outcome to be stored like a turn's, or only the next timer.

    Neither: the timer is over and nothing follows it.
    """

    outcome: TurnOutcome | None = None
    timer: TimerSet | None = None


def pass_time(
    conversation: Conversation, timer: TimerSet, *, flow: Flow | None, room: Room, now: datetime
) -> Passed:
    """Return what `timer`, due by now, does to the conversation as it is now.

    `flow` is None when it or the conversation's state cannot be read: then nobody is reminded,
    and everything else happens all the same.
    """
    step = _Silence(conversation, timer, flow, room, now)
    return _STEPS[timer.kind](step)


@dataclass(frozen=True, slots=True)
class _Silence:
    conversation: Conversation
    timer: TimerSet
    flow: Flow | None
    room: Room
    now: datetime

    @property
    def is_too_late(self) -> bool:
        return self.now - self.timer.due_at > TOO_LATE

    @property
    def may_be_texted(self) -> bool:
        conversation = self.conversation
        return conversation.channel is Channel.SMS and not conversation.opted_out

    @property
    def given_up_at(self) -> datetime:
        return self.timer.since + patience(self.conversation, self.room.clinic)

    @property
    def contact_at(self) -> datetime:
        return next_contact(self.room.clinic, self.now)

    def draft(self) -> Draft:
        return draft_of_step(self.conversation, self.room, self.now)

    def next_timer(self, *, done_at: datetime | None = None) -> TimerSet:
        """Return what follows in the same silence; `done_at` None: this step was passed over."""
        clinic, since, last = self.room.clinic, self.timer.since, self.timer.kind
        return timer_after(self.conversation, clinic, since=since, last=last, now=done_at)

    def at(self, due_at: datetime, kind: TimerKind | None = None) -> TimerSet:
        return replace(self.timer, due_at=due_at, kind=kind or self.timer.kind)


def _end(draft: Draft, follows: TimerSet | None = None) -> Passed:
    if follows is not None:
        draft.note(follows)
    return Passed(draft.outcome())


def _tell_clinician(step: _Silence) -> Passed:
    """Let a clinician know that somebody at risk writes no more; nothing is said to them."""
    if not silence_concerns(step.conversation):
        return Passed(timer=step.next_timer())
    draft = step.draft()
    draft.ask_clinician(AT_RISK, Priority.URGENT)
    return _end(draft, step.next_timer())


def _remind(step: _Silence) -> Passed:
    """Say where the patient stopped, in contact hours or, if it is not too late then, later."""
    flow, state = step.flow, step.conversation.flow_state
    if flow is None or state is None or not may_be_reminded(step.conversation):
        return Passed(timer=step.next_timer())
    place = progress(flow, state)
    if place is None or step.is_too_late or step.contact_at >= step.given_up_at:
        return Passed(timer=step.next_timer())
    if step.contact_at > step.now:
        return Passed(timer=step.at(step.contact_at))
    draft = step.draft()
    _say_where(draft, step, flow, state, place)
    # A "yes" to a reminder answers neither the open question nor one of the engine's own.
    draft.become(flow_state=structs.replace(state, paused=True, pending=None))
    return _end(draft, step.next_timer(done_at=step.now))


def _say_where(
    draft: Draft, step: _Silence, flow: Flow, state: FlowState, place: tuple[int, int]
) -> None:
    """Name the place by its number alone: a text on a locked screen is read by anybody."""
    if state.channel is Channel.WEB or waits_for_link(flow, state):
        draft.say_phrase("reminder_link", ReplyKind.REMINDER, secure_link=issue_link(draft))
        return
    number, about = map(str, place)
    phrase = PHRASES[step.timer.kind]
    draft.say_phrase(phrase, ReplyKind.REMINDER, number=number, about=about)


def _give_up(step: _Silence) -> Passed:
    """End the waiting, with a kind word; where danger was seen, call somebody instead."""
    conversation = step.conversation
    if conversation.status not in WAITING:
        return Passed()
    draft = step.draft()
    if conversation.risk_open or conversation.consult_priority is Priority.STAT:
        draft.ask_clinician(AT_RISK, Priority.STAT)
        draft.note(PageRequested(AT_RISK, Priority.STAT))
        return _end(draft, step.at(step.now + patience(conversation, step.room.clinic)))
    draft.become(status=ConversationStatus.EXPIRED)
    if not has_begun(conversation) or step.is_too_late:
        return _end(draft)
    if conversation.channel is Channel.WEB:
        draft.say_phrase("expired")
        return _end(draft)
    if step.may_be_texted and step.contact_at == step.now:
        draft.say_phrase("expired", ReplyKind.REMINDER)
        return _end(draft)
    follows = step.at(step.contact_at, TimerKind.LAST_WORD) if step.may_be_texted else None
    return _end(draft, follows)


def _say_last_word(step: _Silence) -> Passed:
    """Say what could not be said at the hour at which the waiting ended."""
    is_over = step.conversation.status is ConversationStatus.EXPIRED
    if not is_over or not step.may_be_texted or step.is_too_late:
        return Passed()
    if step.contact_at > step.now:
        return Passed(timer=step.at(step.contact_at))
    draft = step.draft()
    draft.say_phrase("expired", ReplyKind.REMINDER)
    return _end(draft)


_STEPS: dict[TimerKind, Callable[[_Silence], Passed]] = {
    TimerKind.SILENT_AT_RISK: _tell_clinician,
    TimerKind.REMINDER: _remind,
    TimerKind.LAST_REMINDER: _remind,
    TimerKind.EXPIRY: _give_up,
    TimerKind.LAST_WORD: _say_last_word,
}
