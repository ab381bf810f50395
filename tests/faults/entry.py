"""The program as the harness starts it: wsgi.py with a listener at the fail points.

Nothing of the program is replaced. Pauses are shorter, so that minutes of waiting pass in
seconds; the shortened constants are named here, all of them. With FAULTS_UNSHORTENED in the
environment none is.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.core.fail_points import listen
from tests.faults.disk import watch
from tests.faults.triggers import MID_RESPONSE, Triggers

SHORTER: tuple[tuple[str, str, Any], ...] = (
    ("bot.delivery.outbox", "LEASE_SECONDS", 3.0),
    ("bot.delivery.outcomes", "PAUSES_SECONDS", (0.1, 0.2, 0.5, 1, 1, 1, 1)),
    ("bot.delivery.outcomes", "LOOKS_SECONDS", (0.5, 0.5, 0.5, 0.5)),
    ("bot.delivery.looking", "ABSENT_FOR", timedelta(seconds=1)),
    ("bot.services.timers", "LEASE_SECONDS", 3.0),
    ("bot.delivery.runner", "IDLE_SECONDS", 0.05),
    ("bot.delivery.runner", "DATABASE_AWAY_SECONDS", 0.5),
)

QUICK_ALERTS: tuple[tuple[str, str, Any], ...] = (
    (
        "bot.consults.alert",
        "ESCALATION",
        tuple((timedelta(seconds=s), people) for s, people in ((0, 1), (2, 2), (5, 3), (15, 99))),
    ),
    ("bot.consults.alert", "REPEAT", timedelta(seconds=15)),
)

triggers = Triggers(Path(os.environ["FAULTS_DIR"]))
if "FAULTS_POWER" in os.environ:
    watch(Path(os.environ["SPOOL_DIR"]), Path(os.environ["FAULTS_DIR"]).parent / "synced")
listen(triggers.meet)


def _shorten() -> None:
    shorter = () if "FAULTS_UNSHORTENED" in os.environ else SHORTER
    quick = QUICK_ALERTS if "FAULTS_QUICK_ALERTS" in os.environ else ()
    for module_name, name, value in (*shorter, *quick):
        module = importlib.import_module(module_name)
        if not hasattr(module, name):
            raise SystemExit(f"{module_name} has no {name} any more; see tests/faults/entry.py")
        setattr(module, name, value)


_shorten()

from wsgi import app  # noqa: E402


def serving(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    """The same application, whose answer can break off in the middle."""
    answer = app(environ, start)
    if not environ["PATH_INFO"].endswith("/sms"):
        return answer
    return _in_halves(b"".join(answer))


def _in_halves(content: bytes) -> Iterator[bytes]:
    yield content[: len(content) // 2]
    triggers.meet(MID_RESPONSE)
    yield content[len(content) // 2 :]
