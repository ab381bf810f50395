"""The clinic: whose door this is. A clinic is data, validated when it is applied."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from bot.core.messages import Channel


class OpeningHours(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Local opening hours of one weekday: `opens` and `closes` as HH:MM, closes after opens."""

    day: str
    opens: str
    closes: str


class Reminder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One reminder to a patient who fell silent, whole hours after the last message."""

    after_hours: int


class OnCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One person to page, in order of the list; at least one of phone (E.164) and e-mail."""

    name: str
    phone: str | None = None
    email: str | None = None


class Clinic(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One tenant of the deployment.

    `id` is a short slug. `phone` is shown to patients for calls; `sms_numbers` (E.164) are the
    numbers texted, and tell the clinics of one deployment apart. `region` is the ISO 3166 country
    whose emergency resources apply. `licensed_states` are ISO 3166-2 codes such as US-CA.
    `languages` are in order of preference; the first is the default. `flow` names the flow that
    greets a new patient. `chat_origins` are the web origins that may embed the chat;
    `chat_storage` is where the chat keeps its token in the browser: `session` survives a reload,
    `memory` leaves nothing behind. `chat_greeting` is said beside the button, by language.
    `segments_per_second` is the pace of routine texts from each of its numbers (what carriers
    allow a long code is the default), `total_segments_per_second` that of all of them together,
    if there is to be a limit. Pages and emergency texts keep to neither.
    `webhook_url` is where the clinic's own system is told of requests and alerts.

    `reminders` (at most two, in order; none unless given) are sent within `contact_hours`, or
    within `hours` where those are not given; a silent conversation is given up after
    `expires_after_hours`, one that the patient paused after `pause_expires_after_hours`.
    """

    id: str
    name: str
    time_zone: str
    phone: str
    sms_numbers: tuple[str, ...]
    region: str
    languages: tuple[str, ...]
    licensed_states: tuple[str, ...]
    flow: str
    hours: tuple[OpeningHours, ...] = ()
    chat_origins: tuple[str, ...] = ()
    on_call: tuple[OnCall, ...] = ()
    messaging_service_sids: tuple[str, ...] = ()
    segments_per_second: float = 1.0
    total_segments_per_second: float | None = None
    webhook_url: str | None = None
    chat_storage: Literal["session", "memory"] = "session"
    chat_greeting: Mapping[str, str] = msgspec.field(default_factory=dict)
    contact_hours: tuple[OpeningHours, ...] = ()
    reminders: tuple[Reminder, ...] = ()
    expires_after_hours: int = 72
    pause_expires_after_hours: int = 336

    def answers_at(self, channel: Channel, address: str) -> bool:
        """Whether a message to `address` on `channel` is for this clinic."""
        return address in self.sms_numbers if channel is Channel.SMS else address == self.id
