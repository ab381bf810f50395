"""One step of the scripted flow, and what each of its events means for the conversation."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

from msgspec import structs

from bot.conversation.crisis import answer_crisis, check_in
from bot.conversation.draft import Draft
from bot.conversation.model import (
    AnswerLogged,
    ConversationStatus,
    Decided,
    Flagged,
    LinkIssued,
    ReplyText,
)
from bot.conversation.room import LINK_LIFETIME
from bot.core.decisions import Decision, Disposition, Priority
from bot.core.findings import NOTHING_FOUND, Category, Finding, RuleHit, Subject, Tier, worse_of
from bot.flows import Flow, Step, TurnContext, change, current_question, repeat, resume, start
from bot.flows.events import (
    AnswerRecorded,
    AnswersRemoved,
    Asked,
    Ended,
    Event,
    HumanAsked,
    LanguageSet,
    LinkOffered,
    NotUnderstood,
    PauseAsked,
    Restarted,
    RiskAnswered,
    Said,
    Triaged,
)
from bot.flows.state import FlowState
from bot.rules.crisis import RiskQuestion

LINK_PLACEHOLDER = "{secure_link}"

CONSULT_DISPOSITIONS = frozenset({Disposition.ELIGIBLE, Disposition.REVIEW})
"""Dispositions that ask a clinician to act when the flow is through; "not now" does not, unless
it is urgent or the patient asks for a person, and an emergency has asked already."""


def begin(draft: Draft, flow: Flow) -> None:
    """Start the flow: greet and ask the first question."""
    step = start(flow, language=draft.conversation.language, context=context_of(draft))
    draft.become(status=ConversationStatus.ACTIVE, flow_hash=flow.content_hash)
    apply_step(draft, step)


def go_on(draft: Draft, flow: Flow, text: str) -> None:
    """Take `text` as the reply to the current question, or as a command."""
    state = draft.conversation.flow_state
    if state is None:
        begin(draft, flow)
        return
    question = current_question(flow, state)
    step = resume(flow, state, text, context=context_of(draft))
    draft.become(status=ConversationStatus.ACTIVE)
    apply_step(draft, step)
    if question is not None and question.risk is not None:
        _hear_hedged_risk(draft, step, RiskQuestion(
            question.link_id, question.risk.category, question.risk.tier
        ))  # fmt: skip


def change_answer(draft: Draft, flow: Flow, link_id: str) -> None:
    """Ask an earlier question again because the patient wants to change its answer."""
    state = draft.conversation.flow_state
    if state is None:
        begin(draft, flow)
        return
    step = change(flow, state, link_id, context=context_of(draft))
    draft.become(status=ConversationStatus.ACTIVE)
    apply_step(draft, step)


def ask_again(draft: Draft, flow: Flow) -> None:
    """Say the current question once more, without taking anything as its answer.

    A question that is open on the private page is not said by text: the patient gets a link to it.
    """
    state = draft.conversation.flow_state
    if state is None:
        begin(draft, flow)
    elif draft.is_on_page:
        draft.become(
            flow_state=structs.replace(state, pending=None, paused=False, unclear_count=0)
        )
        offer_page(draft)
    else:
        ask_here(draft, flow, state)


def ask_here(draft: Draft, flow: Flow, state: FlowState) -> None:
    """Say the current question of `state` where the patient writes now."""
    apply_step(draft, repeat(flow, state, context=context_of(draft)))


def keep_answer(draft: Draft, flow: Flow, text: str) -> Finding:
    """Record the answer that a crisis text also gives, saying nothing; return its own risk.

    The crisis answer is the reply; what the patient told us with it is not lost.
    """
    state = draft.conversation.flow_state
    if state is None:
        return NOTHING_FOUND
    step = resume(flow, state, text, context=context_of(draft))
    if not any(isinstance(event, AnswerRecorded) for event in step.events):
        return NOTHING_FOUND
    draft.become(flow_state=structs.replace(step.state, channel=state.channel))
    risk = NOTHING_FOUND
    for event in step.events:
        if isinstance(event, AnswerRecorded):
            draft.note(AnswerLogged(event.answer))
        if isinstance(event, Triaged):
            draft.note(Decided(event.decision))
        if isinstance(event, RiskAnswered):
            risk = worse_of(risk, event.finding)
    return risk


def context_of(draft: Draft) -> TurnContext:
    """Return what the engine needs to know of this turn."""
    return TurnContext(
        today=draft.room.today(draft.now),
        turn_number=draft.conversation.turn_number,
        channel=draft.message.channel,
        words=draft.room.words(draft.conversation.language),
        judge=draft.room.judge,
    )


def apply_step(draft: Draft, step: Step) -> None:
    """Carry a step's state and events over; danger in an answer takes the reply over."""
    draft.become(flow_state=step.state)
    for event in step.events:
        _EFFECTS[type(event)](draft, event)


