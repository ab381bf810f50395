"""Instruments that need a licensor's permission: off unless a recorded permission holds.

The C-SSRS screener is copyrighted and an exclusive licence is claimed for its electronic form, so
its file lies apart from the instruments that flows may name and is opened only here, after a
permission record was read and found to hold. Nothing falls back to loading it without one.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import msgspec

from bot.core.answers import Answer, values_of
from bot.core.errors import DefinitionError, IncompleteAnswers, Refused
from bot.core.instruments import YES, Instrument, load_instrument
from bot.core.questionnaire import (
    ORDINAL,
    OWN,
    QuestionnaireItem,
    decode_questionnaire,
    extension_of,
)

PLUGINS = Path(__file__).parent / "definitions" / "plugins"
RISK_LEVEL = OWN + "risk-level"
NEEDED_SCOPE = "electronic-administration"


class Permission(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A licensor's permission, as the operator wrote it down.

    `instrument` is the instrument's id. `scope` lists what is permitted and must contain
    `electronic-administration`. `document` says where the signed permission is kept. Without
    `valid_until` the permission has no end.
    """

    instrument: str
    licensor: str
    licensee: str
    granted_on: date
    scope: tuple[str, ...]
    document: str
    valid_until: date | None = None


def read_permission(path: Path) -> Permission:
    """Return the permission recorded in the YAML file at `path`.

    Raises:
        Refused: there is no such file.
        DefinitionError: the record is not readable, lacks a field or leaves one blank.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Refused("no permission record: the instrument stays off") from error
    try:
        permission = msgspec.yaml.decode(content, type=Permission)
    except msgspec.DecodeError as error:
        raise DefinitionError(path.name, str(error)) from error
    for name in ("instrument", "licensor", "licensee", "document"):
        if not str(getattr(permission, name)).strip():
            raise DefinitionError(f"{path.name}.{name}", "must not be blank")
    return permission


def load_plugin_instrument(
    instrument_id: str, permission: Permission, *, today: date, directory: Path = PLUGINS
) -> Instrument:
    """Return the licensed instrument, provided that `permission` covers it on `today`.

    Raises:
        Refused: the permission is for another instrument or scope, or not in force.
        DefinitionError: there is no such instrument, or its file is wrong.
    """
    _refuse_unless_covered(instrument_id, permission, today)
    if instrument_id not in {path.stem for path in directory.glob("*.json")}:
        raise DefinitionError(instrument_id, "there is no such licensed instrument")
    path = directory / f"{instrument_id}.json"
    return load_instrument(path.read_bytes(), path.name)


def _refuse_unless_covered(instrument_id: str, permission: Permission, today: date) -> None:
    problems = {
        "is for another instrument": permission.instrument != instrument_id,
        f"does not cover {NEEDED_SCOPE}": NEEDED_SCOPE not in permission.scope,
        "is not in force yet": permission.granted_on > today,
        "has run out": permission.valid_until is not None and permission.valid_until < today,
    }
    for problem, holds in problems.items():
        if holds:
            raise Refused(f"{instrument_id}: the recorded permission {problem}")


def risk_level(instrument: Instrument, answers: Mapping[str, Answer]) -> str | None:
    """Return the LOINC code of the highest level among the items answered yes; None if none was.

    Source: Columbia-Suicide Severity Rating Scale screener, triage points: items 1 and 2 low;
    3, and 6 more than three months ago, moderate; 4, 5, and 6 within three months high.

    Raises:
        IncompleteAnswers: names the items that should have been asked and have no answer.
    """
    values = values_of(answers[i.link_id] for i in instrument.items if i.link_id in answers)
    missing = [
        item.link_id
        for item in instrument.items
        if item.link_id not in values
        and (item.enabled is None or item.enabled.evaluate(values) is not False)
    ]
    if missing:
        raise IncompleteAnswers(instrument.id, missing)
    resource = decode_questionnaire(instrument.source, instrument.id)
    levels = [_level(item) for item in resource.item if values.get(item.link_id) == YES]
    return max(levels)[1] if levels else None


def _level(item: QuestionnaireItem) -> tuple[float, str]:
    level = extension_of(item.extension, RISK_LEVEL)
    coding = level.value_coding if level else None
    rank = extension_of(coding.extension, ORDINAL) if coding else None
    if coding is None or rank is None or rank.value_decimal is None:
        raise DefinitionError(item.link_id, "has no risk level with an ordinal")
    return rank.value_decimal, coding.code
