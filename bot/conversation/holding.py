"""The suicide-risk screen (ASQ) that is offered while a conversation is held, and nothing else.

Its answers go to the clinician who will release the conversation. They release nothing: whatever
they are, the conversation stays held. An acute answer ends the questions and is answered with
emergency resources.
"""

from __future__ import annotations

from collections.abc import Callable

from bot.conversation.crisis import answer_crisis, record_quietly
from bot.conversation.draft import Draft
from bot.conversation.model import AnswerLogged, ConversationStatus
from bot.conversation.screening import context_of
from bot.core.decisions import Priority
from bot.core.errors import InvalidField
from bot.core.findings import Category, Finding, Subject, Tier
from bot.flows import Step, resume, start
from bot.flows.events import (
    AnswerRecorded,
    Asked,
    Ended,
    HumanAsked,
    LanguageSet,
    RiskAnswered,
    Said,
)

SCREENED_CATEGORIES = frozenset({Category.SUICIDE, Category.SELF_HARM})
"""What the ASQ is about; for an overdose, an attack or chest pain questions only lose time."""


def offer(draft: Draft, finding: Finding) -> None:
    """Start the screen after the first crisis language about the patient; it is offered once."""
    conversation, flow = draft.conversation, draft.room.hold_flow
    if flow is None or not _may_be_asked(draft, finding):
        return
    _apply(draft, start(flow, language=conversation.language, context=context_of(draft)))


def go_on(draft: Draft) -> bool:
    """Take the text as a reply to the screen; false if no screen is open."""
    state, flow = draft.conversation.hold_state, draft.room.hold_flow
    if state is None or flow is None:
        return False
    try:
        step = resume(flow, state, draft.message.text, context=context_of(draft))
    except InvalidField:
        # The definition changed while the conversation was held; a half-asked screen is closed.
        draft.become(hold_state=None)
        return False
    _apply(draft, step)
    return True


def _may_be_asked(draft: Draft, finding: Finding) -> bool:
    return (
        draft.conversation.status is ConversationStatus.HELD
        and draft.conversation.crisis_answers == 1
        and not draft.is_muted
        and finding.tier is Tier.CRISIS
        and finding.subject is not Subject.OTHER
        and (finding.category is None or finding.category in SCREENED_CATEGORIES)
    )


def _apply(draft: Draft, step: Step) -> None:
    draft.become(hold_state=step.state)
    for event in step.events:
        effect = _EFFECTS.get(type(event))
        if effect is not None:
            effect(draft, event)


def _said(draft: Draft, event: Said | Asked) -> None:
    if event.text and not draft.silenced:
        draft.say(event.text, choices=event.choices if isinstance(event, Asked) else ())


def _answered(draft: Draft, event: AnswerRecorded) -> None:
    draft.note(AnswerLogged(event.answer))


def _risk(draft: Draft, event: RiskAnswered) -> None:
    source = f"answer:{event.link_id}"
    if not event.finding.fires:
        record_quietly(draft, event.finding, source=source)
        return
    answer_crisis(draft, event.finding, source=source)
    draft.silenced = True
    draft.become(hold_state=None)


def _language(draft: Draft, event: LanguageSet) -> None:
    draft.become(language=event.language)


def _human(draft: Draft, event: HumanAsked) -> None:
    draft.ask_clinician(f"human:{event.reason}", Priority.STAT)


def _ended(draft: Draft, event: Ended) -> None:
    draft.become(hold_state=None)
    draft.ask_clinician("asq:completed", Priority.STAT)


_EFFECTS: dict[type, Callable[..., None]] = {
    Said: _said,
    Asked: _said,
    AnswerRecorded: _answered,
    RiskAnswered: _risk,
    LanguageSet: _language,
    HumanAsked: _human,
    Ended: _ended,
}