def _said(draft: Draft, event: Said | Asked) -> None:
    text = event.text
    if LINK_PLACEHOLDER in text:
        text = text.replace(LINK_PLACEHOLDER, issue_link(draft))
    if text and not draft.silenced:
        draft.say(text, choices=event.choices if isinstance(event, Asked) else ())


def offer_page(draft: Draft) -> None:
    """Send a new link to the private page."""
    draft.say_phrase("page_link", secure_link=issue_link(draft))


def issue_link(draft: Draft) -> str:
    """Return the address of a new secure link of this conversation."""
    token = draft.room.new_token()
    digest = sha256(token.encode()).hexdigest()
    draft.note(LinkIssued(digest, draft.now + LINK_LIFETIME))
    return f"{draft.room.public_url.rstrip('/')}/c/{token}"


def _answered(draft: Draft, event: AnswerRecorded) -> None:
    draft.note(AnswerLogged(event.answer))


def _risk(draft: Draft, event: RiskAnswered) -> None:
    source = f"answer:{event.link_id}"
    if event.finding.fires:
        answer_crisis(draft, event.finding, source=source)
        draft.silenced = draft.conversation.status is ConversationStatus.HELD
    elif event.finding.tier is Tier.CHECK_IN:
        check_in(draft, event.finding, source=source)


def _decided(draft: Draft, event: Triaged) -> None:
    """Keep a decision that ends the questions; ask a clinician where it calls for one.

    A checkpoint on the way that lets the patient go on decides nothing yet.
    """
    decision = event.decision
    if not event.final and decision.disposition < Disposition.NOT_NOW:
        return
    draft.facts["disposition"] = decision.disposition.label
    draft.note(Decided(decision))
    if decision.disposition is Disposition.EMERGENCY:
        _triaged_emergency(draft, decision)
    elif _concerns_clinician(draft, event):
        reason = f"triage:{decision.disposition.label}"
        draft.ask_clinician(reason, decision.priority, decision)


def _concerns_clinician(draft: Draft, event: Triaged) -> bool:
    """Whether somebody must act.

    That is so for an urgent decision ("not now" included), for a request that is open already,
    and at the end of the questions when there is something to offer.
    """
    urgent = event.decision.priority is not Priority.ROUTINE
    if urgent or draft.conversation.consult_id is not None:
        return True
    return event.final and event.decision.disposition in CONSULT_DISPOSITIONS


def _triaged_emergency(draft: Draft, decision: Decision) -> None:
    """Answer an emergency that only the rules saw, such as a crisis blood pressure with pain."""
    if draft.conversation.status is not ConversationStatus.HELD:
        hits = (
            RuleHit(f"triage:{rule.id}", 0, 0)
            for rule in decision.fired
            if Disposition.EMERGENCY in rule.routes.values()
        )
        finding = Finding(Tier.EMERGENCY, Category.MEDICAL, Subject.SELF, tuple(hits))
        answer_crisis(draft, finding, source="triage")
        draft.silenced = True
    draft.ask_clinician("triage:emergency", Priority.STAT, decision)


def _human(draft: Draft, event: HumanAsked) -> None:
    priority = Priority.URGENT if draft.conversation.risk_open else Priority.ROUTINE
    draft.ask_clinician(f"human:{event.reason}", priority)


def _language(draft: Draft, event: LanguageSet) -> None:
    draft.become(language=event.language)


def _paused(draft: Draft, event: PauseAsked) -> None:
    draft.become(status=ConversationStatus.PAUSED)


def _restarted(draft: Draft, event: Restarted) -> None:
    draft.note(Flagged("started-over"))


def _ended(draft: Draft, event: Ended) -> None:
    draft.facts["outcome"] = event.outcome
    if draft.conversation.status is not ConversationStatus.HELD:
        draft.become(status=ConversationStatus.ENDED)


def _nothing(draft: Draft, event: Event) -> None:
    """The texts of the step already say it; the state already holds it."""


_EFFECTS: dict[type, Callable[..., None]] = {
    Said: _said,
    Asked: _said,
    AnswerRecorded: _answered,
    AnswersRemoved: _nothing,
    NotUnderstood: _nothing,
    RiskAnswered: _risk,
    Triaged: _decided,
    HumanAsked: _human,
    LanguageSet: _language,
    PauseAsked: _paused,
    LinkOffered: _nothing,
    Restarted: _restarted,
    Ended: _ended,
}


def _hear_hedged_risk(draft: Draft, step: Step, question: RiskQuestion) -> None:
    """On a risk question, words that lean to yes count as yes even where reading them failed."""
    if not any(isinstance(event, NotUnderstood) for event in step.events):
        return
    finding = draft.room.detector.screen_in_context(draft.message.text, question=question)
    if finding.tier is Tier.NONE:
        return
    kept: list[ReplyText] = list(draft.replies)
    draft.replies.clear()
    _risk(draft, RiskAnswered(question.link_id, finding))
    if not draft.silenced:
        draft.replies.extend(kept)
