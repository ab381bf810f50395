"""Checks of the texts of a flow file that types cannot express."""

from __future__ import annotations

from collections.abc import Set

from bot.core.errors import DefinitionError
from bot.flows.files import ModeText, Text
from bot.flows.phrases import placeholders


def checked(text: Text, languages: tuple[str, ...], path: str, allowed: Set[str]) -> Text:
    """Return `text` when it has every language and only `allowed` placeholders.

    Raises:
        DefinitionError: with the path of the language at fault.
    """
    for lang in languages:
        if lang not in text:
            raise DefinitionError(f"{path}.{lang}", "is missing")
    for lang, written in text.items():
        if lang not in languages:
            raise DefinitionError(f"{path}.{lang}", "is not a language of this flow")
        for mode, words in _modes(written):
            unknown = placeholders(words) - allowed
            if unknown:
                where = f"{path}.{lang}{mode}"
                named = ", ".join(f"{{{name}}}" for name in sorted(unknown))
                raise DefinitionError(where, f"placeholder {named} is not allowed here")
    return text


def _modes(written: str | ModeText) -> tuple[tuple[str, str], ...]:
    if isinstance(written, ModeText):
        return ((".sms", written.sms), (".web", written.web))
    return (("", written),)
