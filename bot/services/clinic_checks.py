"""What a clinic's file must say to be applied. Every fault names the path to it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit
from zoneinfo import available_timezones

import msgspec
import phonenumbers
import yaml

from bot.conversation.timers import HOURS_APART, MOST_REMINDERS
from bot.core.clinic import Clinic, OpeningHours
from bot.core.contact_hours import DAYS
from bot.core.errors import DefinitionError
from bot.flows.model import Flow

Fault = tuple[str, str]
"""(path in the file, what is wrong there)."""

SLUG = re.compile(r"[a-z][a-z0-9-]{0,62}", re.ASCII)
TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]", re.ASCII)
STATE = re.compile(r"[A-Z]{2}-[A-Z0-9]{1,3}", re.ASCII)
SERVICE_SID = re.compile(r"MG[0-9a-f]{32}", re.ASCII)
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+", re.ASCII)
FASTEST = 1000
LONGEST_WAIT_HOURS = 24 * 60
LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost"})
_AT = re.compile(r" - at `\$\.?(.*)`$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a clinic's file is held against.

    `flow_of` raises DefinitionError for a flow that cannot be loaded. `states` are the ISO 3166-2
    codes known per country; a country without an entry is checked for form only.
    """

    region_of: Callable[[str], str]
    flow_of: Callable[[str], Flow]
    states: Mapping[str, frozenset[str]]


def read_clinic(source: str, surroundings: Surroundings) -> Clinic:
    """Return the clinic of a YAML file; raises DefinitionError naming the first fault."""
    try:
        clinic = msgspec.convert(yaml.load(source, Loader=yaml.CSafeLoader), Clinic)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}" if mark is not None else "file"
        raise DefinitionError(where, "is not readable YAML") from None
    except msgspec.ValidationError as error:
        message = str(error)
        found = _AT.search(message)
        path, problem = (found[1], message[: found.start()]) if found else ("file", message)
        raise DefinitionError(path or "file", problem) from None
    for path, problem in faults(clinic, surroundings):
        raise DefinitionError(path, problem)
    return clinic


def faults(clinic: Clinic, surroundings: Surroundings) -> Iterator[Fault]:
    """Yield everything that is wrong with a clinic."""
    yield from _names(clinic)
    yield from _numbers(clinic)
    yield from _rates(clinic)
    yield from _places(clinic, surroundings)
    yield from _hours("hours", clinic.hours)
    yield from _hours("contact_hours", clinic.contact_hours)
    yield from _silence(clinic)
    yield from _staff(clinic)
    yield from _web(clinic)
    yield from _webhook(clinic)
    yield from _flow(clinic, surroundings)


def _names(clinic: Clinic) -> Iterator[Fault]:
    if not SLUG.fullmatch(clinic.id):
        yield "id", "must be lower-case letters, digits and hyphens, such as `demo`"
    if not clinic.name.strip():
        yield "name", "must not be empty"
    if clinic.time_zone not in available_timezones():
        yield "time_zone", "must be an IANA time zone, such as America/New_York"


def _numbers(clinic: Clinic) -> Iterator[Fault]:
    if not _is_e164(clinic.phone):
        yield "phone", _E164
    if not clinic.sms_numbers:
        yield "sms_numbers", "must name at least one number"
    for index, number in enumerate(clinic.sms_numbers):
        if not _is_e164(number):
            yield f"sms_numbers[{index}]", _E164
        if number in clinic.sms_numbers[:index]:
            yield f"sms_numbers[{index}]", "is listed twice"
    for index, sid in enumerate(clinic.messaging_service_sids):
        if not SERVICE_SID.fullmatch(sid):
            yield f"messaging_service_sids[{index}]", "must be MG and 32 hexadecimal digits"


def _rates(clinic: Clinic) -> Iterator[Fault]:
    for name in ("segments_per_second", "total_segments_per_second"):
        rate = getattr(clinic, name)
        if rate is not None and not 0 < rate <= FASTEST:
            yield name, f"must be more than 0 and at most {FASTEST} segments per second"


