"""A message that reached us late: the webhook never saw it, and the provider's list had it.

A little late it is an ordinary message. But once other messages came after it, or hours have
passed, it may answer a question that is no longer the open one; a "2" must never become the
answer to a question about suicide that the patient did not read. Then it is kept, a person reads
it, and the patient is told. Danger in it was answered before, and STOP obeyed.
"""

from __future__ import annotations

from datetime import timedelta

from bot.conversation.draft import Draft
from bot.conversation.model import Flagged
from bot.core.decisions import Priority
from bot.flows import Flow

LATE_AFTER = timedelta(hours=1)
"""How old a message may be and still be taken as said just now."""

LATE = "late-message"


def is_late(draft: Draft) -> bool:
    """Whether the message came so late that what it answers is not sure."""
    if not draft.message.recovered:
        return False
    before, sent = draft.conversation.last_inbound_at, draft.message.received_at
    return draft.now - sent > LATE_AFTER or (before is not None and before > sent)


def keep_late(draft: Draft, flow: Flow | None) -> bool:
    """Keep a late message for a person to read, and say so; the flow stays where it is."""
    if not is_late(draft):
        return False
    draft.note(Flagged(LATE))
    draft.ask_clinician(
        LATE, Priority.URGENT if draft.conversation.risk_open else Priority.ROUTINE
    )
    draft.say_phrase("late")
    return True
