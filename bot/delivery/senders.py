"""What a provider must do for us, and the three ways in which sending can end.

A send ends known to be taken (its id is returned), known to be refused (ProviderFailure), or
unknown (OutcomeUnknown): the request left and no answer came. Only the second may be tried again
without asking: creating a message at Twilio is not idempotent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from bot.core.errors import ProviderFailure


@dataclass(frozen=True, slots=True)
class Letter:
    """One text or e-mail that leaves. `key` is our own id of it; `sender` may be empty."""

    key: str
    to: str
    sender: str
    body: str
    subject: str = ""


class OutcomeUnknown(ProviderFailure):
    """The provider may or may not have taken it; nobody may send it again blindly."""

    def __init__(self, provider: str, code: str) -> None:
        """Name the provider and what went wrong; never retryable."""
        super().__init__(provider, code, retryable=False)


class Sender(Protocol):
    """A way out."""

    def send(self, letter: Letter) -> str:
        """Hand the letter to the provider; return its id there.

        Raises ProviderFailure when it was refused, OutcomeUnknown when no answer came.
        """
        ...
