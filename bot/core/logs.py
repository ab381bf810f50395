"""Log lines: one JSON object each, made of ids and counts. A patient's words cannot get in.

A line is written as `log.warning("turn_failed", extra={"conversation_id": ...})`: a constant name
and fields from the allow-list below. What must stay true:

* Nothing is interpolated. A record's arguments are dropped, and so is the text of a record that
  does not come from this program: libraries put the data they choke on into their messages.
* A field that is not on the list is dropped, a value of another shape than its list is withheld.
* An exception is shown by its type and where it was raised. Its text is shown only for our own
  errors, which by rule name ids and fields alone.
"""

from __future__ import annotations

import json
import logging
import re
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from bot.core.errors import PorchlightError

# fmt: off
ID_FIELDS = frozenset({
    "clinic_id", "conversation_id", "patient_id", "message_id", "consult_id", "clinician_id",
    "event_id", "outbox_id", "timer_id", "alert_id", "link_id", "request_id", "provider_id",
    "flow_hash", "ruleset_hash",
})
WORD_FIELDS = frozenset({
    "route", "method", "channel", "kind", "status", "tier", "category", "subject", "priority",
    "disposition", "reason", "code", "error", "setting", "setting_names", "state", "action",
    "role", "source", "language", "outcome", "field", "problem", "error_code",
})
NUMBER_FIELDS = frozenset({
    "turn_number", "duration_ms", "texts", "rules", "count", "attempt", "attempts", "pid",
    "port", "exit_code", "status_code", "media_count", "risk", "duplicate", "position",
    "workers", "seconds", "version", "step", "pages", "replies", "crisis_answers",
})
# fmt: on
ID_SHAPE = re.compile(r"[A-Za-z0-9_.-]{1,64}", re.ASCII)
WORD_SHAPE = re.compile(r"[A-Za-z0-9_<>/:., -]{1,160}", re.ASCII)
DIGITS = re.compile(r"[0-9]{6,}")
ONLY_DIGITS = re.compile(r"^\+?[0-9]{7,15}$")
EVENT_SHAPE = re.compile(r"[a-z][a-z0-9_.-]{2,60}", re.ASCII)
OURS = ("bot", "config", "wsgi")
FRAMES_SHOWN = 8


class JsonLines(logging.Formatter):
    """Writes a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; never raises and never shows what is not on the list."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": _event(record),
        }
        line.update(_allowed_fields(record))
        if record.exc_info and record.exc_info[1] is not None:
            line["exception"] = describe_exception(record.exc_info[1])
        return json.dumps(line, ensure_ascii=True)


def reporter(logger: logging.Logger) -> Callable[..., None]:
    """Return a function that logs the name of a thing that happened, and its ids and counts."""

    def report(event: str, **fields: object) -> None:
        logger.info(event, extra=fields)

    return report


def describe_exception(error: BaseException) -> dict[str, Any]:
    """Return the type of `error` and its causes, where each was raised, and no data."""
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES_SHOWN:]
    told: dict[str, Any] = {
        "type": f"{type(error).__module__}.{type(error).__qualname__}",
        "at": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }
    if isinstance(error, PorchlightError):
        told["text"] = str(error)
    cause = error.__cause__ or error.__context__
    if cause is not None and cause is not error:
        told["cause"] = f"{type(cause).__module__}.{type(cause).__qualname__}"
    return told


def _event(record: logging.LogRecord) -> str:
    message = record.msg if isinstance(record.msg, str) else ""
    ours = record.name.split(".", 1)[0] in OURS
    return message if ours and EVENT_SHAPE.fullmatch(message) else "withheld"


def _allowed_fields(record: logging.LogRecord) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for name, value in vars(record).items():
        if name in NUMBER_FIELDS:
            shown[name] = value if isinstance(value, bool | int | float) else "withheld"
        elif name in ID_FIELDS:
            shown[name] = _shown(value, ID_SHAPE, refused=ONLY_DIGITS)
        elif name in WORD_FIELDS:
            shown[name] = _shown(value, WORD_SHAPE, refused=DIGITS)
    return shown


def _shown(value: object, shape: re.Pattern[str], *, refused: re.Pattern[str]) -> Any:
    if value is None or isinstance(value, bool):
        return value
    text = str(value)
    if not shape.fullmatch(text) or refused.search(text):
        return "withheld"
    return text
