"""Listening visitors: their connections, what each has been told, who is due for a sign of life.

A connection is a plain socket that is written to and never waited for. Whoever reads too slowly,
or is gone, is let go: the page connects again, and goes on from the last text it has.
"""

from __future__ import annotations

import selectors
import socket
from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from bot.channels.stream_wire import BEAT
from bot.services.chat_news import Reader, Told

BEAT_SECONDS = 15.0
"""Proxies drop a connection on which nothing was said for a minute."""

MOST_UNSENT_BYTES = 65_536


@dataclass(slots=True, eq=False)
class Visitor:
    """One connection. `unsent` is what its socket did not take yet."""

    connection: socket.socket
    reader: Reader
    token_hash: str
    expires_at: datetime
    told: Told
    unsent: bytes = b""


@dataclass(slots=True)
class Visitors:
    """All visitors of this process. `selector` watches their sockets."""

    selector: selectors.BaseSelector
    everybody: set[Visitor] = field(default_factory=set)
    _of_conversation: dict[str, set[Visitor]] = field(default_factory=dict)
    _beats: deque[tuple[float, Visitor]] = field(default_factory=deque)

    def __len__(self) -> int:
        """Return how many are connected."""
        return len(self.everybody)

    def __contains__(self, visitor: object) -> bool:
        """Whether they are still connected."""
        return visitor in self.everybody

    def __iter__(self) -> Iterator[Visitor]:
        """Yield everybody, safe against changes meanwhile."""
        return iter(list(self.everybody))

    def add(self, visitor: Visitor, *, seconds: float) -> None:
        """Take a visitor in; `seconds` is the monotonic clock."""
        visitor.connection.setblocking(False)
        self.everybody.add(visitor)
        self._place(visitor)
        self._beats.append((seconds + BEAT_SECONDS, visitor))
        self.selector.register(visitor.connection, selectors.EVENT_READ, visitor)

    def listening_to(self, conversation_ids: Collection[str]) -> set[Visitor]:
        """Return who listens to one of these conversations."""
        nobody: set[Visitor] = set()
        return nobody.union(
            *(self._of_conversation.get(each, nobody) for each in conversation_ids)
        )

    def told(self, visitor: Visitor, told: Told) -> None:
        """Note what a visitor has been told by now."""
        if told.conversation_id == visitor.told.conversation_id:
            visitor.told = told
            return
        self._leave_place(visitor)
        visitor.told = told
        self._place(visitor)

    def say(self, visitor: Visitor, content: bytes) -> None:
        """Write to a visitor as far as the socket takes it; let go of one who does not read."""
        if visitor not in self.everybody:
            return
        if visitor.unsent:
            visitor.unsent += content
            if len(visitor.unsent) > MOST_UNSENT_BYTES:
                self.drop(visitor)
            return
        visitor.unsent = content
        self.write_on(visitor)

    def write_on(self, visitor: Visitor) -> None:
        """Write what is unsent; the selector calls again when there is room."""
        waited = bool(self.selector.get_key(visitor.connection).events & selectors.EVENT_WRITE)
        try:
            sent = visitor.connection.send(visitor.unsent)
        except BlockingIOError:
            sent = 0
        except OSError:
            self.drop(visitor)
            return
        visitor.unsent = visitor.unsent[sent:]
        waits = bool(visitor.unsent)
        if waits != waited:
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if waits else 0)
            self.selector.modify(visitor.connection, events, visitor)

    def hear(self, visitor: Visitor) -> None:
        """Let go of a visitor whose side is closed; what else they may send means nothing."""
        try:
            said = visitor.connection.recv(4096)
        except BlockingIOError:
            return
        except OSError:
            said = b""
        if not said:
            self.drop(visitor)

    def beat(self, *, seconds: float) -> None:
        """Give a sign of life to everybody whose last one is long ago."""
        while self._beats and self._beats[0][0] <= seconds:
            _, visitor = self._beats.popleft()
            if visitor in self.everybody:
                self.say(visitor, BEAT)
                self._beats.append((seconds + BEAT_SECONDS, visitor))

    def drop(self, visitor: Visitor) -> None:
        """Close a connection and forget it."""
        if visitor not in self.everybody:
            return
        self.everybody.discard(visitor)
        self._leave_place(visitor)
        self.selector.unregister(visitor.connection)
        visitor.connection.close()

    def _place(self, visitor: Visitor) -> None:
        self._of_conversation.setdefault(visitor.told.conversation_id, set()).add(visitor)

    def _leave_place(self, visitor: Visitor) -> None:
        here = self._of_conversation.get(visitor.told.conversation_id)
        if here is not None:
            here.discard(visitor)
            if not here:
                del self._of_conversation[visitor.told.conversation_id]
