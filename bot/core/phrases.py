"""Texts for people, read from a definition file: per language, short for SMS and full for web.

A file maps a key to `{en: "…" | {sms: "…", web: "…"}, es: …}`. Placeholders in braces are filled
by the caller; which ones a file may use is checked when it is loaded.
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from bot.core.errors import DefinitionError
from bot.core.messages import Channel

_FORMATTER = string.Formatter()


@dataclass(frozen=True, slots=True)
class Phrases:
    """Every phrase of one file, by (key, language, channel). `languages` are all complete."""

    languages: tuple[str, ...]
    texts: Mapping[tuple[str, str, Channel], str]

    def text(self, key: str, language: str, channel: Channel, words: Mapping[str, str]) -> str:
        """Return one phrase with its placeholders filled from `words`.

        A language the file does not have gives the first one: a text in another language is
        better than none. Raises KeyError for an unknown key: a fault of the code, not of data.
        """
        if language not in self.languages:
            language = self.languages[0]
        return self.texts[key, language, channel].format_map(words)


def load_phrases(source: str, *, path: str, placeholders: frozenset[str]) -> Phrases:
    """Return the phrases of a YAML file; every key must have every language and mode.

    Raises DefinitionError with the path of the fault, e.g. `phrases.yaml: held.es.sms`.
    """
    raw = yaml.load(source, Loader=yaml.CSafeLoader)
    if not isinstance(raw, dict) or not raw:
        raise DefinitionError(path, "must map phrase keys to texts per language")
    languages = tuple(next(iter(raw.values())))
    texts: dict[tuple[str, str, Channel], str] = {}
    for key, per_language in raw.items():
        for language in languages:
            where = f"{path}: {key}.{language}"
            for channel, text in _modes(per_language, language, where).items():
                _check_placeholders(text, placeholders, where)
                texts[key, language, channel] = text
    return Phrases(languages, texts)


def _modes(per_language: Any, language: str, where: str) -> dict[Channel, str]:
    value = per_language.get(language) if isinstance(per_language, dict) else None
    if isinstance(value, str):
        return dict.fromkeys(Channel, value.strip())
    if isinstance(value, dict) and set(value) == {c.value for c in Channel}:
        return {channel: str(value[channel.value]).strip() for channel in Channel}
    raise DefinitionError(where, "must be a text, or a text for each of sms and web")


def _check_placeholders(text: str, placeholders: frozenset[str], where: str) -> None:
    names = {name for _, name, _, _ in _FORMATTER.parse(text) if name is not None}
    unknown = names - placeholders
    if unknown:
        raise DefinitionError(where, f"unknown placeholder {sorted(unknown)[0]!r}")
