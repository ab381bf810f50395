"""What must work when nothing else does: screening a message, and emergency texts from memory."""

from __future__ import annotations

import logging

from bot.core.clinic import Clinic
from bot.core.errors import StoreUnavailable
from bot.core.findings import NOTHING_FOUND, Finding, worse_of
from bot.core.messages import Channel, InboundMessage
from bot.rules.emergency import ResourceLink, emergency_answer
from bot.rules.last_resort import static_emergency_text
from bot.services.parts import Parts

LINKS_SHOWN = 4
"""On every page: the emergency number, the first lines to call and text, and the clinic last."""

log = logging.getLogger(__name__)


def screen(parts: Parts, message: InboundMessage) -> Finding:
    """Return what the crisis rules see in the message alone: no lookup, nothing that can fail."""
    finding = NOTHING_FOUND
    for text in (message.text, *message.further_texts):
        finding = worse_of(finding, parts.detector.screen(text))
    return finding


def emergency_texts(
    parts: Parts, finding: Finding, clinic: Clinic, message: InboundMessage
) -> tuple[str, ...]:
    """Return emergency resources from memory, in the language of the message. Never raises."""
    try:
        return emergency_answer(
            parts.resources,
            finding,
            region=clinic.region,
            language=spoken_language(parts, finding, clinic, message),
            channel=message.channel,
            clinic_phone=clinic.phone,
        ).texts
    except Exception:
        log.exception("emergency_answer_failed", extra={"clinic_id": clinic.id})
        return (static_emergency_text(clinic.region),)


def emergency_links(parts: Parts, clinic_id: str, language: str) -> tuple[ResourceLink, ...]:
    """Return what a page shows all the time: call, text and chat links of the clinic's region.

    Never raises: without the store it is what helps anywhere.
    """
    try:
        clinic = parts.clinics.of(clinic_id)
    except StoreUnavailable:
        clinic = None
    links = emergency_answer(
        parts.resources,
        NOTHING_FOUND,
        region=clinic.region if clinic else "",
        language=language,
        channel=Channel.WEB,
        clinic_phone=clinic.phone if clinic else "",
    ).links
    return links if len(links) <= LINKS_SHOWN else (*links[: LINKS_SHOWN - 1], links[-1])


def spoken_language(
    parts: Parts, finding: Finding, clinic: Clinic, message: InboundMessage
) -> str:
    """Return the language of the rule that fired first (`es.…`), else what the words tell.

    Without the store nobody knows which language the conversation is in.
    """
    for hit in finding.rules:
        prefix = hit.id.partition(".")[0]
        if prefix in clinic.languages:
            return prefix
    return parts.keywords.language_of(message.text, clinic.languages)
