"""The chat as stored rows show it.

What must stay true: the messages of a turn are made of what was stored in that turn alone, so
that a repeated message gets the same answer, byte for byte, however far the conversation is by
then. What is open is worked out from the conversation as it is now.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from msgspec import UNSET, UnsetType, structs
from sqlalchemy import Connection

from bot.conversation.model import Conversation, ConversationStatus, ReplyKind
from bot.core.clinic import Clinic
from bot.core.errors import NotFound
from bot.core.findings import NOTHING_FOUND
from bot.core.messages import Channel, Choice
from bot.flows.model import Flow
from bot.flows.phrases import phrases
from bot.flows.standing import Standing, changeable, standing, wish_to_change
from bot.services.audit import AuditAction
from bot.services.chat_views import (
    ChatInput,
    ChatMessage,
    ChatView,
    EmergencyCard,
    Progress,
    Speaker,
    SummaryRow,
    emergency_card,
    input_of,
    language_commands,
    without_secrets,
)
from bot.services.parts import Parts
from bot.services.taking_turns import Reply, client_id_of
from bot.store.chat_talk import (
    Place,
    TalkRow,
    answered_at,
    beginning_of,
    current_conversation,
    last_danger,
    names_of,
    owner_name,
    place_of,
    talk_from,
    talk_of_turns,
)
from bot.store.loading import AtAddress, CurrentOf
from bot.store.rows import CHANGE, CLINICIAN, INBOUND, OUTBOUND

MOST_SHOWN = 1000
"""Texts of a whole chat; a conversation has 500 turns at most."""

SPOKEN = frozenset({INBOUND, OUTBOUND})
"""Directions of texts; entries of what staff or timers did are not shown."""

_KINDS = {kind.value: kind for kind in ReplyKind}

FLOW_SPEAKS = frozenset({ConversationStatus.ACTIVE, ConversationStatus.PAUSED})


@dataclass(frozen=True, slots=True)
class _Scene:
    """The chat of one patient while it is read. `open` is what waits for an answer."""

    parts: Parts
    connection: Connection
    clinic: Clinic
    conversation: Conversation
    flow: Flow | None
    open: Standing | None


def view_after(
    parts: Parts,
    connection: Connection,
    clinic: Clinic,
    where: AtAddress | CurrentOf,
    *,
    after: str | None,
) -> ChatView:
    """Return a patient's chat with the messages after the one with id `after` (None: all).

    Of a texting patient nothing is shown that is older than the conversation of their link.
    Raises NotFound if there is no such message in this chat.
    """
    scene = _scene(parts, connection, clinic, where)
    if scene is None:
        if after is not None:
            raise NotFound("message")
        return _empty(clinic)
    patient_id = scene.conversation.patient_id
    first = (
        None if isinstance(where, AtAddress) else beginning_of(connection, where.conversation_id)
    )
    seen = None if after is None else place_of(connection, patient_id, after)
    if after is not None and (seen is None or (first is not None and seen < first)):
        raise NotFound("message")
    since = first if seen is None else _turn_before(seen)
    rows = talk_from(connection, patient_id, since, limit=MOST_SHOWN)
    messages = _messages(scene, rows, open_choices=bool(scene.open and scene.open.choices))
    new = tuple(message for place, message in messages if seen is None or place > seen)
    return _view(scene, new, _card(scene, None))


def view_of_turn(parts: Parts, connection: Connection, clinic: Clinic, reply: Reply) -> ChatView:
    """Return the chat with the messages of one stored turn: the patient's and the answer."""
    scene = _scene(parts, connection, clinic, CurrentOf(reply.conversation_id))
    if scene is None:
        raise NotFound("conversation")
    turn = reply.turn_number
    rows = talk_of_turns(connection, reply.conversation_id, (turn - 1, turn))
    messages = tuple(
        message
        for place, message in _messages(scene, rows, open_choices=True)
        if place.turn_number == turn
    )
    says_resources = any(message.kind == ReplyKind.CRISIS for message in messages)
    return _view(scene, messages, _card(scene, turn if says_resources else None))


def _scene(
    parts: Parts, connection: Connection, clinic: Clinic, where: AtAddress | CurrentOf
) -> _Scene | None:
    loaded = current_conversation(connection, parts.keyring, where)
    if loaded is None:
        return None
    conversation = loaded.conversation
    flow = parts.flows.pinned(conversation.flow_hash) if conversation.flow_hash else None
    return _Scene(parts, connection, clinic, conversation, flow, _open(parts, conversation, flow))


def _open(parts: Parts, conversation: Conversation, flow: Flow | None) -> Standing | None:
    """Return what waits for an answer: the flow's question, or on hold the risk screen's."""
    state = conversation.flow_state if conversation.status in FLOW_SPEAKS else None
    if conversation.status is ConversationStatus.HELD:
        state = conversation.hold_state
        flow = None if state is None else parts.flows.pinned(state.flow_hash)
    if state is None or flow is None:
        return None
    return standing(flow, structs.replace(state, channel=Channel.WEB))


def _turn_before(place: Place) -> Place:
    """Return the start of the turn before: its choices tell what a reply stood for."""
    return Place(place.started_at, place.conversation_id, place.turn_number - 1, 0)


