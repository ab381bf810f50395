"""Ways out that lead nowhere: for the demo, and for what the operator has not set up."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.errors import ProviderFailure
from bot.delivery.senders import Letter


@dataclass(frozen=True, slots=True)
class KeptAtHome:
    """Takes every letter and sends nothing; the demo's way out. Its ids are shaped like SIDs."""

    def send(self, letter: Letter) -> str:
        """Return an id as if the letter had left."""
        return f"SM{letter.key}"


@dataclass(frozen=True, slots=True)
class NotSetUp:
    """Refuses every letter, since the setting that names the provider was not given."""

    provider: str

    def send(self, letter: Letter) -> str:
        """Raise ProviderFailure; trying again does not help."""
        raise ProviderFailure(self.provider, "not-set-up", retryable=False)
