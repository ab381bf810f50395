"""The room a turn is taken in: the clinic, today's texts, and the flow it is pinned to."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from bot.conversation.model import Conversation, ConversationStatus
from bot.conversation.room import HOLD_FLOW, Room
from bot.core.answers import Answer
from bot.core.clinic import Clinic
from bot.core.decisions import Decision, Judge
from bot.core.errors import DefinitionError
from bot.flows.model import Flow
from bot.services.parts import Parts
from bot.store.loading import Loaded

BEGINS_ANEW = frozenset({ConversationStatus.ENDED, ConversationStatus.EXPIRED})

log = logging.getLogger(__name__)


def current_flow(parts: Parts, clinic: Clinic) -> Flow | None:
    """Return the clinic's flow of today, stored; None if its definition is faulty.

    Raises StoreUnavailable. Call it outside a turn's transaction: it has one of its own.
    """
    try:
        flow = parts.flows.current(clinic.flow)
        parts.flows.keep(flow)
    except DefinitionError:
        log.exception("flow_missing", extra={"clinic_id": clinic.id})
        return None
    return flow


def flow_and_judge(
    parts: Parts, clinic: Clinic, loaded: Loaded | None, today: Flow | None
) -> tuple[Flow | None, Judge]:
    """Return the pinned flow, or `today` where a conversation begins, and its judge.

    Without a readable state, a flow or rules that fit it there is no flow at all: the turn then
    answers a crisis and brings everything else to a person.
    """
    try:
        flow = today if loaded is None else _pinned(parts, loaded, today)
        if flow is not None:
            return flow, parts.flows.judge(flow, clinic)
    except DefinitionError:
        log.exception("rules_missing", extra={"clinic_id": clinic.id})
    return None, nobody_judges


def room_of(parts: Parts, clinic: Clinic, judge: Judge) -> Room:
    """Return everything a turn at this clinic may use."""
    return Room(
        clinic=clinic,
        detector=parts.detector,
        resources=parts.resources,
        judge=judge,
        phrases=parts.phrases,
        keywords=parts.keywords,
        new_id=parts.new_id,
        new_token=parts.new_token,
        public_url=parts.public_url,
        hold_flow=_hold_flow(parts),
    )


def nobody_judges(answers: Iterable[Answer]) -> Decision:
    """Stand in where there is no flow whose answers could be judged: raises DefinitionError."""
    raise DefinitionError("ruleset", "there is no flow whose answers could be judged")


def _pinned(parts: Parts, loaded: Loaded, today: Flow | None) -> Flow | None:
    conversation = loaded.conversation
    if not loaded.is_readable:
        log.error("state_unreadable", extra={"conversation_id": conversation.id})
        return None
    return parts.flows.pinned(conversation.flow_hash) if _is_pinned(conversation) else today


def _is_pinned(conversation: Conversation) -> bool:
    return bool(conversation.flow_hash) and conversation.status not in BEGINS_ANEW


def _hold_flow(parts: Parts) -> Flow | None:
    try:
        return parts.flows.current(HOLD_FLOW)
    except DefinitionError:
        log.exception("hold_flow_missing")
        return None
