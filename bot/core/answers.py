"""What a patient answered, and what became of a question that got no usable answer.

Unknown is not no: a skipped, unclear or never-asked question has no value. A question that was
not asked has no Answer at all. Whoever reads answers goes through `values_of`, which leaves
every such symbol out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

import msgspec

Value = bool | int | float | str | tuple[str, ...] | None
"""bool for yes/no; int or float for a number; a choice's code, an ISO date (YYYY-MM-DD), a state's
two letters or free text as str; several choices' codes as a tuple."""


class AnswerStatus(StrEnum):
    """Typed fate of a question that was asked."""

    ANSWERED = "answered"
    SKIPPED = "skipped"
    UNCLEAR = "unclear"


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """One question's answer. A msgspec Struct, since every turn reads and writes all of them.

    `value` is None unless status is ANSWERED. `parts` are further symbols that conditions may use
    as `<link_id>_<part>`, e.g. `bp_systolic`. `written` is the patient's own words. `at_turn` is
    the number of the turn that gave it.
    """

    link_id: str
    status: AnswerStatus
    value: Value = None
    parts: Mapping[str, Value] = msgspec.field(default_factory=dict)
    written: str = ""
    at_turn: int = 0


def values_of(answers: Iterable[Answer]) -> dict[str, Value]:
    """Return what is known: symbol -> value. Skipped and unclear answers are absent, not false."""
    known: dict[str, Value] = {}
    for answer in answers:
        if answer.status is not AnswerStatus.ANSWERED:
            continue
        known[answer.link_id] = answer.value
        for part, value in answer.parts.items():
            known[f"{answer.link_id}_{part}"] = value
    return known
