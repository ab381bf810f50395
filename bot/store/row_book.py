"""The rows of one turn while they are being made."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from bot.conversation.model import Conversation
from bot.store.crypto import KeyRing
from bot.store.statements import PARTS, in_order

Rows = dict[str, list[tuple[Any, ...]]]
"""Part name -> rows, in the order in which PARTS lists the parts."""


class RowBook:
    """Collects rows by part. `after` is the conversation as the turn leaves it."""

    def __init__(
        self, after: Conversation, now: datetime, keyring: KeyRing, new_id: Callable[[], str]
    ) -> None:
        """Take the conversation, the moment, the cipher and the source of ids."""
        self.after = after
        self.now = now
        self.new_id = new_id
        self.seal = keyring.seal
        self._rows: Rows = defaultdict(list)

    def add(self, part: str, **values: Any) -> None:
        """Add a row, given by column; `created_at` is now unless given."""
        self._rows[part].append(in_order(part, {"created_at": self.now, **values}))

    def add_change(self, part: str, *values: Any) -> None:
        """Add an update: values of the part's columns, then of its keys."""
        self._rows[part].append(values)

    def of_turn(self) -> dict[str, Any]:
        """Return the columns that say which turn a row belongs to."""
        return {"conversation_id": self.after.id, "turn_number": self.after.turn_number}

    def count(self, part: str) -> int:
        """Return how many rows the part has so far."""
        return len(self._rows.get(part, ()))

    def seal_json(self, column: str, content: Any) -> bytes:
        """Return `content` as JSON, encrypted for the column."""
        return self.seal(column, msgspec.json.encode(content))

    def in_statement_order(self) -> Rows:
        """Return the rows by part, in the order of PARTS."""
        return {name: self._rows[name] for name in PARTS if name in self._rows}
