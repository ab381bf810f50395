"""Can this process do its work, and does everything behind it move?

The two are kept apart. A load balancer may take a process out of service only for what another
one could do better: no database, other tables than it expects, no room to keep messages. A worker
that stands still, or a page that does not leave, is no fault of a web process; taking all of them
away would end what still works. So that is `degraded`: it is told, it deserves an alarm, and the
process goes on answering patients.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.errors import StoreUnavailable
from bot.services.parts import Parts
from bot.store.engine import READ_ONLY, store_errors
from bot.store.figures import Figures, outbox_waiting, read_figures
from bot.store.heartbeats import ROUTINE, URGENT, signs_of_life
from bot.store.migrate import current, head

OK = "ok"
MISSED_AFTER = timedelta(seconds=60)
"""A worker beats every five seconds, but one provider that hangs may take it half a minute."""

URGENT_LATE_AFTER = timedelta(minutes=2)
KEPT_LATE_AFTER = timedelta(minutes=2)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Readiness:
    """`needed` and `behind`: part -> "ok" or what is wrong with it, in a few words."""

    needed: dict[str, str]
    behind: dict[str, str]

    @property
    def is_ready(self) -> bool:
        """Whether this process can do its work."""
        return all(found == OK for found in self.needed.values())

    @property
    def degraded(self) -> list[str]:
        """The parts behind this process that do not move as they should."""
        return [part for part, found in self.behind.items() if found != OK]


def readiness(parts: Parts) -> Readiness:
    """Return how this process and what stands behind it are. Lets a database that fails rest."""
    needed = {"database": OK, "migrations": OK, "spool": _spool(parts)}
    behind = {"kept_messages": _kept_messages(parts)}
    try:
        if current(parts.engine) == head():
            behind |= _behind(parts)
        else:
            needed["migrations"] = "not at the revision this program expects"
    except StoreUnavailable as error:
        log.exception("not_ready")
        parts.health.note(error)
        needed |= {"database": "does not answer", "migrations": "not known"}
    return Readiness(needed, behind)


def figures_now(parts: Parts) -> Figures | None:
    """Return the figures of what waits; None while the database is away."""
    if parts.health.is_down:
        return None
    try:
        with store_errors(), parts.engine.connect().execution_options(**READ_ONLY) as connection:
            return read_figures(connection, alive_since=parts.now() - MISSED_AFTER)
    except StoreUnavailable as error:
        parts.health.note(error)
        return None


def _spool(parts: Parts) -> str:
    return OK if parts.spool.takes_messages() else "takes no messages"


def _kept_messages(parts: Parts) -> str:
    """A message that was kept on disk becomes a turn within seconds, unless nobody replays."""
    since = parts.spool.waiting_since()
    late = since is not None and parts.now() - since > KEPT_LATE_AFTER
    return "wait for more than two minutes" if late else OK


def _behind(parts: Parts) -> dict[str, str]:
    now = parts.now()
    with store_errors(), parts.engine.connect().execution_options(**READ_ONLY) as connection:
        programs = signs_of_life(connection, since=now - MISSED_AFTER)
        outbox = outbox_waiting(connection)
    alive = {program.role for program in programs if program.alive}
    oldest = min((row.oldest_at for row in outbox if row.is_urgent), default=now)
    return {
        "worker": OK if {URGENT, ROUTINE} <= alive else "no sign of life",
        "urgent": _urgent(now, oldest),
    }


def _urgent(now: datetime, oldest: datetime) -> str:
    return "one has waited for more than two minutes" if now - oldest > URGENT_LATE_AFTER else OK
