"""What a provider must do for us, and the three ways in which sending can end.

A send ends known to be taken (its id is returned), known to be refused (ProviderFailure), or
unknown (OutcomeUnknown): the request left and no answer came. Only the second may be tried again
without asking: creating a message at Twilio is not idempotent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection

from bot.core.errors import PorchlightError, ProviderFailure


@dataclass(frozen=True, slots=True)
class Letter:
    """One text or e-mail that leaves. `key` is our own id of it; `sender` may be empty.

    `part` counts the parts of a long text from 1; it is 0 for what leaves as one.
    """

    key: str
    to: str
    sender: str
    body: str
    subject: str = ""
    part: int = 0


class OutcomeUnknown(ProviderFailure):
    """The provider may or may not have taken it; nobody may send it again blindly."""

    def __init__(self, provider: str, code: str) -> None:
        """Name the provider and what went wrong; never retryable."""
        super().__init__(provider, code, retryable=False)


class Undeliverable(PorchlightError):
    """There is nobody to send it to (any more); `code` says why."""

    def __init__(self, code: str) -> None:
        """Name the reason."""
        super().__init__(code)
        self.code = code


class Sender(Protocol):
    """A way out."""

    def send(self, letter: Letter) -> str:
        """Hand the letter to the provider; return its id there.

        Raises ProviderFailure when it was refused, OutcomeUnknown when no answer came.
        """
        ...


class TextSender(Sender, Protocol):
    """A way out whose provider can be asked what it has taken."""

    def find(self, letter: Letter, *, since: datetime) -> tuple[str, ...]:
        """Return the ids of texts like this one that were taken about `since` or later.

        Oldest first; empty if the provider has none. Raises ProviderFailure if it cannot tell.
        """
        ...


def _let_leave(connection: Connection) -> None:
    """Nothing has to hold for it to leave."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A letter ready to leave, one of `parts`, and by which way.

    `check` is called in the transaction that marks it as being sent, and raises Undeliverable if
    it must not leave any more. `rates` are the paces that it has to keep to, in segments per
    second by name; none for what may not wait.
    """

    sender: Sender
    letter: Letter
    parts: int = 1
    check: Callable[[Connection], None] = _let_leave
    rates: Mapping[str, float] = field(default_factory=dict)
