"""The page behind a secure link: the same conversation, continued on the web.

A link is for one conversation, lives for a day, and is worth nothing to who finds it later: once
the conversation knows a date of birth, the page asks for it, and closes after a few wrong ones.
Before that nothing personal has been said, so the link alone opens it, but only once.

What is shown and taken on the page belongs to the conversation as it is now; a link to one that
was replaced by a newer one is closed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from msgspec import structs
from sqlalchemy import Connection

from bot.conversation.model import Conversation, ConversationStatus
from bot.core.answers import Answer, AnswerStatus
from bot.core.errors import NotFound, Refused, StoreUnavailable
from bot.core.messages import Channel, Choice, InboundMessage
from bot.flows import current_choices
from bot.flows.model import AskStep, Flow, LinkStep
from bot.flows.questions import Kind
from bot.services.inbound import Reply, receive, receive_without_clinic
from bot.services.parts import Parts
from bot.store.crypto import token_hash
from bot.store.engine import store_errors
from bot.store.loading import InConversation
from bot.store.secure_links import (
    StoredLink,
    TalkText,
    find_link,
    mark_used,
    spend_try,
    talk_of,
)
from bot.store.turns import open_turn

MOST_TRIES = 5
TEXTS_SHOWN = 40


class WrongBirth(Refused):
    """The date of birth is not the one that the conversation knows; it may be tried again."""


@dataclass(frozen=True, slots=True)
class OpenedLink:
    """What a browser keeps of a link it has opened; the link's token is not in it."""

    link_hash: str
    conversation_id: str
    clinic_id: str
    language: str


@dataclass(frozen=True, slots=True)
class LinkDoor:
    """What the page needs before anything is shown: its language, whether it asks for a date."""

    language: str
    asks_birth: bool
    clinic_id: str


@dataclass(frozen=True, slots=True)
class LinkPage:
    """The conversation as the page shows it. `choices` are those of the open question.

    `takes_several` says that more than one of them may be chosen.
    """

    language: str
    talk: tuple[TalkText, ...]
    choices: tuple[Choice, ...]
    takes_several: bool


@dataclass(frozen=True, slots=True)
class _Scene:
    link: StoredLink
    flow: Flow | None
    answers: tuple[Answer, ...]
    open_step: AskStep | None
    choices: tuple[Choice, ...] = ()


def look_at_link(parts: Parts, token: str) -> LinkDoor:
    """Return what the door asks for; changes nothing. Raises NotFound when the link is closed."""
    scene = _scene(parts, token_hash(token))
    return LinkDoor(
        scene.link.language, asks_birth=_birth(scene) is not None, clinic_id=scene.link.clinic_id
    )


def open_secure_link(parts: Parts, token: str, born: date | None) -> OpenedLink:
    """Open a link with a date of birth, or without one as long as none is known.

    A try is counted before the date is looked at, so that tries made at once do not slip past
    the limit. Raises WrongBirth, NotFound once the link is closed, StoreUnavailable.
    """
    scene = _scene(parts, token_hash(token))
    link_hash, known = scene.link.token_hash, _birth(scene)
    if known is None and scene.link.used_at is not None:
        raise NotFound("link")
    with _connected(parts) as connection:
        if not spend_try(connection, link_hash, limit=MOST_TRIES):
            raise NotFound("link")
    if known is not None and (born is None or born.isoformat() != known):
        raise WrongBirth("date of birth")
    with _connected(parts) as connection:
        mark_used(connection, link_hash, now=parts.now())
    _take_up(parts, scene)
    return _opened(scene)


def read_link_page(parts: Parts, link_hash: str) -> LinkPage:
    """Return the page of an opened link. Raises NotFound when the link is closed."""
    scene = _scene(parts, link_hash)
    link, step = scene.link, scene.open_step
    with _connected(parts) as connection:
        talk = talk_of(connection, link.conversation_id, limit=TEXTS_SHOWN)
    several = step is not None and step.question.kind is Kind.MANY_OF
    return LinkPage(link.language, tuple(talk), scene.choices, takes_several=several)


