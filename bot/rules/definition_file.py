"""Reads a YAML definition into its typed shape, and says where it is wrong."""

from __future__ import annotations

from typing import TypeVar

import msgspec
import yaml

from bot.core.errors import DefinitionError

Shape = TypeVar("Shape")


def read_struct(source: bytes, shape: type[Shape], name: str) -> Shape:
    """Return `source` (YAML or JSON) as a `shape`.

    Raises DefinitionError whose path leads to the fault, `triage.yaml: rules[3].flag`.
    """
    try:
        document = yaml.load(source, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise DefinitionError(f"{name}{line}", "this is not YAML") from None
    try:
        return msgspec.convert(document, type=shape)
    except msgspec.ValidationError as error:
        problem, _, path = str(error).partition(" - at `")
        place = path.removesuffix("`").removeprefix("$").removeprefix(".")
        raise DefinitionError(f"{name}: {place}" if place else name, problem) from None
