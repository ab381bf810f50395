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

SPACED_SIGN = r"(?:\A|[^a-z0-9~'])[a-z0-9](?:[ .*,/|_+=-]{1,3}[a-z0-9@$!]){3,}(?:[^a-z0-9~']|\z)"
ENCODED_SIGN = r"[a-z0-9+/-]{20,}"
_SPACED = re.compile(rb"(?<![a-z0-9~'])[a-z0-9](?:[ .*,/|_+=-]{1,3}[a-z0-9@$!])+(?![a-z0-9~'])")
_WORD = re.compile(rb"[a-z0-9~@$!*'-]+")
_PLAIN_WORD = re.compile(rb"[a-z0-9~']+")
_ENCODED = re.compile(r"[A-Za-z0-9+/_-]{20,}={0,2}")
_OVERRIDE = "\u202e"


def spelled_out(view: View) -> View | None:
    """Return the view with `k i l l` and `k.i.l.l` closed up, or None when nothing is spelled.

    Two or more blanks between letters, or a slash, are read as the end of a word.
    """
    text = view.text
    starts, ends = _offsets(view)
    out: list[int] = []
    out_starts: list[int] = []
    out_ends: list[int] = []
    position = 0
    for run in _SPACED.finditer(text):
        if run.end() - run.start() < 5:
            continue
        for index in range(position, run.start()):
            _keep(text, starts, ends, index, out, out_starts, out_ends)
        for index in _letters_of(text, run.start(), run.end()):
            _keep(text, starts, ends, index, out, out_starts, out_ends)
        position = run.end()
    if not position:
        return None
    for index in range(position, len(text)):
        _keep(text, starts, ends, index, out, out_starts, out_ends)
    return View(bytes(out), out_starts, out_ends)


def _letters_of(text: bytes, start: int, end: int) -> Iterator[int]:
    """Yield the indexes to keep of a spelled-out run: letters, and blanks that end a word."""
    for index in range(start, end):
        char = text[index]
        is_letter = char in b"abcdefghijklmnopqrstuvwxyz0123456789@$!"
        ends_word = char in b" /|" and text[index - 1 : index] in (b" ", b"/", b"|")
        if is_letter or ends_word:
            yield index


def _keep(
    text: bytes, starts: list[int], ends: list[int], index: int,
    out: list[int], out_starts: list[int], out_ends: list[int],
) -> None:  # fmt: skip
    out.append(text[index])
    out_starts.append(starts[index])
    out_ends.append(ends[index])


def mended(view: View, misspellings: Mapping[bytes, bytes]) -> View | None:
    """Return the view with known misspellings of the stems put right, or None without any."""
    text = view.text
    starts, ends = _offsets(view)
    out: list[bytes] = []
    out_starts: list[int] = []
    out_ends: list[int] = []
    position = 0
    for word in _WORD.finditer(text):
        right = misspellings.get(word[0])
        if right is None:
            continue
        out.extend((text[position : word.start()], right))
        out_starts.extend(starts[position : word.start()])
        out_starts.extend([starts[word.start()]] * len(right))
        out_ends.extend(ends[position : word.start()])
        out_ends.extend([ends[word.end() - 1]] * len(right))
        position = word.end()
    if not position:
        return None
    out.append(text[position:])
    return View(b"".join(out), out_starts + starts[position:], out_ends + ends[position:])


def without_fillers(view: View, fillers: frozenset[bytes]) -> View:
    """Return the view without the words that may stand anywhere and change nothing."""
    text = view.text
    kept: list[bytes] = []
    spans: list[tuple[int, int]] = []
    position = 0
    for word in _PLAIN_WORD.finditer(text):
        if word[0] in fillers:
            kept.append(text[position : word.start()])
            spans.append((position, word.start()))
            position = word.end() + (text[word.end() : word.end() + 1] == b" ")
    if not position:
        return view
    kept.append(text[position:])
    spans.append((position, len(text)))
    starts, ends = _offsets(view)
    return View(
        b"".join(kept),
        [offset for low, high in spans for offset in starts[low:high]],
        [offset for low, high in spans for offset in ends[low:high]],
    )


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


def misspellings_of(stem: str, letters: str = "abcdefghijklmnopqrstuvwxyz") -> set[str]:
    """Return every spelling one edit away from `stem` that keeps its first letter."""
    spellings = set()
    for index in range(1, len(stem) + 1):
        head, tail = stem[:index], stem[index:]
        spellings.update(head + letter + tail for letter in letters)
        if not tail:
            continue
        spellings.add(head + tail[1:])
        spellings.update(head + letter + tail[1:] for letter in letters)
        if len(tail) > 1:
            spellings.add(head + tail[1] + tail[0] + tail[2:])
    spellings.discard(stem)
    return spellings
