"""Which fields of an `ask` node fit which kind of question."""

from __future__ import annotations

from bot.core.errors import DefinitionError
from bot.flows.files import Ask
from bot.flows.questions import Kind

_NUMBERS = frozenset({Kind.INTEGER, Kind.DECIMAL})
_LISTS = frozenset({Kind.ONE_OF, Kind.MANY_OF})
_FIELDS: dict[str, frozenset[Kind]] = {
    "choices": _LISTS,
    "minimum": _NUMBERS,
    "maximum": _NUMBERS,
    "unit": _NUMBERS,
    "past": frozenset({Kind.DATE}),
    "minimum_age_years": frozenset({Kind.DATE}),
    "maximum_age_years": frozenset({Kind.DATE}),
    "risk": _LISTS | {Kind.YES_NO},
    "unsure": frozenset(Kind) - {Kind.TEXT},
}
_RANGES = (("minimum", "maximum"), ("minimum_age_years", "maximum_age_years"))


def refuse_misfits(node: Ask, path: str) -> None:
    """Refuse fields that the node's kind has no use for, and values that contradict.

    Raises:
        DefinitionError: with the path of the field.
    """
    for field, kinds in _FIELDS.items():
        if getattr(node, field) and node.kind not in kinds:
            raise DefinitionError(f"{path}.{field}", f"does not fit kind {node.kind.value}")
    if node.kind in _LISTS and not node.choices:
        raise DefinitionError(f"{path}.choices", "needs at least one choice")
    if node.kind is not Kind.MANY_OF and any(choice.exclusive for choice in node.choices):
        raise DefinitionError(f"{path}.choices", "`exclusive` fits many_of only")
    for low, high in _RANGES:
        least, most = getattr(node, low), getattr(node, high)
        if least is not None and most is not None and least > most:
            raise DefinitionError(f"{path}.{low}", f"is above {high}")
    _refuse_bad_risk(node, path)


def _refuse_bad_risk(node: Ask, path: str) -> None:
    if node.risk is None:
        return
    here, positive = f"{path}.risk.positive", node.risk.positive
    if (node.kind is Kind.YES_NO) != isinstance(positive, bool):
        raise DefinitionError(here, "is true or false for yes_no, a list of values otherwise")
    if isinstance(positive, bool):
        return
    unknown = set(positive) - {choice.value for choice in node.choices}
    if unknown or not positive:
        raise DefinitionError(here, "must list values of the choices, at least one")
