"""What a patient's silence brings, and when. Each conversation that waits has one timer.

What must stay true:

* A conversation in which the flow waits (ACTIVE or PAUSED) always has exactly one timer: the next
  thing that happens if nobody does anything. A timer belongs to the turn that set it; once the
  conversation has gone on it does nothing.
* Due times are moments in UTC, worked out from when the silence began. A clock that is put
  forward or back moves nothing twice: a step that was taken has replaced its timer.
* Only somebody who has begun to answer by text is reminded, never somebody who opted out, never
  while a clinician is called at once, and only in the clinic's contact hours.
* Silence after danger is told to a clinician, at any hour, long before anything is given up.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from bot.conversation.draft import Draft
from bot.conversation.model import (
    Conversation,
    ConversationStatus,
    TimerKind,
    TimerSet,
    TurnOutcome,
)
from bot.core.clinic import Clinic
from bot.core.contact_hours import next_contact
from bot.core.decisions import Priority
from bot.core.messages import Channel

WAITING = frozenset({ConversationStatus.ACTIVE, ConversationStatus.PAUSED})
"""Statuses in which the flow waits for the patient. Held and a clinician's wait for staff."""

REMINDERS = (TimerKind.REMINDER, TimerKind.LAST_REMINDER)
MOST_REMINDERS = len(REMINDERS)

HOURS_APART = 12
"""Least time from one reminder to the next, and from the last one to giving up."""

SILENCE_AT_RISK = timedelta(hours=1)
"""After a sign of danger a clinician is told of a silence of this length. A project proposal: well
within the same day, in which a positive screen that is not acute is to be assessed (NIMH ASQ)."""

_ORDER = tuple(TimerKind)


def wait_for_patient(draft: Draft) -> TurnOutcome:
    """Return the outcome of a step after which the conversation waits, its timer included."""
    conversation, now = draft.conversation, draft.now
    if conversation.status in WAITING:
        draft.note(timer_after(conversation, draft.room.clinic, since=now))
    return draft.outcome()


def timer_after(
    conversation: Conversation,
    clinic: Clinic,
    *,
    since: datetime,
    last: TimerKind | None = None,
    now: datetime | None = None,
) -> TimerSet:
    """Return what comes after `last` (None: first of all) in the silence that began at `since`.

    `now` is when `last` was done: what follows a reminder keeps its distance from it. The due time
    of what should have come earlier lies in the past.
    """
    earliest = since
    if last in REMINDERS and now is not None:
        earliest = now + timedelta(hours=HOURS_APART)
    expiry = since + patience(conversation, clinic)
    for kind, wait in _plan(conversation, clinic):
        due = max(since + wait, earliest)
        if kind in REMINDERS:
            due = next_contact(clinic, due)
        is_ahead = last is None or _ORDER.index(kind) > _ORDER.index(last)
        if is_ahead and due < expiry:
            return TimerSet(kind, due, since)
    return TimerSet(TimerKind.EXPIRY, max(expiry, earliest), since)


def patience(conversation: Conversation, clinic: Clinic) -> timedelta:
    """Return how long a silence may last before the conversation is given up."""
    paused = conversation.status is ConversationStatus.PAUSED
    return timedelta(
        hours=clinic.pause_expires_after_hours if paused else clinic.expires_after_hours
    )


def has_begun(conversation: Conversation) -> bool:
    """Whether the patient has answered something, so agreed to be asked, and more is open."""
    state = conversation.flow_state
    return state is not None and bool(state.answers) and bool(state.open_id)


def may_be_reminded(conversation: Conversation) -> bool:
    """Whether a reminder may be sent at all, hours aside."""
    return (
        conversation.status in WAITING
        and conversation.channel is Channel.SMS
        and not conversation.opted_out
        and conversation.consult_priority is not Priority.STAT
        and has_begun(conversation)
    )


def silence_concerns(conversation: Conversation) -> bool:
    """Whether a clinician must hear of a silence: danger was seen, and nobody is called yet."""
    return conversation.risk_open and conversation.consult_priority is not Priority.STAT


def _plan(conversation: Conversation, clinic: Clinic) -> Iterator[tuple[TimerKind, timedelta]]:
    """Yield what comes before giving up, in order; who paused is reminded only once."""
    if silence_concerns(conversation):
        yield TimerKind.SILENT_AT_RISK, SILENCE_AT_RISK
    if may_be_reminded(conversation):
        wanted = clinic.reminders[-MOST_REMINDERS:]
        if conversation.status is ConversationStatus.PAUSED:
            wanted = wanted[-1:]
        kinds = REMINDERS[MOST_REMINDERS - len(wanted) :]
        for kind, reminder in zip(kinds, wanted, strict=True):
            yield kind, timedelta(hours=reminder.after_hours)
