"""The web chat: opening a session, saying something, reading, leaving.

What must stay true:

* Nothing stands before a crisis: text that shows danger is treated by `receive` before the session
  and the budgets are looked at, and whatever fails afterwards, the resources are in the answer.
* A token opens one patient's chat at one clinic, and nothing once its session is over. Danger is
  recorded even then, for the patient whose session it was.
* A message that comes while the database is away is kept on disk, as any other.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from bot.core.clinic import Clinic
from bot.core.errors import NotFound, SessionOver, StoreUnavailable
from bot.core.findings import NOTHING_FOUND, Finding
from bot.core.messages import Channel, InboundMessage
from bot.services.chat_budgets import ChatRules, forget_old_budgets, spend
from bot.services.chat_reading import view_after, view_of_turn
from bot.services.chat_tokens import (
    ChatKey,
    address_hash_of,
    new_chat_token,
    read_chat_token,
)
from bot.services.chat_views import ChatView, view_from_memory
from bot.services.inbound import keep_answered, receive
from bot.services.parts import Parts
from bot.services.taking_turns import Reply
from bot.store.chat_sessions import (
    StoredSession,
    add_session,
    find_session,
    forget_over_before,
    keep_alive,
    mark_ended,
)
from bot.store.engine import READ_ONLY, LockedTooLong, store_errors
from bot.store.loading import AtAddress, CurrentOf

MESSAGE_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
OPENED = "opened"
"""The id of the first message of every session: nobody wrote it, it brings the greeting."""

TOUCH_EVERY = timedelta(minutes=5)
"""A session's end is put off at most this often: not every message is one more write."""

