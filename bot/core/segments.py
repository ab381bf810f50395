"""How many SMS segments a text costs, and how to keep it in the cheap alphabet.

GSM 03.38: 160 septets in one segment, 153 in each of several; a character of the extension table
takes two septets, which may not be parted. One character outside the alphabet turns the whole
text into UCS-2: 70 code units in one segment, 67 in each of several; a grapheme (an emoji with
its skin tone, a flag) moves to the next segment whole. Counted as Twilio's own calculator does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import regex

GSM7_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM7_EXTENSION = frozenset("\f^{}\\[~]|€")
GSM7 = GSM7_BASIC | GSM7_EXTENSION

PART_UNITS = 1530
"""The longest text that leaves as one, in UTF-16 code units: ten GSM-7 segments. Twilio refuses
more than 1,600 characters."""

GRAPHEME = regex.compile(r"\X")

PLAIN = str.maketrans(
    {
        "‘": "'",
        "’": "'",
        "‚": "'",
        "‛": "'",
        "`": "'",
        "´": "'",
        "“": '"',
        "”": '"',
        "„": '"',
        "«": '"',
        "»": '"',
        "–": "-",
        "—": "-",
        "‑": "-",
        "−": "-",
        "…": "...",
        "\u00a0": " ",
        "\u202f": " ",
        "\u2009": " ",
        "\t": " ",
        "•": "-",
        "á": "a",
        "í": "i",
        "ó": "o",
        "ú": "u",
        "Á": "A",
        "Í": "I",
        "Ó": "O",
        "Ú": "U",
    }
)


@dataclass(frozen=True, slots=True)
class SegmentCount:
    """`encoding` is GSM-7 or UCS-2; `units` are septets or UTF-16 code units."""

    encoding: str
    units: int
    segments: int


def is_gsm7(text: str) -> bool:
    """Return whether every character is in the GSM 03.38 alphabet."""
    return GSM7.issuperset(text)


def to_gsm7(text: str) -> str:
    """Return `text` with typographic marks and accents that GSM 03.38 lacks made plain.

    A character with no plain form stays, so nothing is lost: such a text goes out as UCS-2.
    """
    return text.translate(PLAIN)


def count_segments(text: str) -> SegmentCount:
    """Return the encoding, the units and the number of segments that `text` takes; 0 for ''."""
    if is_gsm7(text):
        return _count("GSM-7", [2 if c in GSM7_EXTENSION else 1 for c in text], 160, 153)
    sizes = (len(g.encode("utf-16-le", "surrogatepass")) // 2 for g in GRAPHEME.findall(text))
    return _count("UCS-2", list(sizes), 70, 67)


def split_text(text: str, *, units: int = PART_UNITS) -> tuple[str, ...]:
    """Return `text` in parts of at most `units` UTF-16 code units; joined they are `text` again.

    A part ends where a line ends, else a sentence, else a word, as long as it is at least half
    full; else between two graphemes. Only a grapheme longer than a whole part is parted. What
    would be nothing but white space is left out, since no provider takes an empty text.
    """
    parts = []
    while _units(text) > units:
        cut = _cut(text, units)
        parts.append(text[:cut])
        text = text[cut:]
    return tuple(part for part in (*parts, text) if part.strip())


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


_BORDERS: tuple[Callable[[str], bool], ...] = (
    lambda end: end[-1] == "\n",
    lambda end: end[-1].isspace() and end[0] in ".!?:;",
    lambda end: end[-1].isspace(),
)
"""Whether a part may end after these two characters, from the best place to the least good."""


def _cut(text: str, units: int) -> int:
    """Return where the first part ends."""
    ends, used = [], 0
    for grapheme in GRAPHEME.finditer(text):
        used += _units(grapheme[0])
        if used > units:
            break
        ends.append(grapheme.end())
    if not ends:
        return units // 2  # one grapheme fills the part and more; no character has over two units
    late = [end for end in ends if end > len(text[: ends[-1]]) // 2]
    for is_border in _BORDERS:
        for end in reversed(late):
            if end >= 2 and is_border(text[end - 2 : end]):
                return end
    return ends[-1]


def _count(encoding: str, sizes: list[int], single: int, several: int) -> SegmentCount:
    units = sum(sizes)
    if units <= single:
        return SegmentCount(encoding, units, 1 if units else 0)
    return SegmentCount(encoding, units, _fill(sizes, several))


def _fill(sizes: Iterable[int], room: int) -> int:
    """Count the segments of `room` units that hold `sizes` in order, parting none that fits."""
    segments, used = 1, 0
    for size in sizes:
        if used + size > room:
            segments, used = segments + 1, 0
        while size > room:  # a grapheme longer than a segment has to be parted
            segments, size = segments + 1, size - room
        used += size
    return segments
