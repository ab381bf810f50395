"""What the chat shows, as JSON has it: the conversation, the open question, the emergency card."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType, structs

from bot.conversation.model import ConversationStatus, ReplyKind
from bot.core.clinic import Clinic
from bot.core.findings import Finding
from bot.core.messages import Channel, Choice, InboundMessage
from bot.flows.phrases import phrases
from bot.flows.standing import InputKind, Standing
from bot.rules.emergency import ResourceLink, emergency_answer
from bot.rules.last_resort import static_emergency_text
from bot.services.emergency import spoken_language
from bot.services.parts import Parts

_LINK_SECRET = re.compile(r"(/c/)[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])")

UNSTORED = "unstored-"
"""Begins the ids of messages that are not stored yet; they are gone at the next look."""


class ChatMessage(Struct, frozen=True, rename={"sender": "from"}):
    """One text. `shown` is what a choice that was sent stands for; other fields as in docs."""

    id: str
    sender: Literal["bot", "patient", "clinician"]
    text: str
    at: datetime
    choices: tuple[Choice, ...] = ()
    client_id: str | UnsetType = UNSET
    link_id: str | UnsetType = UNSET
    shown: str | UnsetType = UNSET
    kind: ReplyKind | UnsetType = UNSET
    speaker: str | UnsetType = UNSET


class Speaker(Struct, frozen=True):
    """Who answers: `bot`, or `clinician` with the name patients may know."""

    kind: Literal["bot", "clinician"] = "bot"
    name: str | None = None


class ChatInput(Struct, frozen=True):
    """How to ask for the open question; `skip` and `back` are the texts that do so."""

    kind: InputKind = "text"
    link_id: str | None = None
    choices: tuple[Choice, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    unit: str | None = None
    is_past: bool = False
    can_skip: bool = False
    skip: str | None = None
    can_go_back: bool = False
    back: str | None = None


class Progress(Struct, frozen=True):
    """Questions answered, and about how many there are in all."""

    answered: int
    of_about: int


class SummaryRow(Struct, frozen=True):
    """One line of the summary; `link_id` is what `change` takes."""

    link_id: str
    label: str
    value: str


class EmergencyCard(Struct, frozen=True):
    """What to say and whom to reach in an emergency."""

    texts: tuple[str, ...]
    links: tuple[ResourceLink, ...]


class ChatView(Struct, frozen=True):
    """The chat as a page shows it."""

    status: ConversationStatus
    speaker: Speaker
    language: str
    languages: tuple[str, ...]
    language_commands: dict[str, str]
    messages: tuple[ChatMessage, ...]
    input: ChatInput
    progress: Progress | None = None
    summary: tuple[SummaryRow, ...] | None = None
    emergency: EmergencyCard | None = None
    is_stored: bool = True


class OpenedAnswer(ChatView, frozen=True, kw_only=True):
    """A new session: its token, shown this once, and the chat."""

    token: str
    expires_at: datetime


class ClinicShown(Struct, frozen=True):
    """What a page may know of a clinic. `storage` is where it keeps the token."""

    id: str
    name: str
    phone: str
    languages: tuple[str, ...]
    region: str
    storage: Literal["session", "memory"]


class ClinicAnswer(Struct, frozen=True):
    """A clinic, and its greeting by language if it has one."""

    clinic: ClinicShown
    greeting: Mapping[str, str] | UnsetType = UNSET


class ChatError(Struct, frozen=True):
    """Why a request was refused; `emergency` is there whenever its text shows danger."""

    code: int
    status: str
    message: str
    errors: Any = UNSET
    emergency: EmergencyCard | UnsetType = UNSET


def without_secrets(text: str) -> str:
    """Return a text as a page shows it: what a link opens with was for one phone alone."""
    return _LINK_SECRET.sub(r"\1…", text)


def language_commands(clinic: Clinic) -> dict[str, str]:
    """Return, by language, the text that switches to it."""
    return {
        language: phrases().text("language_name", language, Channel.WEB)
        for language in clinic.languages
    }


def input_of(standing: Standing, language: str) -> ChatInput:
    """Return how a page asks for what is open."""
    shown = ChatInput(
        kind=standing.kind,
        choices=standing.choices,
        can_skip=standing.skip is not None,
        skip=standing.skip,
        can_go_back=standing.back is not None,
        back=standing.back,
    )
    question = standing.question
    if question is None:
        return shown
    unit = phrases().text(f"unit_{question.unit.value}", language, Channel.WEB)
    return structs.replace(
        shown,
        link_id=question.link_id,
        minimum=question.minimum,
        maximum=question.maximum,
        unit=unit or None,
        is_past=question.past,
    )


def emergency_card(parts: Parts, clinic: Clinic, finding: Finding, language: str) -> EmergencyCard:
    """Return the resources for what was found, from memory."""
    answer = emergency_answer(
        parts.resources,
        finding,
        region=clinic.region,
        language=language,
        channel=Channel.WEB,
        clinic_phone=clinic.phone,
    )
    return EmergencyCard(answer.texts, answer.links)


def card_for_anybody() -> EmergencyCard:
    """Return what helps where not even the clinic is known."""
    return EmergencyCard((static_emergency_text(),), ())


def view_from_memory(
    parts: Parts,
    clinic: Clinic,
    message: InboundMessage,
    finding: Finding,
    texts: tuple[str, ...],
) -> ChatView:
    """Return the view of a message that is not stored, or whose turn cannot be read just now."""
    language = spoken_language(parts, finding, clinic, message)
    now, ids = parts.now(), f"{UNSTORED}{message.provider_id}"
    said: tuple[ChatMessage, ...] = ()
    if message.text.strip():
        said = (ChatMessage(ids, "patient", message.text, now, client_id=message.provider_id),)
    kind = ReplyKind.CRISIS if finding.fires else ReplyKind.NOTICE
    answers = texts or (_kept(parts, clinic, language),)
    replies = (
        ChatMessage(f"{ids}-{number}", "bot", text, now, kind=kind)
        for number, text in enumerate(answers, 1)
    )
    status = ConversationStatus.HELD if finding.fires else ConversationStatus.ACTIVE
    return ChatView(
        status=status,
        speaker=Speaker(),
        language=language,
        languages=clinic.languages,
        language_commands=language_commands(clinic),
        messages=(*said, *replies),
        input=ChatInput(),
        emergency=emergency_card(parts, clinic, finding, language) if finding.fires else None,
        is_stored=False,
    )


def _kept(parts: Parts, clinic: Clinic, language: str) -> str:
    """Return what is said of a message that waits on disk."""
    known = parts.resources.languages_of(language)[0]
    region = parts.resources.region_of(clinic.region)
    words = {
        **parts.resources.words[region][known],
        "clinic_name": clinic.name,
        "clinic_phone": clinic.phone,
    }
    return parts.phrases.text("kept", language, Channel.WEB, words)
