"""Words for a patient that must fit wherever they are said.

A wording is a list of alternatives. The first whose placeholders all have a value, and which for
SMS fits one segment, is said. The last alternative needs only words that are always there, which
the loader proves; so `say` has an answer for every input and never raises.

Texts are written once per language, with all accents; the SMS form has them made plain where
GSM 03.38 lacks them, so that a text stays in the cheap alphabet.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from string import Formatter

from bot.core.errors import DefinitionError
from bot.core.messages import Channel
from bot.core.segments import SegmentCount, count_segments, to_gsm7

ONE_SEGMENT = 1


@dataclass(frozen=True, slots=True)
class Alternative:
    """One text per language and mode, and the placeholders it needs."""

    texts: Mapping[str, Mapping[Channel, str]]
    needs: frozenset[str]


Wording = tuple[Alternative, ...]
Said = str | Mapping[Channel, str]
"""One text for both modes, or a text for each of sms and web."""


def build_wording(
    alternatives: Sequence[Mapping[str, Said]],
    path: str,
    *,
    languages: Sequence[str],
    always: Collection[str],
    optional: Collection[str] = (),
) -> Wording:
    """Return the wording; placeholders in `always` have a value at every time, `optional` may.

    Raises DefinitionError for a missing language, a placeholder that is not allowed, and when the
    last alternative is not free of optional ones.
    """
    if not alternatives:
        raise DefinitionError(path, "no text")
    allowed = {*always, *optional}
    wording = tuple(
        _alternative(texts, f"{path}[{index}]", languages=languages, allowed=allowed)
        for index, texts in enumerate(alternatives)
    )
    if lacking := wording[-1].needs - set(always):
        raise DefinitionError(
            f"{path}[{len(wording) - 1}]",
            f"the last alternative may not need {{{min(lacking)}}}, which can be missing",
        )
    return wording


def say(wording: Wording, words: Mapping[str, str], *, language: str, channel: Channel) -> str:
    """Return the first alternative that has all its words and, for SMS, fits one segment."""
    text = ""
    for alternative in wording:
        if not alternative.needs <= words.keys():
            continue
        text = _filled(alternative.texts[language][channel], words, channel)
        if channel is Channel.WEB or fits_one_segment(text):
            return text
    return text


def fits_one_segment(text: str) -> bool:
    """Whether `text` costs exactly one segment in the cheap alphabet."""
    count = count_segments(text)
    return count.encoding == "GSM-7" and count.segments == ONE_SEGMENT


def refuse_long_texts(
    wording: Wording, words: Mapping[str, str], path: str, *, language: str
) -> None:
    """Raise DefinitionError when an alternative that `words` can fill is not one SMS segment.

    `words` hold the longest value that each placeholder may take.
    """
    for index, alternative in enumerate(wording):
        if alternative.needs <= words.keys():
            text = _filled(alternative.texts[language][Channel.SMS], words, Channel.SMS)
            if not fits_one_segment(text):
                raise DefinitionError(f"{path}[{index}].{language}", _too_long(text))


def _too_long(text: str) -> str:
    count: SegmentCount = count_segments(text)
    return f"{count.units} units of {count.encoding}, {count.segments} segments: '{text}'"


def _alternative(
    texts: Mapping[str, Said], path: str, *, languages: Sequence[str], allowed: Collection[str]
) -> Alternative:
    if unknown := texts.keys() - set(languages):
        raise DefinitionError(f"{path}.{min(unknown)}", "not a language of this file")
    modes = {language: _modes(texts.get(language), f"{path}.{language}") for language in languages}
    needs = {
        name
        for language, by_mode in modes.items()
        for text in by_mode.values()
        for name in _placeholders(text, f"{path}.{language}", allowed)
    }
    return Alternative(texts=modes, needs=frozenset(needs))


def _modes(said: Said | None, path: str) -> dict[Channel, str]:
    if isinstance(said, str):
        said = dict.fromkeys(Channel, said)
    if said is None or not all(said.get(channel) for channel in Channel):
        raise DefinitionError(path, "the text is missing")
    return {Channel.SMS: to_gsm7(said[Channel.SMS]), Channel.WEB: said[Channel.WEB]}


def _placeholders(text: str, path: str, allowed: Collection[str]) -> Iterator[str]:
    try:
        fields = [name for _, name, _, _ in Formatter().parse(text) if name is not None]
    except ValueError:
        raise DefinitionError(path, "unbalanced braces") from None
    for name in fields:
        if name not in allowed:
            raise DefinitionError(path, f"{{{name}}} is not a placeholder that may stand here")
        yield name


def _filled(text: str, words: Mapping[str, str], channel: Channel) -> str:
    if channel is Channel.SMS:
        words = {name: to_gsm7(word) for name, word in words.items()}
    return text.format_map(words)
