"""What a backtracking pattern can cost: proven on its automaton, not measured.

A pattern becomes an automaton with one state for each place in it that takes a character. Trying
every way costs more than a bounded number of steps a character when one text leads from a state
back to itself in two ways (exponential), or keeps two states going while it also leads from the
one to the other (a power of the length). What stands before the pattern counts as a state too: a
search begins anew at each character. Assertions are taken to hold, which hides no cost.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, field
from enum import Enum
from re import _constants as sre
from re import _parser as sre_parser

ALPHABET = "".join(map(chr, range(128))) + "éñ’Я٣\u200b\u2028ﷺ💊🔫ǝ\ud800"
MOST_STATES = 400
States = tuple[int, ...]
_EVERYTHING = (1 << len(ALPHABET)) - 1
_REPEATS = (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT)
_ASSERTIONS = (sre.ASSERT, sre.ASSERT_NOT, sre.AT)
_CATEGORIES = {
    sre.CATEGORY_DIGIT: str.isdecimal,
    sre.CATEGORY_SPACE: str.isspace,
    sre.CATEGORY_WORD: lambda char: char.isalnum() or char == "_",
    sre.CATEGORY_NOT_DIGIT: lambda char: not char.isdecimal(),
    sre.CATEGORY_NOT_SPACE: lambda char: not char.isspace(),
    sre.CATEGORY_NOT_WORD: lambda char: not (char.isalnum() or char == "_"),
}


class Cost(Enum):
    """How the steps of a search may grow with the length of the text."""

    LINEAR = "linear"
    POWER = "a power of the length"
    EXPONENTIAL = "exponential"


@dataclass
class Piece:
    """Part of a pattern: the states it can begin and end with, and whether it can be empty."""

    first: set[int] = field(default_factory=set)
    last: set[int] = field(default_factory=set)
    is_empty: bool = True


class Automaton:
    """The states of one pattern, what each takes, and which follow it; state 0 is before it."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        """Build the automaton of `pattern`. Raises ValueError when it has too many states."""
        self.takes = [_EVERYTHING]
        self.follow: list[set[int]] = [set()]
        self.doubled: set[tuple[int, int]] = set()
        self._ignores_case = bool(pattern.flags & re.IGNORECASE)
        tree = list(sre_parser.parse(pattern.pattern, pattern.flags))
        while tree and tree[0][0] in _ASSERTIONS:
            tree.pop(0)
        self.is_conditional = False
        self.has_twins = False
        whole = self._sequence(tree)
        self.accepting = whole.last
        self._join({0}, {0, *whole.first})

    def _state(self, chars: int) -> Piece:
        self.takes.append(chars)
        self.follow.append(set())
        if len(self.takes) > MOST_STATES:
            raise ValueError("too many states")
        here = {len(self.takes) - 1}
        return Piece(set(here), set(here), is_empty=False)

    def _join(self, before: set[int], behind: set[int]) -> None:
        for state in before:
            self.doubled |= {(state, each) for each in behind & self.follow[state]}
            self.follow[state] |= behind

    def _sequence(self, tree: Iterable[tuple[object, object]]) -> Piece:
        whole = Piece()
        for kind, argument in tree:
            whole = self._after(whole, self._item(kind, argument))
        return whole

    def _after(self, one: Piece, other: Piece) -> Piece:
        self._join(one.last, other.first)
        return Piece(
            one.first | other.first if one.is_empty else one.first,
            one.last | other.last if other.is_empty else other.last,
            is_empty=one.is_empty and other.is_empty,
        )

    def _item(self, kind: object, argument: object) -> Piece:
        if kind in _REPEATS:
            return self._repeat(*argument)
        if kind is sre.BRANCH:
            branches = [self._sequence(branch) for branch in argument[1]]
            self.has_twins |= sum(branch.is_empty for branch in branches) > 1
            return Piece(
                set().union(*(branch.first for branch in branches)),
                set().union(*(branch.last for branch in branches)),
                is_empty=any(branch.is_empty for branch in branches),
            )
        if kind is sre.SUBPATTERN:
            return self._sequence(argument[-1])
        if kind is sre.ATOMIC_GROUP:
            return self._sequence(argument)
        if kind in _ASSERTIONS:
            self.is_conditional = True
            return Piece()
        return self._state(self._chars(kind, argument))

    def _repeat(self, low: int, high: int, body: Iterable[tuple[object, object]]) -> Piece:
        whole = Piece()
        for _ in range(low if high is sre.MAXREPEAT else high):
            once = self._sequence(body)
            once.is_empty = once.is_empty or low == 0
            whole = self._after(whole, once)
        if high is not sre.MAXREPEAT:
            whole.is_empty = whole.is_empty or low == 0
            return whole
        more = self._sequence(body)
        self._join(more.last, more.first)
        more.is_empty = True
        return self._after(whole, more)

    def _chars(self, kind: object, argument: object) -> int:
        takes = _test_of(kind, argument)
        chars = 0
        for index, char in enumerate(ALPHABET):
            others = {char.lower(), char.upper()} if self._ignores_case else ()
            if takes(char) or any(len(each) == 1 and takes(each) for each in others):
                chars |= 1 << index
        return chars

    def steps(self, states: States, *, avoid: Set[int]) -> Iterator[States]:
        """Yield where one character can lead all of these states at once."""
        found: list[tuple[States, int]] = [((), _EVERYTHING)]
        for state in states:
            found = [
                ((*reached, each), chars & self.takes[each])
                for reached, chars in found
                for each in self.follow[state] - avoid
                if chars & self.takes[each]
            ]
        return (reached for reached, _ in found)

    def reached_from(self, start: States, *, avoid: Set[int] = frozenset()) -> set[States]:
        """Return every set of states that some text leads to, all at once."""
        found: set[States] = set()
        left = [start]
        while left:
            for each in self.steps(left.pop(), avoid=avoid):
                if each not in found:
                    found.add(each)
                    left.append(each)
        return found


def _test_of(kind, argument):
    """Return the test whether a character is taken by a leaf of the tree."""
    if kind is sre.LITERAL:
        return lambda char: ord(char) == argument
    if kind is sre.NOT_LITERAL:
        return lambda char: ord(char) != argument
    if kind is sre.RANGE:
        return lambda char: argument[0] <= ord(char) <= argument[1]
    if kind is sre.CATEGORY:
        return _CATEGORIES[argument]
    if kind is sre.IN:
        is_negated = argument[0][0] is sre.NEGATE
        tests = [_test_of(*each) for each in argument[is_negated:]]
        return lambda char: any(test(char) for test in tests) != is_negated
    return lambda _char: True  # `.`, and a group again: one character at least, any


def cost_of(pattern: re.Pattern[str], *, is_searched: bool = True) -> Cost:
    """Return how the steps may grow that `pattern` takes.

    It is searched for everywhere, or else tried only where a text begins.
    """
    automaton = Automaton(pattern)
    if automaton.has_twins:
        return Cost.EXPONENTIAL  # two empty alternatives: two ways that no character tells apart
    states = range(len(automaton.takes))
    looping = [each for each in states if (each,) in automaton.reached_from((each,))]
    if any(_comes_back_in_two_ways(automaton, state) for state in looping if state):
        return Cost.EXPONENTIAL
    feeding = looping if is_searched else looping[1:]
    pairs = ((one, other) for one in feeding for other in looping if one != other)
    return Cost.POWER if any(_feeds(automaton, *pair) for pair in pairs) else Cost.LINEAR


def _comes_back_in_two_ways(automaton: Automaton, state: int) -> bool:
    for one, other in automaton.reached_from((state, state)):
        apart = one != other
        twice = any((one, each) in automaton.doubled for each in automaton.follow[one])
        if (apart or twice) and (state, state) in automaton.reached_from((one, other)):
            return True
    return False


def _feeds(automaton: Automaton, one: int, other: int) -> bool:
    """Return whether a text keeps both states going and leads from the one to the other.

    A search begins anew only where it found nothing before: it came through no accepting state.
    """
    found = automaton.accepting if one == 0 and not automaton.is_conditional else set()
    return (one, other, other) in automaton.reached_from((one, one, other), avoid=found)
