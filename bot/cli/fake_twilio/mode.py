"""How the fake behaves at the moment; changed over HTTP while it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Any


class Mood(StrEnum):
    """What happens to a request that would make a text or a call."""

    WELL = "well"
    BUSY = "busy"
    BROKEN = "broken"
    BROKEN_AFTER = "broken-after"
    HANGING = "hanging"
    DEAF = "deaf"
    SLOW = "slow"


class Order(StrEnum):
    """In which order a text's callbacks come."""

    FORWARD = "forward"
    BACKWARD = "backward"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a text that was accepted ends: a final status, and Twilio's error code if it failed."""

    status: str = "delivered"
    error_code: int | None = None


@dataclass(frozen=True, slots=True)
class Mode:
    """The mood, and what differs by number, in lists and in callbacks.

    BUSY answers 429 and BROKEN 500, both accepting nothing; BROKEN_AFTER accepts, and answers 500.
    HANGING accepts nothing and is silent for `seconds`; DEAF accepts and closes the connection
    without a word; SLOW accepts, and answers after `seconds`. A `share` below 1 lets the others of
    every so many requests find it well. `refuses` gives numbers the code they are refused with,
    `outcomes` how texts to a number end. Lists do not show what is younger than
    `list_lag_seconds`, and have a `list_mood` of their own (BUSY, BROKEN and HANGING count). Each
    callback comes `callback_copies` times (0: none at all), `callback_seconds` after the one
    before.
    """

    mood: Mood = Mood.WELL
    share: float = 1.0
    seconds: float = 30.0
    refuses: Mapping[str, int] = field(default_factory=dict)
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    list_lag_seconds: float = 0.0
    list_mood: Mood = Mood.WELL
    callback_copies: int = 1
    callback_order: Order = Order.FORWARD
    callback_seconds: float = 0.0


def changed(mode: Mode, wanted: Sequence[tuple[str, str]]) -> Mode:
    """Return the mode with these fields set; what is not named stays.

    A number of `refuses` is written `+15005550001:21610`, of `outcomes`
    `+15005550001:undelivered:30005`; an empty value forgets all of them, several name several.
    Raises ValueError for a name or a value that is none.
    """
    values: dict[str, Any] = {}
    for name, text in wanted:
        if name not in _READERS:
            raise ValueError(name)
        read = _READERS[name](text)
        is_table = isinstance(read, dict)
        values[name] = values.get(name, {}) | read if is_table else read
    return replace(mode, **values)


def described(mode: Mode) -> dict[str, Any]:
    """Return the mode as plain values, in the spelling that `changed` reads."""
    shown = {each.name: getattr(mode, each.name) for each in fields(mode)}
    shown["refuses"] = [f"{number}:{code}" for number, code in mode.refuses.items()]
    shown["outcomes"] = [
        f"{number}:{end.status}:{end.error_code or ''}" for number, end in mode.outcomes.items()
    ]
    return shown


def _refuses(text: str) -> dict[str, int]:
    number, _, code = text.partition(":")
    return {number: int(code)} if text else {}


def _outcomes(text: str) -> dict[str, Outcome]:
    number, _, rest = text.partition(":")
    status, _, code = rest.partition(":")
    return {number: Outcome(status, int(code) if code else None)} if text else {}


_READERS: dict[str, Callable[[str], Any]] = {
    "mood": Mood,
    "share": float,
    "seconds": float,
    "refuses": _refuses,
    "outcomes": _outcomes,
    "list_lag_seconds": float,
    "list_mood": Mood,
    "callback_copies": int,
    "callback_order": Order,
    "callback_seconds": float,
}