def _messages(
    scene: _Scene, rows: Sequence[TalkRow], *, open_choices: bool
) -> list[tuple[Place, ChatMessage]]:
    """Return the texts that are shown; `open_choices` leaves those of the last one on it."""
    changed = _changeable_at(scene, rows)
    found: list[tuple[Place, ChatMessage]] = []
    offered: tuple[Choice, ...] = ()
    turn, names = ("", 0), _speakers(scene, rows)
    for row in rows:
        if row.direction not in SPOKEN:
            continue
        if (row.place.conversation_id, row.place.turn_number) != turn:
            before, offered = offered, ()
            turn = (row.place.conversation_id, row.place.turn_number)
        if row.direction == INBOUND:
            message = _from_patient(scene, row, before, changed.get(turn, UNSET))
        else:
            offered = _without_skip(row.choices)
            is_last = open_choices and row is rows[-1]
            message = _from_us(row, offered if is_last else (), names.get(turn))
        if message.text.strip():
            found.append((row.place, message))
    return found


def _from_patient(
    scene: _Scene, row: TalkRow, offered: tuple[Choice, ...], link_id: str | UnsetType
) -> ChatMessage:
    is_change = row.kind == CHANGE
    language = scene.conversation.language
    return ChatMessage(
        id=row.id,
        sender="patient",
        text=wish_to_change(scene.flow, row.text, language) if is_change else row.text,
        at=row.at,
        client_id=client_id_of(row.provider_key) or UNSET,
        link_id=link_id,
        shown=UNSET if is_change else _in_words(row.text, offered),
    )


def _from_us(row: TalkRow, choices: tuple[Choice, ...], name: str | None) -> ChatMessage:
    if row.kind == ReplyKind.CLINICIAN:
        return ChatMessage(row.id, "clinician", row.text, row.at, speaker=name or UNSET)
    said, kind = without_secrets(row.text), _KINDS.get(row.kind, UNSET)
    return ChatMessage(row.id, "bot", said, row.at, choices, kind=kind)


def _in_words(text: str, offered: tuple[Choice, ...]) -> str | UnsetType:
    """Return the labels of the choices that a text sends, unless it says them itself."""
    labels = {choice.value: choice.label for choice in offered}
    picked = [text] if text in labels else text.split(", ")
    if not all(value in labels for value in picked):
        return UNSET
    words = ", ".join(labels[value] for value in picked)
    return UNSET if words == text else words


def _without_skip(choices: tuple[Choice, ...]) -> tuple[Choice, ...]:
    """Return choices without the offer to skip, which stands beside them on a page."""
    known = phrases()
    words = {known.text("skip", language, Channel.WEB) for language in known.languages}
    return tuple(choice for choice in choices if choice.value not in words)


def _changeable_at(scene: _Scene, rows: Sequence[TalkRow]) -> dict[tuple[str, int], str]:
    """Return (conversation, turn) -> the question answered in it, where it can be changed."""
    here, flow = scene.conversation.id, scene.flow
    turns = [row.place.turn_number for row in rows if row.place.conversation_id == here]
    if flow is None or not turns:
        return {}
    found = {}
    for turn, link_ids in answered_at(scene.connection, here, min(turns)).items():
        own = next((link_id for link_id in link_ids if changeable(flow, link_id)), None)
        if own is not None:
            found[here, turn] = own
    return found


def _speakers(scene: _Scene, rows: Sequence[TalkRow]) -> dict[tuple[str, int], str]:
    """Return (conversation, turn) -> the name of the clinician whose step it is.

    The entry of a step holds the clinician's id; patients see the name alone.
    """
    entries = {
        (row.place.conversation_id, row.place.turn_number): row.text
        for row in rows
        if row.direction == CLINICIAN
    }
    names = names_of(scene.connection, set(entries.values()))
    return {turn: names[by] for turn, by in entries.items() if by in names}


def _view(
    scene: _Scene, messages: tuple[ChatMessage, ...], card: EmergencyCard | None
) -> ChatView:
    conversation, now = scene.conversation, scene.open
    is_human = conversation.status is ConversationStatus.HUMAN
    is_flow = now is not None and conversation.status in FLOW_SPEAKS
    return ChatView(
        status=conversation.status,
        speaker=Speaker("clinician", _owner_name(scene)) if is_human else Speaker(),
        language=conversation.language,
        languages=scene.clinic.languages,
        language_commands=language_commands(scene.clinic),
        messages=messages,
        input=ChatInput() if now is None else input_of(now, conversation.language),
        progress=Progress(now.number - 1, now.about) if now and is_flow else None,
        summary=_summary(now),
        emergency=card,
    )


def _empty(clinic: Clinic) -> ChatView:
    """Return the view of a session whose first turn is not stored (yet)."""
    return ChatView(
        status=ConversationStatus.ACTIVE,
        speaker=Speaker(),
        language=clinic.languages[0],
        languages=clinic.languages,
        language_commands=language_commands(clinic),
        messages=(),
        input=ChatInput(),
    )


def _summary(now: Standing | None) -> tuple[SummaryRow, ...] | None:
    if now is None or now.summary is None:
        return None
    return tuple(SummaryRow(line.link_id, line.label, line.value) for line in now.summary)


def _card(scene: _Scene, turn: int | None) -> EmergencyCard | None:
    """Return the card for danger seen in this turn, or for as long as the conversation is held."""
    conversation = scene.conversation
    if turn is None and conversation.status is not ConversationStatus.HELD:
        return None
    danger = last_danger(scene.connection, conversation.id, turn_number=turn) or NOTHING_FOUND
    return emergency_card(scene.parts, scene.clinic, danger, conversation.language)


def _owner_name(scene: _Scene) -> str | None:
    if scene.conversation.status is not ConversationStatus.HUMAN:
        return None
    action = AuditAction.TAKE_OVER.value
    return owner_name(scene.connection, scene.conversation.id, action=action)
