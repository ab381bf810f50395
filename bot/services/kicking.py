"""Tells the queue what a commit has just put into the database, so that it need not be found.

A kick carries a row's kind and id and nothing else. It is a hint: the worker finds every row by
itself within seconds, and a kick that is lost, late or comes twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.store.row_book import Rows
from bot.store.statements import PARTS

OUTBOX = "outbox"
"""A row of the outbox is due; the id is its own."""

ALERT = "alert"
"""An alert is due; the id is its own, or that of the text whose failure woke it."""

Kick = Callable[[str, Sequence[str]], None]
"""Takes a kind of row and ids of rows; never raises, never waits."""


def kick_nobody(_kind: str, _ids: Sequence[str]) -> None:
    """Do nothing: without a broker the worker looks for itself."""


def kick_rows(kick: Kick, rows: Rows) -> None:
    """Kick what a turn's committed rows make due: its texts and webhooks, and its alert."""
    for kind in (OUTBOX, ALERT):
        if written := rows.get(kind):
            place = PARTS[kind].columns.index("id")
            kick(kind, [row[place] for row in written])
