"""How hard a text is to read, in school grades.

English: the Flesch-Kincaid grade level, 0.39 words/sentence + 11.8 syllables/word - 15.59.
Source: Kincaid, Fishburne, Rogers & Chissom 1975, Research Branch Report 8-75, US Navy.

Spanish: Flesch-Szigriszt perspicuity, 206.835 - 62.3 syllables/word - words/sentence, read on the
INFLESZ scale, where 65 and more is what primary school (grades 1 to 6) reads.
Source: Szigriszt Pazos 1993 (thesis, Universidad Complutense); Barrio-Cantalejo et al. 2008,
Anales del Sistema Sanitario de Navarra 31(2). The scale's steps are turned into US school grades:
80 is grade 5, 65 grade 6, 55 grade 10, 40 grade 12, linear in between. That last mapping is ours.

Syllables are counted by rule, not from a dictionary; a short text's grade is a rough figure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*|\d+(?:[.,/]\d+)*")
_SENTENCE_END = re.compile(r"[.!?:;]+(?=\s|$)|\n+")
_PLACEHOLDER = re.compile(r"\{[a-z_]*\}")

_ENGLISH_GROUP = re.compile(r"[aeiouy]+")
_ENGLISH_HIATUS = re.compile(
    r"(?<![ct])ia|(?<![ctx])iou|io(?!u|n)|eo|(?<![q])ua(?!r)|iu|ying|eing"
)
_ENGLISH_IRREGULAR = {
    "anyone": 3, "area": 3, "areas": 3, "create": 2, "created": 3, "every": 2, "everyone": 3,
    "idea": 3, "ideas": 3, "people": 2, "quiet": 2, "science": 2, "someone": 2, "something": 2,
    "sometimes": 2, "somewhere": 2, "therefore": 2,
}  # fmt: skip
_SPANISH_GROUP = re.compile(r"[aeiouáéíóúüy]+")
_STRONG = frozenset("aeoáéóíú")

_INFLESZ_GRADES = ((100.0, 1.0), (80.0, 5.0), (65.0, 6.0), (55.0, 10.0), (40.0, 12.0), (0.0, 18.0))
"""(perspicuity, grade), falling; between two steps the grade is linear."""


def reading_grade(text: str, language: str) -> float | None:
    """Return the school grade (about 0 to 18) that reads `text`.

    None for a language without a formula and for a text without words. A placeholder counts as
    one short word.
    """
    grade = _GRADES.get(language)
    plain = _PLACEHOLDER.sub(" it ", text)
    words = _WORD.findall(plain.lower())
    if grade is None or not words:
        return None
    return grade(words, _sentences(plain))


def _sentences(text: str) -> int:
    return sum(1 for part in _SENTENCE_END.split(text) if _WORD.search(part))


def _english(words: Sequence[str], sentences: int) -> float:
    syllables = sum(map(english_syllables, words))
    return 0.39 * len(words) / sentences + 11.8 * syllables / len(words) - 15.59


def _spanish(words: Sequence[str], sentences: int) -> float:
    syllables = sum(map(spanish_syllables, words))
    return inflesz_grade(206.835 - 62.3 * syllables / len(words) - len(words) / sentences)


def inflesz_grade(perspicuity: float) -> float:
    """Return the school grade (1 to 18) of a Flesch-Szigriszt perspicuity."""
    steps = _INFLESZ_GRADES
    if perspicuity >= steps[0][0]:
        return steps[0][1]
    for (high, easy), (low, hard) in zip(steps, steps[1:], strict=False):
        if perspicuity >= low:
            return easy + (high - perspicuity) / (high - low) * (hard - easy)
    return steps[-1][1]


def english_syllables(word: str) -> int:
    """Return the syllables of a lower-case English word, at least 1; a number counts as one."""
    if word in _ENGLISH_IRREGULAR:
        return _ENGLISH_IRREGULAR[word]
    groups = len(_ENGLISH_GROUP.findall(word))
    groups += len(_ENGLISH_HIATUS.findall(word))
    silent_e = word.endswith("e") and not word.endswith(("le", "ee", "ye")) and groups > 1
    silent_e = silent_e or (word.endswith("es") and not word.endswith(_SOUNDED_ES) and groups > 1)
    silent_ed = word.endswith("ed") and not word.endswith(("ted", "ded", "eed")) and groups > 1
    return max(1, groups - (1 if silent_e or silent_ed else 0))


_SOUNDED_ES = ("ses", "zes", "ces", "ges", "xes", "ches", "shes", "ies", "ees", "les")


def spanish_syllables(word: str) -> int:
    """Return the syllables of a lower-case Spanish word, at least 1; a number counts as one.

    Two strong vowels (a, e, o, or an accented í, ú) part; a weak one joins its neighbour. The u of
    que, qui, gue, gui is silent.
    """
    sounded = re.sub(r"(?<=[qg])u(?=[eiéí])", "", word)
    return max(1, sum(_vowel_syllables(group) for group in _SPANISH_GROUP.findall(sounded)))


def _vowel_syllables(group: str) -> int:
    return max(1, sum(1 for letter in group if letter in _STRONG))


_GRADES: Mapping[str, Callable[[Sequence[str], int], float]] = {
    "en": _english,
    "es": _spanish,
}
