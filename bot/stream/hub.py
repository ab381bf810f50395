"""The hub: one loop over all connections. It holds no database session between two looks.

News come from three sides: told by the processes of this machine through a socket, by other
machines through the broker, and found by looking, which also covers whatever was not told.
"""

from __future__ import annotations

import gc
import logging
import resource
import selectors
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Event
from typing import Protocol

from bot.channels.stream_wire import EVERYBODY, event, reconnect_after
from bot.core.clock import monotonic_seconds
from bot.core.errors import StoreUnavailable
from bot.services.chat_news import News, Reader, Told, over, read_news
from bot.services.parts import Parts
from bot.stream.agenda import Agenda
from bot.stream.door import Doors
from bot.stream.visitors import Visitor, Visitors

TICK_SECONDS = 0.25
LOOK_SECONDS = 1.0
"""How often everybody's conversation is looked at, told or not."""

OVER_SECONDS = 20.0
"""How often it is asked whose session is over."""

REST_SECONDS = 2.0
OTHER_FILES = 64
"""Beside visitors' connections: the database, the log, the doors."""

RECONNECT_MILLISECONDS = 1000
SPREAD_MILLISECONDS = 4000
"""After a stop pages come back at different moments, not all at once."""

log = logging.getLogger(__name__)


class Elsewhere(Protocol):
    """What other machines tell."""

    def told(self) -> set[str]:
        """Return conversation ids that have news; waits for nothing, never raises."""


class Nowhere:
    """There are no other machines, or they are not told of."""

    def told(self) -> set[str]:
        """Nothing is told."""
        return set()


@dataclass(slots=True)
class Hub:
    """Tells visitors what is new until it is stopped. `most` connections at once."""

    parts: Parts
    doors: Doors
    most: int
    elsewhere: Elsewhere = field(default_factory=Nowhere)
    seconds: Callable[[], float] = monotonic_seconds
    selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    visitors: Visitors = field(init=False)
    agenda: Agenda = field(default_factory=Agenda)
    _look_at: float = 0.0
    _over_at: float = 0.0

    def __post_init__(self) -> None:
        """Watch the doors."""
        self.visitors = Visitors(self.selector)
        self.selector.register(self.doors.connections, selectors.EVENT_READ)
        self.selector.register(self.doors.news, selectors.EVENT_READ)

    def run(self, stop: Event) -> None:
        """Work until `stop` is set, then ask everybody to come back a little later."""
        self.most = min(self.most, _open_files(self.most))
        gc.freeze()  # flows and rules stay: looking through them again would hold up all visitors
        log.info("stream_started")
        while not stop.is_set():
            self.round()
        self._close()
        log.info("stream_stopped", extra={"count": len(self.visitors)})

    def round(self) -> None:
        """Wait a moment for something to happen, and treat all that has."""
        for key, events in self.selector.select(0 if self.agenda else TICK_SECONDS):
            visitor = key.data
            if visitor is None:
                continue
            if events & selectors.EVENT_READ:
                self.visitors.hear(visitor)
            if events & selectors.EVENT_WRITE and visitor in self.visitors.everybody:
                self.visitors.write_on(visitor)
        self._let_in()
        self._plan(self.doors.told() | self.elsewhere.told())
        self._look()
        self.visitors.beat(seconds=self.seconds())

    def _let_in(self) -> None:
        for listener, connection in self.doors.handed_over(self._is_room):
            told = Told(listener.conversation_id, listener.place, listener.status)
            visitor = Visitor(
                connection,
                (listener.clinic_id, listener.address_hash),
                listener.token_hash,
                listener.expires_at,
                told,
            )
            self.visitors.add(visitor, seconds=self.seconds())
            greeting = reconnect_after(RECONNECT_MILLISECONDS)
            self.visitors.say(visitor, listener.head + greeting)

    def _is_room(self) -> bool:
        return len(self.visitors) < self.most

    def _plan(self, conversation_ids: set[str]) -> None:
        """Have the told conversations looked at, and everybody's when it is time."""
        now = self.seconds()
        self.agenda.put_first(self.visitors.listening_to(conversation_ids))
        if now >= self._look_at or EVERYBODY in conversation_ids:
            self.agenda.put(self.visitors)
            self._look_at = now + LOOK_SECONDS

    def _look(self) -> None:
        """Look at the next few, and from time to time at whose session is over."""
        now = self.seconds()
        try:
            self._bring_news(each for each in self.agenda.take() if each in self.visitors)
            if now >= self._over_at:
                self._over_at = now + OVER_SECONDS
                self._let_go()
        except StoreUnavailable:
            self.agenda.clear()
            self._look_at = now + REST_SECONDS

    def _bring_news(self, wanted: Iterable[Visitor]) -> None:
        readers: dict[Reader, list[Visitor]] = {}
        for visitor in wanted:
            readers.setdefault(visitor.reader, []).append(visitor)
        for listening in _one_of_each(readers):
            for reader, news in self._read(listening).items():
                for visitor in readers[reader]:
                    if visitor.told == listening[reader]:
                        self._bring(visitor, news)

    def _read(self, listening: dict[Reader, Told]) -> dict[Reader, News]:
        """Return the news of all; a chat that cannot be read keeps no other from being heard."""
        try:
            return read_news(self.parts, listening)
        except StoreUnavailable:
            raise
        except Exception:
            log.exception("chat_news_unreadable")
        found: dict[Reader, News] = {}
        for reader, told in listening.items():
            try:
                found |= read_news(self.parts, {reader: told})
            except StoreUnavailable:
                raise
            except Exception:
                self._hang_up(reader)
        return found

    def _hang_up(self, reader: Reader) -> None:
        """Let go of who listens to a chat that cannot be read; the page asks for it itself."""
        for visitor in self.visitors:
            if visitor.reader == reader:
                self.visitors.drop(visitor)

    def _bring(self, visitor: Visitor, news: News) -> None:
        said = [event("message", each, event_id=each.id) for each in news.messages]
        if news.speaker is not None:
            said.append(event("state", {"status": news.told.status, "speaker": news.speaker}))
        self.visitors.told(visitor, news.told)
        if said:
            self.visitors.say(visitor, b"".join(said))

    def _let_go(self) -> None:
        """Close the connections of sessions that are over."""
        hashes = {visitor.token_hash for visitor in self.visitors}
        closed = over(self.parts, hashes) if hashes else set()
        for visitor in self.visitors:
            if visitor.token_hash in closed:
                self.visitors.drop(visitor)

    def _close(self) -> None:
        self.doors.close()
        for number, visitor in enumerate(self.visitors):
            spread = number * 7919 % SPREAD_MILLISECONDS
            with suppress(OSError):
                self.visitors.say(visitor, reconnect_after(RECONNECT_MILLISECONDS + spread))
            self.visitors.drop(visitor)


def _open_files(wanted: int) -> int:
    """Let this process hold so many connections; return how many it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + OTHER_FILES
    if soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return soft - OTHER_FILES


def _one_of_each(readers: dict[Reader, list[Visitor]]) -> Iterable[dict[Reader, Told]]:
    """Yield what is to be asked: each reader once a round, differently informed tabs in turn."""
    rest = {reader: list({v.told: None for v in here}) for reader, here in readers.items()}
    while rest:
        yield {reader: told.pop() for reader, told in rest.items()}
        rest = {reader: told for reader, told in rest.items() if told}
