"""Three-valued logic as closures: what a compiled condition is made of.

A closure takes the known values and returns a value, or None for unknown. Unknown propagates,
except where the other side alone settles the result (Kleene's strong logic of 1952).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bot.core.answers import Value

Values = Mapping[str, Value]
Run = Callable[[Values], Any]


def loader(name: str, types: frozenset[type]) -> Run:
    """Return the value of symbol `name` when it is of one of `types`, else None."""

    def load(values: Values) -> Value:
        value = values.get(name)
        return value if type(value) in types else None

    return load


def either(left: Run, right: Run, *, decides: bool) -> Run:
    """Kleene's `or` (decides=True) or `and` (decides=False): that value settles the whole."""

    def run(values: Values) -> bool | None:
        first: bool | None = left(values)
        if first is decides:
            return decides
        second: bool | None = right(values)
        if second is decides:
            return decides
        return None if first is None or second is None else not decides

    return run


def mapped(inner: Run, change: Callable[[Any], Any]) -> Run:
    """Return `change` of what `inner` gives, when that is known."""

    def run(values: Values) -> Any:
        value = inner(values)
        return None if value is None else change(value)

    return run


def paired(left: Run, right: Run, combine: Callable[[Any, Any], Any]) -> Run:
    """Return `combine` of both sides, when both are known."""

    def run(values: Values) -> Any:
        first, second = left(values), right(values)
        return None if first is None or second is None else combine(first, second)

    return run


def member_of(inner: Run, members: frozenset[Any]) -> Run:
    """Return whether what `inner` gives is one of `members`, when it is known."""

    def run(values: Values) -> bool | None:
        value = inner(values)
        return None if value is None else value in members

    return run


def known(inner: Run, *, wanted: bool) -> Run:
    """Return whether what `inner` gives is unknown (wanted) or known; always decided."""
    return lambda values: (inner(values) is None) is wanted


def compared(inner: Run, literal: Value, compare: Callable[[Any, Any], bool]) -> Run:
    """Return `compare` of what `inner` gives with a literal: the common case, one call less."""

    def run(values: Values) -> bool | None:
        value = inner(values)
        return None if value is None else compare(value, literal)

    return run


def quotient(left: float, right: float) -> float | None:
    """Return left / right; a division by zero has no value, so it is unknown."""
    return None if right == 0 else left / right


def is_in(member: str, several: tuple[str, ...]) -> bool:
    """Return whether `member` is among `several`."""
    return member in several
