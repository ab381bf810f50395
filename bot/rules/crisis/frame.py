r"""The frame language of the definition files, and the tree of words that a frame is read into.

A frame is written as one would write the words: `i <adv> want to {die}`.

- words are separated by blanks; `(a|b c)`, `?`, `*`, `+` and `{0,3}` mean what they mean in
  regular expressions; inside a word so do `[oa]`, `(ing|ed)?` and `s?`, and `suicid\w*` is
  every word that begins so;
- `{name}` is a word class; `<name>` is up to two of its members, or none;
- `{0-3}` is a gap of that many words; `{end}` and `{start}` are the ends of a clause;
- `a ~8~ b` is the one and the other in either order, at most so many words apart in a sentence;
  `a ~~8~~ b` may also have ends of sentences between them;
- `{digit}`, `{number}`, `{year}`, `{high_bp}`, `{high_fever}` are numbers of that kind;
- apostrophes are of no account: `don't` is `dont`.
"""

from __future__ import annotations

import msgspec


class Words(msgspec.Struct, frozen=True, gc=False):
    """Any one of these words, or a word that begins with one of the prefixes."""

    literal: frozenset[str]
    prefixes: frozenset[str] = frozenset()


class ClassRef(msgspec.Struct, frozen=True, gc=False):
    """A word class, or a kind of number, by name."""

    name: str


class Gap(msgspec.Struct, frozen=True, gc=False):
    """Between `low` and `high` words of any kind, in one sentence unless it may cross its end."""

    low: int
    high: int
    crosses: bool = False


class Edge(msgspec.Struct, frozen=True, gc=False):
    """The beginning or the end of a clause."""

    is_start: bool


class Repeat(msgspec.Struct, frozen=True, gc=False):
    """`inner`, `low` to `high` times; `high` None is without end."""

    inner: Node
    low: int
    high: int | None


class Sequence(msgspec.Struct, frozen=True, gc=False):
    """One after the other."""

    items: tuple[Node, ...]


class Choice(msgspec.Struct, frozen=True, gc=False):
    """Any one of these."""

    branches: tuple[Node, ...]


Node = Words | ClassRef | Gap | Edge | Repeat | Sequence | Choice
