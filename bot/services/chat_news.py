"""News for listening visitors: what was said since, who speaks now, whose session is over.

A look takes one connection, asks for everybody at once, and gives it back: however many listen,
no session of the database is held between two looks.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from bot.conversation.model import ConversationStatus, ReplyKind
from bot.services.audit import AuditAction
from bot.services.chat import chat_store, open_session_of
from bot.services.chat_reading import SPOKEN
from bot.services.chat_tokens import ChatKey
from bot.services.chat_views import ChatMessage, Speaker, without_secrets
from bot.services.parts import Parts
from bot.services.taking_turns import client_id_of
from bot.store.chat_news import (
    NewText,
    Standing,
    closed_sessions,
    current_standings,
    place_in,
    standings,
    texts_of_turns,
)
from bot.store.chat_sessions import StoredSession
from bot.store.chat_talk import names_of, owner_name
from bot.store.rows import CHANGE, CLINICIAN, INBOUND

MOST_TURNS = 50
"""Turns told at once to somebody who was away; a page that missed more reads the whole chat."""

Reader = tuple[str, bytes]
"""Clinic id and address hash of a visitor."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a visitor has been told so far."""

    conversation_id: str
    place: tuple[int, int]
    status: str


@dataclass(frozen=True, slots=True)
class News:
    """What is new for one visitor. `speaker` is set when the conversation's status has changed."""

    told: Told
    messages: tuple[ChatMessage, ...] = ()
    speaker: Speaker | None = None


def listening_since(
    parts: Parts, key: ChatKey, *, after: str | None
) -> tuple[StoredSession, Told]:
    """Return the session of a visitor who begins to listen, and what they know already.

    That is all until the text with id `after`, or until now. Raises SessionOver, StoreUnavailable.
    """
    with chat_store(parts, read_only=True) as connection:
        session = open_session_of(parts, connection, key)
        found = standings(connection, key.clinic_id, [session.address_hash])
        standing = found.get(session.address_hash, Standing("", 0, ""))
        told = Told(standing.conversation_id, (standing.turn_number, 0), standing.status)
        last = texts_of_turns(connection, [(standing.conversation_id, standing.turn_number)])
        for text in last.get(standing.conversation_id, ()):
            told = replace(told, place=max(told.place, text.place))
        place = after and place_in(connection, standing.conversation_id, after)
        if place:
            # The turn is read again, and of it what stands behind the text.
            told = replace(told, place=place, status=AGAIN)
    return session, told


AGAIN = "?"
"""A status no conversation has: whoever comes back is told how it stands."""


def read_news(parts: Parts, told: dict[Reader, Told]) -> dict[Reader, News]:
    """Return what is new, for those visitors who have news. Raises StoreUnavailable."""
    with chat_store(parts, read_only=True) as connection:
        now = _standing_now(connection, told)
        changed = {r: s for r, s in now.items() if not _is_told(told[r], s)}
        turns = [turn for r, s in changed.items() for turn in _turns_since(told[r], s)]
        texts = texts_of_turns(connection, turns)
        every = [text for each in texts.values() for text in each]
        names = names_of(connection, {text.text for text in every if text.direction == CLINICIAN})
        owners = {
            standing.conversation_id: owner_name(
                connection, standing.conversation_id, action=AuditAction.TAKE_OVER.value
            )
            for reader, standing in changed.items()
            if standing.status == ConversationStatus.HUMAN
            and told[reader].status != standing.status
        }
    return {
        reader: _news(
            told[reader], standing, texts.get(standing.conversation_id, ()), names, owners
        )
        for reader, standing in changed.items()
    }


def _standing_now(connection: Connection, told: dict[Reader, Told]) -> dict[Reader, Standing]:
    """Ask by conversation, and by the visitors' addresses for those who have another one now."""
    known = current_standings(connection, {each.conversation_id for each in told.values()})
    found, others = {}, []
    for reader, each in told.items():
        if each.conversation_id in known:
            found[reader] = known[each.conversation_id]
        else:
            others.append(reader)
    for clinic_id in sorted({clinic for clinic, _ in others}):
        hashes = [each for clinic, each in others if clinic == clinic_id]
        moved = standings(connection, clinic_id, hashes)
        found.update({(clinic_id, each): standing for each, standing in moved.items()})
    return found


def over(parts: Parts, token_hashes: Collection[str]) -> set[str]:
    """Return whose sessions are over. Raises StoreUnavailable."""
    with chat_store(parts, read_only=True) as connection:
        return closed_sessions(connection, token_hashes, now=parts.now())


def _is_told(told: Told, standing: Standing) -> bool:
    return (told.conversation_id, told.place[0], told.status) == (
        standing.conversation_id,
        standing.turn_number,
        standing.status,
    )


def _turns_since(told: Told, standing: Standing) -> list[tuple[str, int]]:
    """Return the turns in which there may be something new, the half-read one included."""
    is_same = told.conversation_id == standing.conversation_id
    first = max(told.place[0] if is_same else 1, standing.turn_number - MOST_TURNS)
    return [(standing.conversation_id, turn) for turn in range(first, standing.turn_number + 1)]


def _news(
    told: Told,
    standing: Standing,
    texts: Sequence[NewText],
    names: dict[str, str],
    owners: dict[str, str | None],
) -> News:
    is_same = told.conversation_id == standing.conversation_id
    new = [text for text in texts if not is_same or text.place > told.place]
    last = max((text.place for text in texts), default=(standing.turn_number, 0))
    place = max(last, (standing.turn_number, 0))
    speaker = None
    if not is_same or told.status != standing.status:
        is_human = standing.status == ConversationStatus.HUMAN
        name = owners.get(standing.conversation_id)
        speaker = Speaker("clinician", name) if is_human else Speaker()
    messages = tuple(_messages(new, texts, names))
    return News(Told(standing.conversation_id, place, standing.status), messages, speaker)


def _messages(
    new: Iterable[NewText], texts: Iterable[NewText], names: dict[str, str]
) -> Iterable[ChatMessage]:
    spoken = {text.place[0]: names.get(text.text) for text in texts if text.direction == CLINICIAN}
    for text in new:
        if text.direction not in SPOKEN or text.kind == CHANGE or not text.text.strip():
            continue
        yield _message(text, spoken.get(text.place[0]))


def _message(text: NewText, speaker: str | None) -> ChatMessage:
    if text.direction == INBOUND:
        client_id = client_id_of(text.provider_key)
        if client_id:
            return ChatMessage(text.id, "patient", text.text, text.at, client_id=client_id)
        return ChatMessage(text.id, "patient", text.text, text.at)
    if text.kind == ReplyKind.CLINICIAN:
        if speaker:
            return ChatMessage(text.id, "clinician", text.text, text.at, speaker=speaker)
        return ChatMessage(text.id, "clinician", text.text, text.at)
    said = without_secrets(text.text)
    return ChatMessage(text.id, "bot", said, text.at, kind=ReplyKind(text.kind))
