"""Other readings of a text that hides its words: spelled out, misspelled, backwards, encoded.

Each reading is a view of its own with the way back to the original; a text is read plainly first,
and these only when the gate saw a sign of the disguise.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping

from bot.rules.crisis.fold import Origins, View, fold
from bot.rules.crisis.search import LazyPattern
from bot.rules.crisis.spelling import IN_WORD, uncensored

_SPACED = re.compile(r"(?<![a-z0-9~'])[a-z0-9](?:[ .*,/|_+=-]{1,3}[a-z0-9@$!])+(?![a-z0-9~'])")
_KEPT = re.compile(r"[a-z0-9@$!]|(?<=[ /|])[ /|]")
_DROPPED = re.compile(r"(?<![ /|])[ /|]|[.*,_+=-]")
_ENCODED = re.compile(r"[A-Za-z0-9+/_-]{20,}={0,2}")
_SPELLED_CHARACTERS = 5
_SHORTEST_CENSORED = 4
_SENTENCE_END = "\n.\n"
_OVERRIDE = "\u202e"
_TURNED = re.compile("[ǝɐʇʍɥɹʎᴉɯʞ]")
_UPRIGHT = str.maketrans("dpbqnu", "pdqbun")
_CENSORED = re.compile(r"(?<![a-z0-9])([a-z]{1,6})([#%^&.=-]{1,6}| {2,6})([a-z]{1,6})(?![a-z0-9])")


def spelled_out(view: View) -> View | None:
    """Return the view with `k i l l` and `k.i.l.l` closed up, or None when nothing is spelled.

    Two or more blanks between letters, or a slash, are read as the end of a word.
    """
    pieces: list[str] = []
    position = 0
    for start, end, after in _spelled_runs(view.text):
        pieces += (view.text[position:start], _DROPPED.sub("", view.text[start:end]))
        position = after
    if not position:
        return None
    return View("".join([*pieces, view.text[position:]]), lambda: _closed_up(view))


def _spelled_runs(text: str) -> Iterator[tuple[int, int, int]]:
    """Yield where each spelled-out run begins and ends, and where the text goes on after it."""
    for run in _SPACED.finditer(text):
        start, end = run.span()
        if end - start >= _SPELLED_CHARACTERS:
            dotted = text.startswith(".", end) and "." in run[0]
            yield start, end, end + dotted


def _closed_up(view: View) -> Origins:
    """Return the origins of the view with its spelled-out runs closed up."""
    kept: list[int] = []
    position = 0
    for start, end, after in _spelled_runs(view.text):
        kept.extend(range(position, start))
        kept.extend(found.start() for found in _KEPT.finditer(view.text, start, end))
        position = after
    kept.extend(range(position, len(view.text)))
    return _origins_of(view, kept)


def _origins_of(view: View, kept: list[int]) -> Origins:
    """Return the origins of the characters of `view` at the indexes `kept`."""
    starts, ends = view.origins
    return [starts[index] for index in kept], [ends[index] for index in kept]


def backwards(view: View) -> View:
    """Return the view read from its end."""
    return View(view.text[::-1], lambda: (view.origins[0][::-1], view.origins[1][::-1]))


def overrides_direction(text: str) -> bool:
    """Return whether the text asks to be shown right to left."""
    return _OVERRIDE in text


def is_upside_down(text: str) -> bool:
    """Return whether the text holds letters that are turned on their heads."""
    return not text.isascii() and _TURNED.search(text) is not None


def upright(view: View) -> View:
    """Return the view of a text written upside down, turned round."""
    turned = backwards(view)
    return View(turned.text.translate(_UPRIGHT), turned.trace)


def rejoined(view: View, broken: LazyPattern) -> View | None:
    """Return the view with `ki ll mys elf` and `su.ici.de` closed up, or None without any."""
    text = view.text
    kept: list[int] = []
    position = 0
    for start, end in broken.spans(text.replace("'", IN_WORD).encode()):
        if text[start:end].isalnum():
            continue
        kept.extend(range(position, start))
        kept.extend(index for index in range(start, end) if text[index].isalnum())
        position = end
    if not position:
        return None
    kept.extend(range(position, len(text)))
    return View("".join(map(text.__getitem__, kept)), lambda: _origins_of(view, kept))


def uncovered(view: View, candidates: Mapping[str, tuple[str, ...]]) -> View | None:
    """Return the view with the letters behind `k##l` and `k--l` shown, or None without any."""

    def meant(found: re.Match[str]) -> str:
        head, hidden, tail = found.groups()
        if len(found[0]) < _SHORTEST_CENSORED:
            return found[0]
        return uncensored(head + "*" * len(hidden) + tail, candidates) or found[0]

    shown = _CENSORED.sub(meant, view.text)
    return None if shown == view.text else View(shown, view.trace)


def decoded(text: str) -> View | None:
    """Return a view of the base64-looking stretches that decode to readable text, if any do.

    Each is a sentence of its own; its characters stand for the whole stretch.
    """
    found = []
    for stretch in _ENCODED.finditer(text):
        plain = _decode(stretch[0])
        if plain is not None:
            found.append((fold(plain).text, stretch.span()))
    if not found:
        return None
    return View(_SENTENCE_END.join(inner for inner, _ in found), lambda: _stretches(found))


def _stretches(found: list[tuple[str, tuple[int, int]]]) -> Origins:
    """Return the origins of decoded texts: the stretch that each character is decoded from."""
    starts, ends = [], []
    for inner, (start, end) in found:
        size = len(inner) + len(_SENTENCE_END)
        starts += [start] * size
        ends += [end] * size
    return starts, ends


def _decode(stretch: str) -> str | None:
    body = stretch.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        plain = base64.b64decode(body + "=" * (-len(body) % 4), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    readable = sum(char.isalpha() or char.isspace() for char in plain)
    return plain if readable * 5 >= len(plain) * 4 else None
