"""Named places on the route where a crash would hurt most.

The program says that it has come to a place, and nothing happens: no setting, no environment
variable and nothing in `bot/` gives these calls an effect. A harness that wants to see what a
crash leaves behind starts the program through an entry of its own, which installs a hook.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum


class FailPoint(StrEnum):
    """A place on the route, in the order in which one message meets them."""

    SIGNATURE_CHECKED = "signature-checked"
    TEXT_SCANNED = "text-scanned"
    TURN_DECIDED = "turn-decided"
    TURN_WRITTEN = "turn-written"
    TURN_COMMITTED = "turn-committed"
    REPLY_READY = "reply-ready"
    SPOOL_SYNCED = "spool-synced"
    SPOOL_KEPT = "spool-kept"
    SPOOL_REPLAYED = "spool-replayed"
    RECEIPT_KEPT = "receipt-kept"
    ALERT_STEPPED = "alert-stepped"
    ALERT_COMMITTED = "alert-committed"
    TIMER_WRITTEN = "timer-written"
    TIMER_COMMITTED = "timer-committed"
    OUTBOX_LEASED = "outbox-leased"
    SENDING_MARKED = "sending-marked"
    ANSWER_READ = "answer-read"
    OUTCOME_WRITTEN = "outcome-written"
    OUTCOME_COMMITTED = "outcome-committed"


Hook = Callable[[FailPoint], object]

_hook: Hook | None = None


def reached(point: FailPoint) -> None:
    """Say that the program has come to `point`; does nothing unless a harness listens."""
    if _hook is not None:
        _hook(point)


def listen(hook: Hook | None) -> None:
    """Let `hook` be called at every point from now on, None: nobody. For harnesses alone."""
    global _hook
    _hook = hook
