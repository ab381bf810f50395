"""From every word that the definitions name, by the part it plays, to the lexicon."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import re2

from bot.core.errors import DefinitionError
from bot.rules.crisis.families import families_of_codes
from bot.rules.crisis.lexicon import BACKWARDS, FRAGMENT, MARKS, Lexicon
from bot.rules.crisis.search import LazyPattern
from bot.rules.crisis.spelling import broken_words, by_first_letter, fragments, sound, squeeze

_FIRST_WORD = 0x83 << 7
_LAST_WORD = (0xFE << 7) | 0x7F


@dataclass(frozen=True, slots=True)
class WordLists:
    """Every word that the definitions name, by the part it plays.

    `anchors` may hold digits for letters, `censored` stars, `prefixes` begin words that share one
    code, `fillers` have no code, `joined` may be run together, `broken` hold blanks, `backwards`
    are recognised reversed, `sounded` may be written as they sound, `weighed` only have points.
    `families` maps a word to its family, `misspellings` a wrong spelling to the word meant,
    `shortened` a word to words of their own (`d`, `toy`) that a frame takes for it.
    """

    words: Iterable[str]
    anchors: Iterable[str]
    prefixes: Iterable[str]
    fillers: Iterable[str]
    misspellings: Mapping[str, str]
    joined: Iterable[str]
    broken: Iterable[str]
    censored: Iterable[str]
    backwards: Iterable[str]
    sounded: Iterable[str] = ()
    weighed: Iterable[str] = ()
    families: Mapping[str, str] = field(default_factory=dict)
    shortened: Mapping[str, Sequence[str]] = field(default_factory=dict)


def build_lexicon(lists: WordLists) -> Lexicon:
    """Return the lexicon of all words that the definitions name.

    Raises DefinitionError when there are more words than codes.
    """
    fresh = _fresh_codes()
    codes = {letter: bytes((0x80, ord(letter))) for letter in "abcdefghijklmnopqrstuvwxyz"}
    short = {word for each in lists.shortened.values() for word in each}
    for word in sorted({*lists.words, *lists.joined, *lists.shortened, *short}):
        if word not in codes:
            codes[word] = next(fresh)
    named = tuple(sorted(codes))
    opened = {prefix: next(fresh) for prefix in sorted(set(lists.prefixes))}
    squeezed = _squeezed(codes)
    codes.update(
        {wrong: codes[right] for wrong, right in lists.misspellings.items() if wrong not in codes}
    )
    codes.update({word[::-1]: BACKWARDS for word in lists.backwards if word[::-1] not in codes})
    longest_first = sorted(lists.broken, key=len, reverse=True)
    parts = {part for word in longest_first for part in fragments(word)}
    codes.update(dict.fromkeys(parts - codes.keys(), FRAGMENT))
    codes.update(dict.fromkeys(lists.fillers, b""))
    codes.update(MARKS)
    codes[""] = b""
    codes.update({word: next(fresh) for word in sorted({*lists.weighed} - codes.keys())})
    family_codes = {name: next(fresh) for name in sorted({*lists.families.values()})}
    families = families_of_codes(lists.families, family_codes, codes)
    return Lexicon(
        codes=codes,
        named=named,
        fillers=frozenset(lists.fillers),
        squeezed=squeezed,
        sounded={sound(word): codes[word] for word in lists.sounded if sound(word)},
        censored=by_first_letter(dict.fromkeys((*lists.censored, *sorted(lists.anchors)))),
        anchors=frozenset(squeeze(word) for word in lists.anchors),
        prefixes=opened,
        opened=tuple(opened),
        prefix_lengths=tuple(sorted({len(each) for each in opened}, reverse=True)),
        joined=by_first_letter(lists.joined),
        joined_run=re2.compile(f"(?:{'|'.join(map(re.escape, lists.joined))})+".encode()),
        shortened={
            codes[word]: tuple(codes[each] for each in forms)
            for word, forms in lists.shortened.items()
        },
        families=families,
        family_codes=family_codes,
        related={
            word: family_codes[family]
            for word, family in lists.families.items()
            if word not in codes
        },
        broken=LazyPattern(lambda: broken_words(longest_first), "broken"),
    )


def _squeezed(codes: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the codes under the words with every letter once; of several, the shortest word's."""
    line = "\n"
    plain = dict(zip(codes, squeeze(line.join(codes)).split(line), strict=True))
    found = {word: codes[word] for word, once in plain.items() if word == once}
    for word in sorted((word for word, once in plain.items() if word != once), key=len):
        found.setdefault(plain[word], codes[word])
    return found


def _fresh_codes() -> Iterator[bytes]:
    """Yield every code that a word may have; raise DefinitionError behind the last one."""
    for number in range(_FIRST_WORD, _LAST_WORD):
        yield bytes((number >> 7, number & 0x7F))
    raise DefinitionError(
        "words", f"there are codes for {_LAST_WORD - _FIRST_WORD} words, not more"
    )
