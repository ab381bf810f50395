"""What a check reports, and the limits it reports against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding. `code` names the check, `path` the node and field: `consent.text.es.sms`."""

    code: str
    path: str
    message: str


@dataclass(frozen=True, slots=True)
class LintOptions:
    """The limits. Segments are of one text message, with the longest words filled in.

    `languages` every flow must have. `grade` is the highest school grade of a node's own words
    taken together; texts of fewer than `grade_words` words are too short to be graded.
    """

    languages: tuple[str, ...] = ("en", "es")
    segments: int = 2
    instrument_segments: int = 3
    summary_segments: int = 5
    grade: float = 6.0
    grade_words: int = 20
    words: Mapping[str, str] = field(
        default_factory=lambda: {
            "clinic_name": "N" * 32,
            "clinic_phone": "5" * 14,
            "secure_link": "https://" + "x" * 70,
        }
    )


DEFAULT_LINT = LintOptions()
