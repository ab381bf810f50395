"""The one tree of errors.

PorchlightError
├── CallerError            the request, command or file is wrong; the caller can mend it
│   ├── InvalidField       names the field and the remedy
│   ├── NotFound           no such thing, or not yours: the two look the same on purpose
│   ├── IdTaken            the message's id was used for another message
│   ├── SessionOver        the session's token is unknown, was ended, or is too old
│   ├── TooMany            a budget is spent; says after how long to try again
│   ├── Refused            the signature, token or permission does not hold
│   └── IllegalTransition  the thing exists but is not in a state that allows this
├── DefinitionError        a flow, rule, instrument or clinic file is wrong; names the path
├── SettingsError          a setting is missing or unreadable; names it
├── IncompleteAnswers      a score was asked for while items are missing; names each link_id
└── Unavailable            something we depend on did not answer in time
    ├── StoreUnavailable   the database
    └── ProviderFailure    Twilio, SMTP …; says whether a retry may help

Texts of these errors carry ids and field names only, never what a patient wrote.
"""

from __future__ import annotations

from collections.abc import Sequence


class PorchlightError(Exception):
    """Root of every error that Porchlight raises on purpose."""


class CallerError(PorchlightError):
    """The caller's mistake; nothing was changed."""


class InvalidField(CallerError):
    """A field of the input is unusable."""

    def __init__(self, field: str, problem: str, remedy: str) -> None:
        """Name the `field`, say the `problem` without quoting its value, and the `remedy`."""
        super().__init__(f"{field}: {problem}; {remedy}")
        self.field = field
        self.problem = problem
        self.remedy = remedy


class NotFound(CallerError):
    """There is no such thing, or the caller may not see it."""


class Refused(CallerError):
    """The caller is not who it must be."""


class IdTaken(CallerError):
    """A message's id was used for another message; each needs its own."""


class SessionOver(CallerError):
    """The session is unknown, was ended, or is too old: a new one must be begun."""


class TooMany(CallerError):
    """A budget is spent. `seconds` is how long to wait before trying again."""

    def __init__(self, what: str, *, seconds: int) -> None:
        """Name the budget and the wait."""
        super().__init__(f"{what}: too many, wait {seconds} seconds")
        self.seconds = seconds


class IllegalTransition(CallerError):
    """The thing is not in a state that allows the change; it was left as it was."""


class DefinitionError(PorchlightError):
    """A definition file is wrong; `path` leads to the fault: `nodes[3].choices[0].label.es`."""

    def __init__(self, path: str, problem: str) -> None:
        """Name the `path` to the fault and the `problem`."""
        super().__init__(f"{path}: {problem}")
        self.path = path
        self.problem = problem


class SettingsError(PorchlightError):
    """A setting is missing or unreadable; `names` lists every one at fault."""

    def __init__(self, names: Sequence[str], problem: str) -> None:
        """Name the settings and the problem, never their values."""
        super().__init__(f"{', '.join(names)}: {problem}")
        self.names = tuple(names)


class IncompleteAnswers(PorchlightError):
    """An instrument has no score while items are missing."""

    def __init__(self, instrument: str, missing: Sequence[str]) -> None:
        """Name the instrument and each missing link_id."""
        super().__init__(f"{instrument}: no score, missing {', '.join(missing)}")
        self.instrument = instrument
        self.missing = tuple(missing)


class Unavailable(PorchlightError):
    """Something we depend on did not answer."""


class StoreUnavailable(Unavailable):
    """The database did not answer in time, refused, or could not write."""


class ProviderFailure(Unavailable):
    """A provider did not take what we sent."""

    def __init__(self, provider: str, code: str, *, retryable: bool) -> None:
        """Name the provider and its error code; say whether trying again may help."""
        super().__init__(f"{provider}: {code}")
        self.provider = provider
        self.code = code
        self.retryable = retryable
