"""Other readings of a text that hides its words: spelled out, misspelled, backwards, encoded.

Each reading is a view of its own with the way back to the original; a text is read plainly first,
and these only when the gate saw a sign of the disguise.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping

from bot.rules.crisis.fold import View, fold
from bot.rules.crisis.spelling import uncensored

_SPACED = re.compile(r"(?<![a-z0-9~'])[a-z0-9](?:[ .*,/|_+=-]{1,3}[a-z0-9@$!])+(?![a-z0-9~'])")
_KEPT = re.compile(r"[a-z0-9@$!]|(?<=[ /|])[ /|]")
_ENCODED = re.compile(r"[A-Za-z0-9+/_-]{20,}={0,2}")
_SPELLED_CHARACTERS = 5
_SHORTEST_CENSORED = 4
_OVERRIDE = "\u202e"
_TURNED = re.compile("[ǝɐʇʍɥɹʎᴉɯʞ]")
_UPRIGHT = str.maketrans("dpbqnu", "pdqbun")
_CENSORED = re.compile(r"(?<![a-z0-9])([a-z]{1,6})([#%^&.=-]{1,6}| {2,6})([a-z]{1,6})(?![a-z0-9])")


def spelled_out(view: View) -> View | None:
    """Return the view with `k i l l` and `k.i.l.l` closed up, or None when nothing is spelled.

    Two or more blanks between letters, or a slash, are read as the end of a word.
    """
    text = view.text
    kept: list[int] = []
    position = 0
    for run in _SPACED.finditer(text):
        if run.end() - run.start() >= _SPELLED_CHARACTERS:
            kept.extend(range(position, run.start()))
            kept.extend(_letters_of(text, run.start(), run.end()))
            dotted = text[run.end() : run.end() + 1] == "." and "." in run[0]
            position = run.end() + dotted
    if not position:
        return None
    kept.extend(range(position, len(text)))
    return _picked(view, text, kept)


def _picked(view: View, text: str, kept: list[int]) -> View:
    """Return the view of the characters of `text` at the indexes `kept`."""
    starts, ends = _offsets(view)
    return View(
        "".join(text[index] for index in kept),
        [starts[index] for index in kept],
        [ends[index] for index in kept],
    )


def _letters_of(text: str, start: int, end: int) -> Iterator[int]:
    """Return the indexes to keep of a spelled-out run: letters, and blanks that end a word."""
    return (found.start() for found in _KEPT.finditer(text, start, end))


def _offsets(view: View) -> tuple[list[int], list[int]]:
    if view.starts is not None and view.ends is not None:
        return view.starts, view.ends
    length = len(view.text)
    return list(range(length)), list(range(1, length + 1))


def backwards(view: View) -> View:
    """Return the view read from its end."""
    starts, ends = _offsets(view)
    return View(view.text[::-1], starts[::-1], ends[::-1])


def overrides_direction(text: str) -> bool:
    """Return whether the text asks to be shown right to left."""
    return _OVERRIDE in text


def is_upside_down(text: str) -> bool:
    """Return whether the text holds letters that are turned on their heads."""
    return not text.isascii() and _TURNED.search(text) is not None


def upright(view: View) -> View:
    """Return the view of a text written upside down, turned round."""
    turned = backwards(view)
    return View(turned.text.translate(_UPRIGHT), turned.starts, turned.ends)


def rejoined(view: View, broken: re.Pattern[str]) -> View | None:
    """Return the view with `ki ll mys elf` and `su.ici.de` closed up, or None without any."""
    text = view.text
    kept: list[int] = []
    position = 0
    for run in broken.finditer(text):
        if run[0].isalnum():
            continue
        kept.extend(range(position, run.start()))
        kept.extend(index for index in range(*run.span()) if text[index].isalnum())
        position = run.end()
    if not position:
        return None
    kept.extend(range(position, len(text)))
    return _picked(view, text, kept)


def uncovered(view: View, candidates: Mapping[str, tuple[str, ...]]) -> View | None:
    """Return the view with the letters behind `k##l` and `k--l` shown, or None without any."""

    def meant(found: re.Match[str]) -> str:
        head, hidden, tail = found.groups()
        if len(found[0]) < _SHORTEST_CENSORED:
            return found[0]
        return uncensored(head + "*" * len(hidden) + tail, candidates) or found[0]

    shown = _CENSORED.sub(meant, view.text)
    return None if shown == view.text else View(shown, view.starts, view.ends)


def decoded(text: str) -> Iterator[View]:
    """Yield a view of each base64-looking stretch that decodes to readable text."""
    for stretch in _ENCODED.finditer(text):
        plain = _decode(stretch[0])
        if plain is None:
            continue
        inner = fold(plain)
        size = len(inner.text)
        yield View(inner.text, [stretch.start()] * size, [stretch.end()] * size)


def _decode(stretch: str) -> str | None:
    body = stretch.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        plain = base64.b64decode(body + "=" * (-len(body) % 4), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    readable = sum(char.isalpha() or char.isspace() for char in plain)
    return plain if readable * 5 >= len(plain) * 4 else None
