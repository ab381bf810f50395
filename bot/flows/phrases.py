"""What the engine says around a flow's questions, read once from `definitions/phrases.yaml`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import msgspec
import yaml

from bot.core.errors import DefinitionError
from bot.core.messages import Channel
from bot.core.segments import to_gsm7
from bot.flows.files import ModeText, Text
from bot.flows.model import Wording

DEFINITIONS = Path(__file__).parent / "definitions"

CLINIC_WORDS = frozenset({"clinic_name", "clinic_phone"})
LINK_WORD = "secure_link"
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}|[{}]")


class _Text(msgspec.Struct, frozen=True):
    """A spelling of `Text` that msgspec can convert to: empty strings are allowed here."""

    en: str | ModeText
    es: str | ModeText


class Phrases:
    """Every engine phrase in every language and mode. `languages` are those that all have."""

    languages = ("en", "es")

    def __init__(self, texts: Mapping[str, _Text]) -> None:
        self._texts = {
            (key, lang, channel): for_channel(getattr(text, lang), channel)
            for key, text in texts.items()
            for lang in self.languages
            for channel in Channel
        }

    def text(self, key: str, language: str, channel: Channel) -> str:
        """Return the phrase; in English when the flow speaks a language that phrases lack."""
        found = self._texts.get((key, language, channel))
        return self._texts[key, "en", channel] if found is None else found

    def words(self, key: str, language: str) -> tuple[str, ...]:
        """Return a phrase that lists words, parted by bars."""
        return tuple(self.text(key, language, Channel.WEB).split("|"))

    def keys(self) -> frozenset[str]:
        """Return the names of all phrases."""
        return frozenset(key for key, _, _ in self._texts)


@cache
def phrases() -> Phrases:
    """Return the phrases, read on the first call; load them before the first patient waits.

    Raises:
        DefinitionError: the file is unreadable or a phrase lacks a language.
    """
    path = DEFINITIONS / "phrases.yaml"
    parsed = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
    try:
        return Phrases(msgspec.convert(parsed, dict[str, _Text]))
    except msgspec.ValidationError as error:
        raise DefinitionError(path.name, str(error)) from error


def for_channel(text: str | ModeText, channel: Channel) -> str:
    """Return the text of one mode; for SMS, in the cheap alphabet wherever that is possible."""
    if channel is Channel.WEB:
        return text.web if isinstance(text, ModeText) else text
    return to_gsm7(text.sms if isinstance(text, ModeText) else text)


def wording(text: Text, languages: tuple[str, ...]) -> Wording:
    """Return `text` for every language and channel."""
    return {(lang, ch): for_channel(text[lang], ch) for lang in languages for ch in Channel}


def placeholders(text: str) -> frozenset[str]:
    """Return the names in braces; a brace that stands alone is the name ''."""
    return frozenset(match[1] or "" for match in _PLACEHOLDER.finditer(text))


def fill(text: str, words: Mapping[str, str]) -> str:
    """Put `words` in place of their placeholders; others, such as the link, stay."""
    if "{" in text:
        for name, word in words.items():
            text = text.replace(f"{{{name}}}", word)
    return text