FORGET_AFTER = timedelta(days=7)
"""How long the row of a session that is over is kept."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OpenedChat:
    """A new session. The token is shown this once."""

    token: str
    expires_at: datetime
    view: ChatView


@dataclass(frozen=True, slots=True)
class ChatText:
    """What a patient sent: `text`, or the `change` of an earlier answer; `client_id` is theirs.

    `received_at` is when it came, None for now.
    """

    client_id: str
    text: str = ""
    change: str | None = None
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ChatAnswer:
    """What comes back. `is_over` says that the session is over, and only danger was treated.

    `is_lost` says that danger was answered, and neither stored nor kept on disk.
    """

    view: ChatView
    is_over: bool = False
    is_lost: bool = False


def open_chat(
    parts: Parts, rules: ChatRules, clinic: Clinic, *, language: str, caller: str
) -> OpenedChat:
    """Begin a session and its conversation, with greeting and first question.

    A language that the clinic does not speak becomes its first. Raises TooMany, StoreUnavailable.
    """
    token, now = new_chat_token(parts, clinic.id), parts.now()
    key = read_chat_token(parts, token)
    if key is None:
        raise RuntimeError("a token that was just made cannot be read")
    until = now + timedelta(seconds=rules.session_seconds)
    spoken = language if language in clinic.languages else clinic.languages[0]
    with chat_store(parts) as connection:
        is_first = spend(parts, connection, rules.sessions, clinic_id=clinic.id, caller=caller)
        session = StoredSession(
            key.token_hash, clinic.id, address_hash_of(parts, key), until, None
        )
        add_session(connection, session, now=now)
    if is_first:
        _tidy(parts)
    message = _message(parts, key, ChatText(OPENED), language=spoken)
    reply = receive(parts, message, clinic)
    return OpenedChat(token, until, _view(parts, clinic, message, NOTHING_FOUND, reply))


def say_in_chat(
    parts: Parts,
    rules: ChatRules,
    key: ChatKey,
    said: ChatText,
    *,
    finding: Finding,
    caller: str,
) -> ChatAnswer:
    """Take the turn of a text written in the chat; `finding` is what was seen in it already.

    Raises SessionOver, TooMany and IdTaken where no danger was seen, NotFound when the clinic is
    gone, StoreUnavailable as `receive`.
    """
    clinic = parts.clinics.of(key.clinic_id)
    if clinic is None and not parts.clinics.is_known:
        raise StoreUnavailable("the clinics could not be read yet")
    if clinic is None:
        raise NotFound("clinic")
    message = _message(parts, key, said)
    if finding.fires:
        reply = receive(
            parts, message, clinic, conversation_id=key.conversation_id, finding=finding
        )
        is_over = not _is_open(parts, key)
    else:
        _admit(parts, rules, key, caller)
        reply = receive(
            parts, message, clinic, conversation_id=key.conversation_id, finding=finding
        )
        is_over = False
    return ChatAnswer(_view(parts, clinic, message, finding, reply), is_over, reply.is_lost)


def keep_chat_danger(parts: Parts, key: ChatKey, said: ChatText) -> bool:
    """Keep danger on disk that was answered without its turn; false if that was not possible.

    It is treated with what else waits there, in order, and its page's repeat finds it treated.
    """
    return keep_answered(
        parts,
        _message(parts, key, said),
        clinic_id=key.clinic_id,
        conversation_id=key.conversation_id,
    )


def read_chat(parts: Parts, key: ChatKey, *, after: str | None) -> ChatView:
    """Return the chat with its messages after the one whose id is `after` (None: all).

    Raises SessionOver, NotFound for an id that is not of this chat, StoreUnavailable.
    """
    clinic = parts.clinics.of(key.clinic_id)
    if clinic is None:
        raise NotFound("clinic")
    if after is not None and MESSAGE_ID.fullmatch(after) is None:
        raise NotFound("message")
    with chat_store(parts, read_only=True) as connection:
        session = open_session_of(parts, connection, key)
        where = AtAddress(clinic.id, Channel.WEB, session.address_hash)
        if key.conversation_id is None:
            return view_after(parts, connection, clinic, where, after=after)
        return view_after(parts, connection, clinic, CurrentOf(key.conversation_id), after=after)


def leave_chat(parts: Parts, key: ChatKey) -> None:
    """End a session: its token is worthless. What was said stays for the clinic.

    Raises SessionOver when it is over already, StoreUnavailable.
    """
    with chat_store(parts) as connection:
        open_session_of(parts, connection, key)
        mark_ended(connection, key.token_hash, now=parts.now())


def open_session_of(parts: Parts, connection: Connection, key: ChatKey) -> StoredSession:
    """Return the session of a token. Raises SessionOver when it is unknown, ended or too old."""
    session = find_session(connection, key.token_hash)
    if session is None or not session.is_open(parts.now()):
        raise SessionOver("chat session")
    return session


@contextmanager
def chat_store(parts: Parts, *, read_only: bool = False) -> Iterator[Connection]:
    """Give a connection that commits at the end; does not ask a database that rests.

    Raises StoreUnavailable.
    """
    if parts.health.is_resting:
        raise StoreUnavailable("the database failed a moment ago")
    engine = parts.engine.execution_options(**READ_ONLY) if read_only else parts.engine
    try:
        with store_errors(), engine.begin() as connection:
            yield connection
    except StoreUnavailable as error:
        parts.health.note_failure(locked=isinstance(error, LockedTooLong))
        raise


def _message(
    parts: Parts, key: ChatKey, said: ChatText, *, language: str | None = None
) -> InboundMessage:
    return InboundMessage(
        channel=Channel.WEB,
        provider_id=said.client_id,
        clinic_address=key.clinic_id,
        patient_address=key.address,
        text=said.text,
        received_at=said.received_at or parts.now(),
        change=said.change,
        language=language,
    )


def _admit(parts: Parts, rules: ChatRules, key: ChatKey, caller: str) -> None:
    """Let an open session within its budget in; raises SessionOver, TooMany.

    While the database is away every genuine token is let in: the message is then kept on disk.
    """
    try:
        with chat_store(parts) as connection:
            session = open_session_of(parts, connection, key)
            spend(parts, connection, rules.messages, clinic_id=key.clinic_id, caller=caller)
            _put_off_end(parts, connection, rules, session)
    except StoreUnavailable:
        log.warning("chat_let_in_unchecked", extra={"clinic_id": key.clinic_id})


def _tidy(parts: Parts) -> None:
    """Remove what is long over; in a transaction of its own, so that nobody waits for it."""
    try:
        with chat_store(parts) as connection:
            forget_old_budgets(parts, connection)
            forget_over_before(connection, parts.now() - FORGET_AFTER)
    except StoreUnavailable:
        log.warning("chat_not_tidied")


def _put_off_end(
    parts: Parts, connection: Connection, rules: ChatRules, session: StoredSession
) -> None:
    until = parts.now() + timedelta(seconds=rules.session_seconds)
    if until - session.expires_at >= TOUCH_EVERY:
        keep_alive(connection, session.token_hash, expires_at=until)


def _is_open(parts: Parts, key: ChatKey) -> bool:
    """Whether the session is open; taken to be so while the database cannot say."""
    try:
        with chat_store(parts, read_only=True) as connection:
            open_session_of(parts, connection, key)
    except SessionOver:
        return False
    except StoreUnavailable:
        return True
    return True


def _view(
    parts: Parts, clinic: Clinic, message: InboundMessage, finding: Finding, reply: Reply
) -> ChatView:
    """Return the view of a turn; from memory where it is not stored or cannot be read."""
    if reply.is_stored:
        try:
            with chat_store(parts, read_only=True) as connection:
                return view_of_turn(parts, connection, clinic, reply)
        except StoreUnavailable:
            log.warning("chat_view_from_memory", extra={"clinic_id": clinic.id})
    return view_from_memory(parts, clinic, message, finding, reply.texts)
