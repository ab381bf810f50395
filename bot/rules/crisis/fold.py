"""Folding: one character in, one plain ASCII character out, with the way back.

What must stay true: every view the rules read is ASCII and lower case, and each of its characters
knows the range of the original text it stands for. Folding is what makes a zero-width space, a
full-width letter, a Cyrillic look-alike, an accent or a curly quote invisible to the rules.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from itertools import compress

GONE = "\x01"
"""Marks a character that leaves no trace (zero-width, combining mark, variation selector)."""

LETTER = "~"
"""Stands for a letter of a script the rules do not read: part of a word, equal to nothing."""

_UNREAD = f"{LETTER} "

_LOOKALIKE_PAIRS = (
    "аa еe оo рp сc уy хx іi јj ѕs ԁd һh кk мm тt вb нh ԛq ԝw ѵv гr пn иu "
    "οo αa εe ιi κk νv ρp τt υu χx ωw βb ηn γy σo "
    "щw шw пn ӏl ҝk қk ԍg ϲc ςs λa ĸk ƒf ŧt ƚl ոn օo սu հh ցg ɪi ʜh ғf ɢg ʙb ᴍm ᴘp ᴜu ᴠv "
    "ᴡw ᴢz ᴄc ꜱs ꜰf ᴊj ǫq ǝe ɐa ɔc ᴉi ʇt ʍw ʎy ɹr ɯm ɥh ɟf ƃg ʞk ʌv ʃl ɓb ɗd ƙk ȷj ꙇi ⅼl "
    "ⅰi ıi łl øo đd œoe æae ðd þp ɡg ɩi ʟl ɑa ʀr ɴn ʏy ᴀa ᴇe ᴅd ᴋk ᴏo ᴛt "
)
_LOOKALIKES = {pair[0]: pair[1:] for pair in _LOOKALIKE_PAIRS.split()}
_BOXED_ALPHABETS = (0x1F130, 0x1F150, 0x1F170, 0x1F1E6)
_LOOKALIKES |= {
    chr(first + place): letter
    for first in _BOXED_ALPHABETS
    for place, letter in enumerate("abcdefghijklmnopqrstuvwxyz")
}
_SYMBOLS = {
    "’": "'", "‘": "'", "ʼ": "'", "´": "'", "`": "'", "＇": "'", "′": "'", "‛": "'",
    "“": '"', "”": '"', "«": '"', "»": '"', "„": '"', "‟": '"', "″": '"', "〝": '"', "〞": '"',
    "…": ",", "。": ".", "¿": "?", "¡": "!", "‼": "!", "⁉": "?", "？": "?", "！": "!",
    "–": "-", "—": "-", "−": "-", "‐": "-", "‑": "-", "·": ".", "•": ".", "∙": ".",
    "_": "-", "~": " ", "\t": " ", "\r": "\n", "\u2028": "\n", "\u2029": "\n", GONE: " ",
}  # fmt: skip

EMOJI_WORDS = {
    "🔫": "\x02", "💊": "\x03", "🔪": "\x04", "😂": "\x05", "🤣": "\x05", "😭": "\x06",
    "💀": "\x05", "☠": "\x05", "😆": "\x05", "😹": "\x05", "😅": "\x05",
    "👍": "\x07", "👌": "\x07", "✅": "\x07", "🗡": "\x04",
    "⚰": " coffin ", "🪦": " gravestone ", "🪢": " noose ", "🪒": " razor ", "🌉": " bridge ",
    "🩸": " blood ", "🚆": " train ", "🚂": " train ", "🚇": " train ",
}  # fmt: skip
"""Emoji that carry meaning: patterns name them, or they fold to the word for what they show."""


def _fold_char(char: str) -> str:
    """Return what stands for `char`: usually one character; more for a ligature."""
    known = _SYMBOLS.get(char) or EMOJI_WORDS.get(char) or _LOOKALIKES.get(char)
    if known is not None:
        return known
    folded = []
    for part in unicodedata.normalize("NFKD", char).casefold():
        if part.isascii():
            folded.append(_SYMBOLS.get(part, part) if part >= " " or part == "\n" else " ")
            continue
        folded.append(_fold_part(part))
    kept = "".join(folded).replace(GONE, "")
    if kept.strip(_UNREAD) == "" != kept.strip():
        return LETTER  # a whole phrase in one character, in a script that is not read
    return kept or GONE


def _fold_part(part: str) -> str:
    """Return the ASCII stand-in of one decomposed, non-ASCII character."""
    known = _SYMBOLS.get(part) or EMOJI_WORDS.get(part) or _LOOKALIKES.get(part)
    if known is not None:
        return known
    category = unicodedata.category(part)
    if category[0] == "M" or category in ("Cf", "Cs", "Cn", "Co"):
        return GONE
    if category == "Nd":
        return str(unicodedata.digit(part))
    if category[0] in "LN":
        return LETTER
    if category in ("Zl", "Zp"):
        return "\n"
    return " "


class _FoldTable(dict[int, str]):
    """Folds a code point the first time it is met; holds at most one entry a code point."""

    def __missing__(self, code: int) -> str:
        folded = _fold_char(chr(code))
        self[code] = folded
        return folded


FOLD_TABLE = _FoldTable()


Origins = tuple[Sequence[int], Sequence[int]]
"""Where characters come from: character i stands for `original[starts[i]:ends[i]]`."""


class View:
    """A text as the rules read it: lower-case ASCII, and where each character comes from.

    `trace` works out the origins, only when a hit asks for them; without it character i of the
    view is character i of the original.
    """

    __slots__ = ("_origins", "text", "trace")

    def __init__(self, text: str, trace: Callable[[], Origins] | None = None) -> None:
        """Take the text, and what works out its origins if they are not its own indexes."""
        self.text = text
        self.trace = trace
        self._origins: Origins | None = None

    @property
    def origins(self) -> Origins:
        """Where each character comes from."""
        if self._origins is None:
            length = len(self.text)
            own = range(length), range(1, length + 1)
            self._origins = own if self.trace is None else self.trace()
        return self._origins

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """Return the range of the original text that `text[start:end]` stands for."""
        if self.trace is None:
            return start, end
        if start >= end:
            return 0, 0
        starts, ends = self.origins
        return min(starts[start:end]), max(ends[start:end])


def fold(text: str) -> View:
    """Return the view of `text`; never fails, whatever the text holds."""
    if text.isascii():
        plain = text.lower()
        if not plain.isprintable() or "_" in plain or "`" in plain or "~" in plain:
            plain = plain.translate(FOLD_TABLE)
        return View(plain)
    folded = text.translate(FOLD_TABLE)
    if len(folded) == len(text) and GONE not in folded:
        return View(folded)
    return View(folded.replace(GONE, ""), lambda: _origins(text, folded))


def _origins(text: str, folded: str) -> Origins:
    """Return the origins of a text in which characters vanish or multiply."""
    length = len(text)
    if len(folded) == length:
        kept = folded.encode().replace(GONE.encode(), b"\0")
        return list(compress(range(length), kept)), list(compress(range(1, length + 1), kept))
    stand_ins = [FOLD_TABLE[ord(char)] for char in text]
    starts = [i for i, each in enumerate(stand_ins) if each != GONE for _ in each]
    return starts, [start + 1 for start in starts]
