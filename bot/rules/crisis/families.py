"""Families of words that mean alike: what is learned of one word counts for the others.

A line of the file of families is `family: word word ...`, words of both languages without accents.
A word is of one family at most, by what it mostly means where people tell how they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.core.errors import DefinitionError


def read_families(text: str) -> dict[str, str]:
    """Return the family of every word. Raises DefinitionError naming the line or word at fault."""
    found: dict[str, str] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if line and line[0] != "#":
            for family, word in _members(line, number):
                if found.setdefault(word, family) != family:
                    raise DefinitionError("families.txt", f"two families hold the word {word}")
    return found


def _members(line: str, number: int) -> Iterator[tuple[str, str]]:
    family, mark, words = line.partition(": ")
    if not mark or not family.replace("-", "").isalpha() or not words.replace(" ", "").isalnum():
        raise DefinitionError(f"families.txt, line {number}", "not `family: word word ...`")
    return ((family, word) for word in words.split())


def families_of_codes(
    families: Mapping[str, str], family_codes: Mapping[str, bytes], codes: Mapping[str, bytes]
) -> dict[bytes, bytes]:
    """Return the code of the family of each word's code; a word's own spelling decides."""
    names: dict[bytes, str] = {}
    for word, code in codes.items():
        names.setdefault(code, word)
    known = ((code, families.get(word)) for code, word in names.items() if len(code) == 2)
    return {code: family_codes[family] for code, family in known if family is not None}
