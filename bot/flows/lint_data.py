"""The words and exceptions that lint works with, from `definitions/lint.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import msgspec
import yaml

from bot.core.errors import DefinitionError
from bot.flows.phrases import DEFINITIONS


class LintData(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`telling_words` are beginnings of words; `exceptions` are flow -> code -> the reason."""

    telling_words: tuple[str, ...]
    exceptions: Mapping[str, Mapping[str, str]] = {}


@cache
def lint_data() -> LintData:
    """Return the data, read on the first call.

    Raises:
        DefinitionError: the file is faulty.
    """
    path = DEFINITIONS / "lint.yaml"
    try:
        return msgspec.convert(yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader), LintData)
    except msgspec.ValidationError as error:
        raise DefinitionError(path.name, str(error)) from error
