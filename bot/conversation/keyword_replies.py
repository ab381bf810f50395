"""What STOP, START and HELP do. They are the patient's right, whatever the flow is asking."""

from __future__ import annotations

from collections.abc import Callable

from bot.conversation import screening
from bot.conversation.draft import Draft
from bot.conversation.keywords import KeywordKind
from bot.conversation.model import OptOutChanged, PageRequested, ReplyKind
from bot.core.decisions import Priority
from bot.core.messages import Channel
from bot.flows import Flow
from bot.rules.emergency import help_line, stop_line


def obey_keyword(draft: Draft, flow: Flow | None) -> bool:
    """Act on a text that is a keyword as a whole; false if it is none. SMS only."""
    if draft.message.channel is not Channel.SMS:
        return False
    opted_out = draft.conversation.opted_out
    keyword = draft.room.keywords.read(draft.message, opted_out=opted_out)
    if keyword is None:
        return False
    draft.facts["keyword"] = keyword.kind.value
    _KEYWORDS[keyword.kind](draft, flow, answered=keyword.answered)
    return True


def _stop(draft: Draft, flow: Flow | None, *, answered: bool) -> None:
    """Honour it at once; if somebody is at risk and can no longer be texted, page a human."""
    already = draft.conversation.opted_out
    draft.become(opted_out=True)
    if not already:
        draft.note(OptOutChanged(opted_out=True, source="keyword"))
        if draft.conversation.risk_open:
            draft.ask_clinician("opted-out-at-risk", Priority.STAT)
            draft.note(PageRequested("opted-out-at-risk", Priority.STAT))
    if not answered and not already:
        draft.say(_line(draft, stop_line), ReplyKind.NOTICE)


def _start(draft: Draft, flow: Flow | None, *, answered: bool) -> None:
    """Let texts flow again; never taken as consent to anything or as an answer."""
    if draft.conversation.opted_out:
        draft.become(opted_out=False)
        draft.note(OptOutChanged(opted_out=False, source="keyword"))
        if not answered:
            draft.say_phrase("started")
    if flow is not None and draft.flow_speaks:
        screening.ask_again(draft, flow)


def _help(draft: Draft, flow: Flow | None, *, answered: bool) -> None:
    if not answered:
        draft.say(_line(draft, help_line), ReplyKind.NOTICE)


_KEYWORDS: dict[KeywordKind, Callable[..., None]] = {
    KeywordKind.STOP: _stop,
    KeywordKind.START: _start,
    KeywordKind.HELP: _help,
}


def _line(draft: Draft, line: Callable[..., str]) -> str:
    clinic = draft.room.clinic
    return line(
        draft.room.resources,
        region=clinic.region,
        language=draft.conversation.language,
        clinic_name=clinic.name,
        clinic_phone=clinic.phone,
    )
