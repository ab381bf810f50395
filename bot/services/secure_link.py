"""The door behind a secure link: whoever passes it goes on with their conversation on the web.

What must stay true:

* A link opens once, within a day, for its own conversation, and looking at it changes nothing:
  programs that draw previews of links look at them too.
* Once the conversation knows a date of birth the door asks for it. A few wrong ones close all the
  links of the conversation for a day, so that asking for more links gives no more tries. Before
  that nothing personal has been said, so the link alone opens it.
* The link's token is worth nothing once it has opened. What a browser keeps is the token of a chat
  session, as any other visitor's.
* Danger that is written at the door is recorded in the conversation, be the link open or closed.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from bot.conversation.model import Conversation
from bot.core.answers import AnswerStatus
from bot.core.errors import NotFound, Refused, StoreUnavailable
from bot.core.findings import Finding
from bot.core.messages import Channel, InboundMessage
from bot.flows.questions import Kind
from bot.services.chat import chat_store
from bot.services.chat_budgets import ChatRules
from bot.services.chat_tokens import new_chat_token, read_chat_token
from bot.services.inbound import keep_answered, receive
from bot.services.parts import Parts
from bot.store.chat_sessions import StoredSession, add_session
from bot.store.chat_talk import current_conversation
from bot.store.crypto import token_hash
from bot.store.loading import CurrentOf
from bot.store.secure_links import StoredLink, count_try, find_link, tries_spent, use_up

MOST_TRIES = 5
ARRIVED = "arrived"
"""The id of the first message of a session: nobody wrote it, it brings the open question."""

log = logging.getLogger(__name__)


class WrongBirth(Refused):
    """The date of birth is not the one that the conversation knows; it may be tried again."""


@dataclass(frozen=True, slots=True)
class LinkDoor:
    """What the door needs before anything is shown: its language, whether it asks for a date."""

    language: str
    asks_birth: bool
    clinic_id: str


@dataclass(frozen=True, slots=True)
class OpenedLink:
    """A session of the chat in the link's conversation. Its token is shown this once."""

    token: str
    expires_at: datetime
    clinic_id: str
    language: str


def look_at_link(parts: Parts, token: str) -> LinkDoor:
    """Return what the door asks for; changes nothing. Raises NotFound when the link is closed."""
    with chat_store(parts, read_only=True) as connection:
        link, conversation = _open_link(parts, connection, token)
    asks = _birth(parts, conversation) is not None
    return LinkDoor(conversation.language, asks_birth=asks, clinic_id=link.clinic_id)


def open_secure_link(parts: Parts, rules: ChatRules, token: str, born: date | None) -> OpenedLink:
    """Open a link with a date of birth, or without one as long as none is known.

    Raises WrongBirth, NotFound once the link is closed, StoreUnavailable.
    """
    with chat_store(parts) as connection:
        link, conversation = _open_link(parts, connection, token, lock=True)
        known = _birth(parts, conversation)
        is_right = known is None or (born is not None and born.isoformat() == known)
        if is_right:
            opened = _session(parts, rules, connection, link, conversation)
        else:
            count_try(connection, link.token_hash)
    if not is_right:
        raise WrongBirth("date of birth")
    _arrive(parts, opened)
    return opened


def hear_danger_at_door(parts: Parts, token: str, text: str, finding: Finding) -> str | None:
    """Take the turn of a text at the door that shows danger; return the link's clinic, if known.

    The link may be closed: whoever wrote it must be heard of all the same. Never raises.
    """
    try:
        with chat_store(parts, read_only=True) as connection:
            link = find_link(connection, token_hash(token))
        clinic = None if link is None else parts.clinics.of(link.clinic_id)
    except Exception:
        log.exception("crisis_not_recorded", extra={"channel": Channel.WEB.value})
        return None
    if link is None or clinic is None:
        return None
    message = _message(parts, clinic.id, address=link.token_hash, provider_id=parts.new_id())
    said, whose = replace(message, text=text), link.conversation_id
    try:
        is_lost = receive(parts, said, clinic, conversation_id=whose, finding=finding).is_lost
    except Exception:
        log.exception("turn_failed")
        is_lost = True
    if is_lost and not keep_answered(parts, said, clinic_id=clinic.id, conversation_id=whose):
        log.error("crisis_not_recorded", extra={"channel": Channel.WEB.value})
    return clinic.id


def _open_link(
    parts: Parts, connection: Connection, token: str, *, lock: bool = False
) -> tuple[StoredLink, Conversation]:
    """Return an open link and its conversation. Raises NotFound when it is closed."""
    now = parts.now()
    link = find_link(connection, token_hash(token), lock=lock)
    if link is None or not link.is_current or link.used_at is not None or link.expires_at <= now:
        raise NotFound("link")
    if tries_spent(connection, link.conversation_id, now=now) >= MOST_TRIES:
        raise NotFound("link")
    loaded = current_conversation(connection, parts.keyring, CurrentOf(link.conversation_id))
    if loaded is None:
        raise NotFound("conversation")
    if not loaded.is_readable:
        raise StoreUnavailable("the conversation's state cannot be read")
    return link, loaded.conversation


def _session(
    parts: Parts,
    rules: ChatRules,
    connection: Connection,
    link: StoredLink,
    conversation: Conversation,
) -> OpenedLink:
    """Use the link up and begin a session in its conversation."""
    now = parts.now()
    use_up(connection, link.conversation_id, now=now)
    token = new_chat_token(parts, link.clinic_id, link.conversation_id)
    until = now + timedelta(seconds=rules.session_seconds)
    session = StoredSession(token_hash(token), link.clinic_id, link.address_hash, until, None)
    add_session(connection, session, now=now)
    return OpenedLink(token, until, link.clinic_id, conversation.language)


def _arrive(parts: Parts, opened: OpenedLink) -> None:
    """Let the conversation ask on the page where it was; what is written there does so as well."""
    key, clinic = read_chat_token(parts, opened.token), parts.clinics.of(opened.clinic_id)
    if key is None or clinic is None:
        return
    message = _message(parts, clinic.id, address=key.address, provider_id=ARRIVED)
    try:
        receive(parts, message, clinic, conversation_id=key.conversation_id)
    except StoreUnavailable:
        log.warning("arrival_not_stored", extra={"clinic_id": clinic.id})


def _message(parts: Parts, clinic_id: str, *, address: str, provider_id: str) -> InboundMessage:
    return InboundMessage(
        channel=Channel.WEB,
        provider_id=provider_id,
        clinic_address=clinic_id,
        patient_address=address,
        text="",
        received_at=parts.now(),
    )


def _birth(parts: Parts, conversation: Conversation) -> str | None:
    """Return the date of birth that the conversation knows, as YYYY-MM-DD.

    Raises StoreUnavailable where that cannot be told: the door stays shut then.
    """
    state = conversation.flow_state
    if state is None:
        return None
    flow = parts.flows.pinned(conversation.flow_hash)
    if flow is None:
        raise StoreUnavailable("the conversation's flow cannot be read")
    for answer in (*state.answers, *state.held):
        question = flow.questions.get(answer.link_id)
        is_date = question is not None and question.kind is Kind.DATE and question.past
        if is_date and answer.status is AnswerStatus.ANSWERED and isinstance(answer.value, str):
            return answer.value
    return None
