"""Which tests wait for each other: those with real browsers, and those with real servers.

A browser or a server beside another only waits for it, and there is one broker for all. xdist's
own groups are names added to a test's id, which newer pytest does not show any more.
"""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

ROOMS = ("tests/browser/", "tests/live/")
"""Folders whose tests run in one process, one after the other."""


class InTurns(LoadScopeScheduling):
    """Spreads tests over the processes one by one; those of a room stay together."""

    def _split_scope(self, nodeid: str) -> str:
        return next((room for room in ROOMS if nodeid.startswith(room)), nodeid)


def pytest_xdist_make_scheduler(config, log):
    return InTurns(config, log)