def _places(clinic: Clinic, surroundings: Surroundings) -> Iterator[Fault]:
    if surroundings.region_of(clinic.region) != clinic.region:
        yield "region", "has no emergency resources on record"
    if not clinic.licensed_states:
        yield "licensed_states", "must name at least one state"
    for index, state in enumerate(clinic.licensed_states):
        known = surroundings.states.get(state.partition("-")[0])
        if not STATE.fullmatch(state) or (known is not None and state not in known):
            yield f"licensed_states[{index}]", "must be an ISO 3166-2 code, such as US-CA"


def _hours(name: str, hours: tuple[OpeningHours, ...]) -> Iterator[Fault]:
    for index, entry in enumerate(hours):
        path = f"{name}[{index}]"
        if entry.day not in DAYS:
            yield f"{path}.day", f"must be one of {', '.join(DAYS)}"
        for border in ("opens", "closes"):
            if not TIME.fullmatch(getattr(entry, border)):
                yield f"{path}.{border}", "must be a time of day as HH:MM"
        if entry.closes <= entry.opens:
            yield f"{path}.closes", "must be later than `opens`"


def _silence(clinic: Clinic) -> Iterator[Fault]:
    """Reminders come in order, apart from each other and from the end of waiting."""
    if len(clinic.reminders) > MOST_REMINDERS:
        yield "reminders", f"must be at most {MOST_REMINDERS}"
    earliest = 1
    for index, reminder in enumerate(clinic.reminders):
        if reminder.after_hours < earliest:
            yield f"reminders[{index}].after_hours", f"must be {earliest} or more"
        earliest = reminder.after_hours + HOURS_APART
    for name in ("expires_after_hours", "pause_expires_after_hours"):
        if not earliest <= getattr(clinic, name) <= LONGEST_WAIT_HOURS:
            yield name, f"must be from {earliest} to {LONGEST_WAIT_HOURS}"


def _staff(clinic: Clinic) -> Iterator[Fault]:
    for index, person in enumerate(clinic.on_call):
        path = f"on_call[{index}]"
        if person.phone is None and person.email is None:
            yield path, "needs a phone or an email to be paged at"
        if person.phone is not None and not _is_e164(person.phone):
            yield f"{path}.phone", _E164
        if person.email is not None and not EMAIL.fullmatch(person.email):
            yield f"{path}.email", "is not an e-mail address"


def _web(clinic: Clinic) -> Iterator[Fault]:
    for index, origin in enumerate(clinic.chat_origins):
        parts = urlsplit(origin)
        is_bare = origin == f"{parts.scheme}://{parts.netloc}" and parts.hostname is not None
        is_safe = parts.scheme == "https" or parts.hostname in LOCAL_HOSTS
        if not is_bare or not is_safe or parts.username is not None:
            yield f"chat_origins[{index}]", "must be https:// and a host, without a path"
    for language in clinic.chat_greeting:
        if language not in clinic.languages:
            yield f"chat_greeting.{language}", "is not one of the clinic's languages"


def _webhook(clinic: Clinic) -> Iterator[Fault]:
    if clinic.webhook_url is None:
        return
    parts = urlsplit(clinic.webhook_url)
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOCAL_HOSTS)
    has_more = parts.username is not None or parts.fragment or "#" in clinic.webhook_url
    if not is_safe or not parts.hostname or has_more:
        yield "webhook_url", "must be an https:// address without a login or fragment"


def _flow(clinic: Clinic, surroundings: Surroundings) -> Iterator[Fault]:
    if not clinic.languages:
        yield "languages", "must name at least one language"
    try:
        flow = surroundings.flow_of(clinic.flow)
    except DefinitionError as error:
        yield "flow", f"cannot be used: {error}"
        return
    for index, language in enumerate(clinic.languages):
        if language not in flow.languages:
            known = ", ".join(flow.languages)
            yield f"languages[{index}]", f"the flow {flow.id} speaks only {known}"


_E164 = "must be a number in E.164 form, such as +15005550006"


def _is_e164(number: str) -> bool:
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return False
    written = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return written == number and phonenumbers.is_possible_number(parsed)