def say_on_link_page(parts: Parts, opened: OpenedLink, *, client_id: str, text: str) -> Reply:
    """Take the turn of a text written on the page of an opened link.

    Danger is answered even when the link is closed by now or the database is away. Raises
    NotFound for anything else on a closed link, StoreUnavailable as `receive` does.
    """
    message = _message(parts, opened, client_id, text)
    try:
        _scene(parts, opened.link_hash)
    except StoreUnavailable:
        return _say(parts, opened, message)
    except NotFound:
        reply = receive_without_clinic(parts, message)
        if reply is None:
            raise
        return reply
    return _say(parts, opened, message)


def _message(parts: Parts, opened: OpenedLink, client_id: str, text: str) -> InboundMessage:
    return InboundMessage(
        channel=Channel.WEB,
        provider_id=client_id,
        clinic_address=opened.clinic_id,
        patient_address=opened.conversation_id,
        text=text,
        received_at=parts.now(),
    )


def _say(parts: Parts, opened: OpenedLink, message: InboundMessage) -> Reply:
    clinic = parts.clinics.of(opened.clinic_id)
    if clinic is None:
        raise NotFound("clinic")
    return receive(parts, message, clinic, conversation_id=opened.conversation_id)


def _take_up(parts: Parts, scene: _Scene) -> None:
    """Go past the offer of this link, so that the page opens with the next question."""
    if isinstance(scene.open_step, LinkStep):
        opened = _opened(scene)
        _say(parts, opened, _message(parts, opened, f"opened-{opened.link_hash}", ""))


def _opened(scene: _Scene) -> OpenedLink:
    link = scene.link
    return OpenedLink(link.token_hash, link.conversation_id, link.clinic_id, link.language)


def _scene(parts: Parts, link_hash: str) -> _Scene:
    """Return an open link with its conversation. Raises NotFound when it is closed."""
    with _connected(parts) as connection:
        link = find_link(connection, link_hash)
    if link is None or not link.is_current or link.expires_at <= parts.now():
        raise NotFound("link")
    if link.failed_tries >= MOST_TRIES:
        raise NotFound("link")
    with open_turn(parts.engine, parts.keyring, budget_seconds=parts.turn_seconds) as turn:
        loaded = turn.load(InConversation(link.conversation_id))
    if loaded is None:
        raise NotFound("conversation")
    return _scene_of(parts, link, loaded.conversation)


def _scene_of(parts: Parts, link: StoredLink, conversation: Conversation) -> _Scene:
    state, flow_hash = conversation.flow_state, conversation.flow_hash
    flow = parts.flows.pinned(flow_hash) if flow_hash else None
    if flow is None or state is None:
        return _Scene(link, flow, (), None, _choices_on_hold(parts, conversation))
    answers = (*state.answers, *state.held)
    if conversation.status is ConversationStatus.HELD:
        return _Scene(link, flow, answers, None, _choices_on_hold(parts, conversation))
    step = flow.steps[flow.index[state.open_id]] if state.open_id else None
    open_step = step if isinstance(step, AskStep) and state.pending is None else None
    choices = current_choices(flow, structs.replace(state, channel=Channel.WEB))
    return _Scene(link, flow, answers, open_step, choices)


def _choices_on_hold(parts: Parts, conversation: Conversation) -> tuple[Choice, ...]:
    """Return the choices of the risk screen, the only questions while a conversation is held."""
    state = conversation.hold_state
    flow = parts.flows.pinned(state.flow_hash) if state is not None else None
    if flow is None or state is None:
        return ()
    return current_choices(flow, structs.replace(state, channel=Channel.WEB))


def _birth(scene: _Scene) -> str | None:
    """Return the date of birth that the conversation knows, as YYYY-MM-DD."""
    questions = scene.flow.questions if scene.flow else {}
    for answer in scene.answers:
        question = questions.get(answer.link_id)
        is_date = question is not None and question.kind is Kind.DATE and question.past
        if is_date and answer.status is AnswerStatus.ANSWERED and isinstance(answer.value, str):
            return answer.value
    return None


@contextmanager
def _connected(parts: Parts) -> Iterator[Connection]:
    with store_errors(), parts.engine.begin() as connection:
        yield connection
