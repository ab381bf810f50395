"""What is said when somebody is in danger: numbers first, at once, from memory.

What must stay true:
- No function here raises, whatever it is given. An unknown region gets no guessed number; an
  unknown language gets every language; a finding without category or subject gets the words for
  a suicidal patient.
- Every SMS text is exactly one GSM-7 segment.
- The emergency number stands first in the first text, then the line that fits the danger, then
  that no person writes; the second text says how to reach the clinic.

If even this cannot run (the definitions cannot be read), `static_emergency_text` still can.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.core.findings import Category, Finding, Subject
from bot.core.messages import Channel
from bot.rules.resources import DEFAULT, Resources
from bot.rules.resources_file import Resource
from bot.rules.speech import Speech
from bot.rules.wording import Wording

EMERGENCY = "emergency"
DIALLED = frozenset("0123456789+")
"""What a tel: link keeps of a phone number."""


@dataclass(frozen=True, slots=True)
class ResourceLink:
    """A link for the web: `href` is tel:, sms: or https:."""

    label: str
    href: str


@dataclass(frozen=True, slots=True)
class EmergencyAnswer:
    """`texts` in the order in which they are sent; `links` for the web, none for SMS."""

    texts: tuple[str, ...]
    links: tuple[ResourceLink, ...] = ()


def emergency_answer(
    resources: Resources,
    finding: Finding,
    *,
    region: str,
    language: str,
    channel: Channel,
    clinic_phone: str = "",
) -> EmergencyAnswer:
    """Return the first answer to a finding of tier crisis or emergency: what helps, the clinic."""
    parts = (
        _of(resources.answer[finding.subject or Subject.SELF], finding.category),
        _of(resources.clinic, finding.category),
    )
    speech = Speech(resources, region, language, channel, clinic_phone)
    return _answer(speech, parts, finding.category)


def emergency_reminder(
    resources: Resources,
    finding: Finding,
    *,
    region: str,
    language: str,
    channel: Channel,
    clinic_phone: str = "",
) -> EmergencyAnswer:
    """Return the short form for the second and every later answer in a row: one text."""
    part = _of(resources.again[finding.subject or Subject.SELF], finding.category)
    speech = Speech(resources, region, language, channel, clinic_phone)
    return _answer(speech, (part,), finding.category)


def check_in_line(
    resources: Resources, finding: Finding, *, region: str, language: str, channel: Channel
) -> str:
    """Return the one line that goes before the next question for a finding of tier check-in."""
    speech = Speech(resources, region, language, channel)
    return speech.say(_of(resources.check_in, finding.category))[0]


def help_line(
    resources: Resources, *, region: str, language: str, clinic_name: str, clinic_phone: str
) -> str:
    """Return the SMS answer to HELP: crisis lines first, then the clinic and STOP."""
    speech = Speech(resources, region, language, Channel.SMS, clinic_phone, clinic_name)
    return speech.say(resources.help)[0]


def stop_line(
    resources: Resources, *, region: str, language: str, clinic_name: str, clinic_phone: str
) -> str:
    """Return the SMS that confirms STOP, with the crisis lines; the last one that is sent."""
    speech = Speech(resources, region, language, Channel.SMS, clinic_phone, clinic_name)
    return speech.say(resources.stop)[0]


def _of(wordings: Mapping[str, Wording], category: Category | None) -> Wording:
    return wordings.get(category or DEFAULT) or wordings[DEFAULT]


def _answer(
    speech: Speech, parts: tuple[Wording, ...], category: Category | None
) -> EmergencyAnswer:
    texts = tuple(text for part in parts for text in speech.say(part))
    if speech.channel is Channel.SMS:
        return EmergencyAnswer(texts)
    return EmergencyAnswer(texts, tuple(_links(speech, category)))


def _links(speech: Speech, category: Category | None) -> Iterator[ResourceLink]:
    language = speech.languages[0]
    for resource in _serving(speech.resources, category, speech.region):
        for action in resource.actions:
            yield ResourceLink(action.label[language], action.href)
    if number := "".join(c for c in speech.clinic_phone if c in DIALLED):
        yield ResourceLink(speech.say(speech.resources.clinic_link)[0], f"tel:{number}")


def _serving(resources: Resources, category: Category | None, region: str) -> Iterator[Resource]:
    """Yield the emergency number, then the lines for the category; for medical danger no other."""
    code = resources.region_of(region)
    here = [entry for entry in resources.entries.values() if entry.region == code]
    yield from (entry for entry in here if EMERGENCY in entry.serves)
    need = category or Category.SUICIDE
    yield from (entry for entry in here if need in entry.serves)
