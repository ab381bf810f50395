"""What a turn is surrounded by: the clinic, the rules, the texts, and the sources of ids."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.conversation.keywords import Keywords
from bot.core.clinic import Clinic
from bot.core.decisions import Judge
from bot.core.phrases import Phrases
from bot.flows import Flow
from bot.rules.crisis import Detector
from bot.rules.resources import Resources

HOLD_FLOW = "suicide-screen"
"""The flow offered after crisis language, and the only one while a conversation is held."""

LINK_LIFETIME = timedelta(hours=24)
"""How long a secure web link may be opened; a fresh one is a text away."""

CONTEXT_WINDOW = timedelta(minutes=30)
"""How long an earlier text still counts when a danger sign is split over several."""

CONTEXT_TEXTS = 3
"""How many earlier texts are kept for that."""

PHRASE_PLACEHOLDERS = frozenset(
    {
        *("clinic_name", "clinic_phone", "emergency", "support", "Emergency", "Support"),
        *("clinician_name", "number", "about", "secure_link"),
    }
)


@dataclass(frozen=True, slots=True)
class Room:
    """Everything a turn may use besides the conversation and the message. All of it is pure.

    `judge` triages under this clinic's rules. `new_id` and `new_token` hand out ids and secrets.
    `hold_flow` is the suicide-risk screen offered while a conversation is held, if there is one.
    """

    clinic: Clinic
    detector: Detector
    resources: Resources
    judge: Judge
    phrases: Phrases
    keywords: Keywords
    new_id: Callable[[], str]
    new_token: Callable[[], str]
    public_url: str
    hold_flow: Flow | None = None

    def words(self, language: str) -> Mapping[str, str]:
        """Return what fills the placeholders of texts in `language`."""
        known = self.resources.languages_of(language)[0]
        region = self.resources.region_of(self.clinic.region)
        return {
            **self.resources.words[region][known],
            "clinic_name": self.clinic.name,
            "clinic_phone": self.clinic.phone,
        }

    def today(self, now: datetime) -> date:
        """Return the calendar day at the clinic; ages are counted at it."""
        return now.astimezone(ZoneInfo(self.clinic.time_zone)).date()
