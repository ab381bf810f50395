"""What delivering needs, built once by the app and handed in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from bot.core.clinic import Clinic
from bot.core.phrases import Phrases, load_phrases
from bot.delivery.senders import Sender, TextSender

DEFINITIONS = Path(__file__).parent / "definitions"


@dataclass(frozen=True, slots=True)
class DeliveryParts:
    """The ways out and where to look things up.

    `clinic_of` returns an applied clinic by id, None if there is none; `clinics` gives them all.
    `alert_link` returns the address at which an alert can be acknowledged without a login,
    `call_link` the one that hears which key was pressed in a call. `report` takes the name of a
    thing that happened and ids, for the log; never a text or a number of anybody. `replay` treats
    messages that were kept on disk while the database was away, `keep_time` fires due timers of
    silent conversations; both return how many there were.
    `reconcile` looks for inbound texts that the webhook never saw.
    `hands` is how many rows are delivered at once, so that a provider that hangs holds up few.
    """

    engine: Engine
    clinic_of: Callable[[str], Clinic | None]
    texts: TextSender
    letters: Sender
    calls: Sender
    webhooks: Sender
    pages: Phrases
    alert_link: Callable[[str], str]
    call_link: Callable[[str], str]
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    report: Callable[..., None]
    name: str
    replay: Callable[[], int] = int
    hands: int = 1
    keep_time: Callable[[], int] = int
    clinics: Callable[[], tuple[Clinic, ...]] = tuple
    reconcile: Callable[[], int] = int


def load_pages() -> Phrases:
    """Return the texts that staff are paged with. Raises DefinitionError."""
    path = DEFINITIONS / "pages.yaml"
    allowed = frozenset({"priority", "link", "code"})
    return load_phrases(path.read_text("utf-8"), path=path.name, placeholders=allowed)
