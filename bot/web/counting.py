"""What is logged is counted: every metric of a process comes from its log lines.

A line has a constant name and fields from an allow-list (`bot/core/logs.py`), so a count made of
it can hold no word and no number of a patient, cannot disagree with the log, and needs no second
call where something happens. Labels are names and codes alone: no id ever becomes a label.

With PROMETHEUS_MULTIPROC_DIR the counts of all processes are summed through files mapped into
memory. What must stay true: such a file is written out in full before it is mapped. A page of it
that the disk has no room for would kill the process that touches it, and a full disk is just when
emergency answers must go on. A process that cannot have its files counts nothing.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
FILE_KINDS = ("counter", "histogram")
FILE_BYTES = 262_144
"""Room for over a thousand series; there are a few hundred."""

TURN_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0)
"""Three seconds is the promise for an emergency answer."""

NO_FINDING = "none"
PROGRAM = "bot"
"""The logger above all of ours."""

COUNTS = CollectorRegistry()

TURNS = Counter(
    "porchlight_turns",
    "Turns by channel, tier of the crisis rules and outcome (stored, again, kept)",
    ["channel", "tier", "outcome"],
    registry=COUNTS,
)
SECONDS = Histogram(
    "porchlight_turn_seconds",
    "Time from a message to its decided and stored reply",
    ["channel"],
    buckets=TURN_SECONDS,
    registry=COUNTS,
)
FINDINGS = Counter(
    "porchlight_crisis_findings",
    "Turns in which the crisis rules saw danger",
    ["tier", "category"],
    registry=COUNTS,
)
EMERGENCY_ANSWERS = Counter(
    "porchlight_emergency_answers",
    "Turns answered with emergency resources, from the store or from memory alone",
    ["channel", "source"],
    registry=COUNTS,
)
DELIVERIES = Counter(
    "porchlight_deliveries",
    "How attempts to deliver a row of the outbox ended",
    ["state"],
    registry=COUNTS,
)
RECEIPTS = Counter(
    "porchlight_receipts",
    "What the provider said became of texts",
    ["status"],
    registry=COUNTS,
)
SILENCES = Counter(
    "porchlight_silences",
    "Steps of silence by kind, and how they left the conversation",
    ["kind", "status"],
    registry=COUNTS,
)
REFUSALS = Counter(
    "porchlight_webhook_refusals",
    "Webhook requests that were not let in",
    ["reason"],
    registry=COUNTS,
)
REQUESTS = Counter(
    "porchlight_requests",
    "Requests by route template; texts with a stored turn are counted as turns",
    ["route", "status"],
    registry=COUNTS,
)
EVENTS = Counter(
    "porchlight_events",
    "Log lines that are warnings or worse, by name",
    ["event", "level"],
    registry=COUNTS,
)

Fields = Mapping[str, Any]


class Counting(logging.Handler):
    """Counts the program's own log lines. Never raises, never stops a line."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self._pid = 0
        self._is_counting = False

    def emit(self, record: logging.LogRecord) -> None:
        """Count one line."""
        if os.getpid() != self._pid:
            self._pid = os.getpid()
            self._is_counting = _has_files(self._pid)
        if self._is_counting:
            try:
                count(record)
            except (OSError, ValueError):
                # The line itself is written by another handler; nothing is lost but a count.
                self._is_counting = False


def count(record: logging.LogRecord) -> None:
    """Add one log line of ours to the metrics."""
    event, fields = record.msg, vars(record)
    special = _SPECIAL.get(event)
    if special is not None:
        special(fields)
    elif event.startswith(OUTBOX):
        DELIVERIES.labels(event[len(OUTBOX) :]).inc()
    if record.levelno >= logging.WARNING:
        EVENTS.labels(event, record.levelname.lower()).inc()


def count_log_lines() -> None:
    """Let every log line of the program be counted, once, however often this is called."""
    ours = logging.getLogger(PROGRAM)
    if not any(isinstance(handler, Counting) for handler in ours.handlers):
        ours.addHandler(Counting())


def _turn(fields: Fields) -> None:
    channel, tier = fields["channel"], fields["tier"]
    TURNS.labels(channel, tier, fields["outcome"]).inc()
    SECONDS.labels(channel).observe(fields["duration_ms"] / 1000)
    if tier != NO_FINDING:
        FINDINGS.labels(tier, fields["category"]).inc()
    if fields["crisis_answers"]:
        source = "memory" if fields["outcome"] == "kept" else "store"
        EMERGENCY_ANSWERS.labels(channel, source).inc()


def _lost_crisis(fields: Fields) -> None:
    EMERGENCY_ANSWERS.labels(fields.get("channel", "sms"), "constant").inc()


def _receipt(fields: Fields) -> None:
    RECEIPTS.labels(fields["status"]).inc()


def _silence(fields: Fields) -> None:
    SILENCES.labels(fields["kind"], fields["status"]).inc()


def _refusal(fields: Fields) -> None:
    REFUSALS.labels(fields["reason"]).inc()


def _request(fields: Fields) -> None:
    REQUESTS.labels(fields["route"], fields["status_code"]).inc()


OUTBOX = "outbox."
_SPECIAL: dict[str, Callable[[Fields], None]] = {
    "turn_taken": _turn,
    "crisis_not_recorded": _lost_crisis,
    "receipt_noted": _receipt,
    "timer_fired": _silence,
    "webhook_refused": _refusal,
    "request": _request,
}


def _has_files(pid: int) -> bool:
    """Write this process's files out in full; false if there is no room for them."""
    folder = os.environ.get(FOLDER)
    if not folder:
        return True
    try:
        for kind in FILE_KINDS:
            path = Path(folder, f"{kind}_{pid}.db")
            if not path.exists():
                path.write_bytes(b"\0" * FILE_BYTES)
    except OSError:
        return False
    return True
