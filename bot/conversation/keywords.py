"""Words that act outside any flow: STOP, START, HELP and their kin in every language.

Twilio acts on its own single words before we see them and answers them itself; such a message is
stored and never answered twice. Everything else a patient may reasonably say to be left alone is
honoured here.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import msgspec
import yaml

from bot.core.errors import DefinitionError
from bot.core.messages import InboundMessage, OptOutType

DEFINITIONS = Path(__file__).parent / "definitions"


class KeywordKind(Enum):
    """What a keyword asks for."""

    STOP = "stop"
    START = "start"
    HELP = "help"


class PageWish(Enum):
    """Where a patient who texts wants the questions: on the private web page, or by text."""

    LINK = "link"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Keyword:
    """A keyword that was read. `answered` says that the carrier has already replied to it."""

    kind: KeywordKind
    answered: bool


class _Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    carrier: tuple[str, ...]
    ours: tuple[str, ...]
    only_when_opted_out: tuple[str, ...] = ()


class _PageWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    link: tuple[str, ...]
    text: tuple[str, ...]


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    stop: _Words
    start: _Words
    help: _Words
    page: _PageWords
    languages: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Keywords:
    """Every keyword by its plain form, wishes about the page, and words that tell a language."""

    by_word: Mapping[str, Keyword]
    when_opted_out: Mapping[str, Keyword]
    language_of_word: Mapping[str, str]
    page_wishes: Mapping[str, PageWish]

    def read(self, message: InboundMessage, *, opted_out: bool) -> Keyword | None:
        """Return the keyword that the whole message is, or None."""
        if message.opt_out_type is not None:
            return Keyword(_KIND_OF_TYPE[message.opt_out_type], answered=True)
        word = plain_form(message.text)
        if opted_out and word in self.when_opted_out:
            return self.when_opted_out[word]
        return self.by_word.get(word)

    def page_wish(self, text: str) -> PageWish | None:
        """Return where the whole message asks to be asked; None if it asks for nothing of it."""
        return self.page_wishes.get(plain_form(text))

    def language_of(self, text: str, supported: tuple[str, ...]) -> str:
        """Return the language of a first message: the first word that tells, else the default."""
        for word in plain_form(text[:400]).split():
            language = self.language_of_word.get(word)
            if language in supported:
                return language
        return supported[0]


_KIND_OF_TYPE = {
    OptOutType.STOP: KeywordKind.STOP,
    OptOutType.START: KeywordKind.START,
    OptOutType.HELP: KeywordKind.HELP,
}

_TRIMMED = " \t\r\n.,!¡¿?;:'\"()[]*"


def plain_form(text: str) -> str:
    """Return `text` compatibility-folded, without accents, marks at its ends or extra spaces."""
    if len(text) > 4000:
        text = text[:4000]
    folded = unicodedata.normalize("NFKD", text.replace("’", "'")).casefold()
    bare = "".join(c for c in folded if not unicodedata.combining(c) and c.isprintable())
    return " ".join(bare.split()).strip(_TRIMMED)


def load_keywords(path: Path = DEFINITIONS / "keywords.yaml") -> Keywords:
    """Read the keyword file. Raises DefinitionError when a word stands for two things."""
    raw = yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader)
    try:
        file = msgspec.convert(raw, _File)
    except msgspec.ValidationError as error:
        raise DefinitionError(path.name, str(error)) from error
    by_word: dict[str, Keyword] = {}
    when_opted_out: dict[str, Keyword] = {}
    for kind in KeywordKind:
        words: _Words = getattr(file, kind.value)
        for word in words.only_when_opted_out:
            when_opted_out[plain_form(word)] = Keyword(kind, answered=False)
        for word, answered in [(w, kind is KeywordKind.STOP) for w in words.carrier] + [
            (w, False) for w in words.ours
        ]:
            form = plain_form(word)
            if by_word.get(form, Keyword(kind, answered)).kind is not kind:
                raise DefinitionError(f"{path.name}: {kind.value}", f"{word!r} stands twice")
            by_word.setdefault(form, Keyword(kind, answered))
    languages = {plain_form(w): lang for lang, words in file.languages.items() for w in words}
    page = {plain_form(w): wish for wish in PageWish for w in getattr(file.page, wish.value)}
    if page.keys() & by_word.keys() or len(page) < len(file.page.link) + len(file.page.text):
        raise DefinitionError(f"{path.name}: page", "a word stands for two things")
    return Keywords(by_word, when_opted_out, languages, page)
