"""What happens when somebody may be in danger.

Emergency resources are the reply, before and instead of anything else. The conversation is held
until a clinician releases it: there is no automatic all-clear. A clinician is asked to act at
once and on-call staff are paged. One exception holds nothing: crisis language (not an emergency)
about another person is answered and the conversation goes on.
"""

from __future__ import annotations

from bot.conversation.draft import Draft
from bot.conversation.model import (
    ConversationStatus,
    PageRequested,
    ReplyKind,
    SafetyEvent,
)
from bot.core.decisions import Priority
from bot.core.findings import Finding, Subject, Tier
from bot.rules.emergency import check_in_line, emergency_answer, emergency_reminder

FROM_TEXT = "text"

CHECK_IN_PRIORITY = Priority.URGENT
"""A positive risk answer that is not acute asks for a clinician the same day (NIMH ASQ toolkit:
non-acute positive screen)."""


def answer_crisis(draft: Draft, finding: Finding, *, source: str) -> None:
    """Make emergency resources the whole reply, ask a clinician, page, and hold if called for."""
    again = draft.conversation.crisis_answers > 0
    speak = emergency_reminder if again else emergency_answer
    answer = speak(
        draft.room.resources,
        finding,
        region=draft.room.clinic.region,
        language=draft.conversation.language,
        channel=draft.message.channel,
        clinic_phone=draft.room.clinic.phone,
    )
    draft.replies.clear()
    for text in answer.texts:
        draft.say(text, ReplyKind.CRISIS)
    _record(draft, finding, source=source, said=answer.texts)
    draft.become(crisis_answers=draft.conversation.crisis_answers + 1, recent_texts=())
    _call_for_people(draft, finding)
    if holds(finding):
        draft.become(status=_held_unless_human(draft.conversation.status))


def holds(finding: Finding) -> bool:
    """Whether the conversation must stop until a clinician releases it."""
    return finding.fires and not (finding.tier is Tier.CRISIS and finding.subject is Subject.OTHER)


def check_in(draft: Draft, finding: Finding, *, source: str) -> None:
    """Say one line with the fitting number before whatever comes next; the flow goes on.

    A risk question's answer also asks a clinician to act the same day; a phrase in passing is a
    flag on the conversation and on its consult request. Where the bot is silent (a clinician
    speaks, or the patient wants no texts) it stays silent and only records.
    """
    said = () if _bot_is_silent(draft) else (_check_in_line(draft, finding),)
    for line in said:
        if all(reply.text != line for reply in draft.replies):
            draft.say(line, ReplyKind.CHECK_IN)
    _record(draft, finding, source=source, said=said)
    if source != FROM_TEXT:
        draft.ask_clinician(source, CHECK_IN_PRIORITY)


def record_quietly(draft: Draft, finding: Finding, *, source: str) -> None:
    """Record a finding and tell the clinician, where the patient has the resources already."""
    _record(draft, finding, source=source, said=())
    draft.ask_clinician(source, CHECK_IN_PRIORITY)


def _check_in_line(draft: Draft, finding: Finding) -> str:
    return check_in_line(
        draft.room.resources,
        finding,
        region=draft.room.clinic.region,
        language=draft.conversation.language,
        channel=draft.message.channel,
    )


def _bot_is_silent(draft: Draft) -> bool:
    return draft.is_muted or draft.conversation.status is ConversationStatus.HUMAN


def _record(draft: Draft, finding: Finding, *, source: str, said: tuple[str, ...]) -> None:
    draft.found(finding)
    draft.note(SafetyEvent(draft.room.new_id(), finding, source, said))
    draft.become(risk_open=True)


def _call_for_people(draft: Draft, finding: Finding) -> None:
    category = finding.category.value if finding.category else "unknown"
    draft.ask_clinician(f"crisis:{category}", Priority.STAT)
    reason = "opted-out-at-risk" if draft.conversation.opted_out else "crisis"
    draft.note(PageRequested(reason, Priority.STAT))


def _held_unless_human(status: ConversationStatus) -> ConversationStatus:
    """A clinician who already owns the conversation keeps it."""
    return status if status is ConversationStatus.HUMAN else ConversationStatus.HELD
