"""The two Unix sockets: on one connections are handed over, on the other news are told."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from bot.channels.stream_wire import (
    ACCEPTED,
    FULL,
    HANDED_OVER,
    LARGEST_BYTES,
    TOLD,
    Listener,
    is_ours,
)
from bot.core.errors import SettingsError

HAND_OVER_SECONDS = 0.5
"""A web process sends at once; one that does not must not hold up the others."""


class Doors:
    """The sockets in a folder of ours, and what comes through them."""

    def __init__(self, folder: Path) -> None:
        """Open both. Raises SettingsError when the folder cannot be used or is not ours alone."""
        self.folder = folder
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not is_ours(folder):
                raise SettingsError(["STREAM_DIR"], "must belong to this user alone")
            self.connections = self._open(HANDED_OVER, socket.SOCK_STREAM)
            self.connections.listen(512)
            self.news = self._open(TOLD, socket.SOCK_DGRAM)
        except OSError:
            raise SettingsError(["STREAM_DIR"], "cannot hold a socket") from None

    def _open(self, name: str, kind: socket.SocketKind) -> socket.socket:
        path = self.folder / name
        path.unlink(missing_ok=True)
        door = socket.socket(socket.AF_UNIX, kind)
        door.bind(str(path))
        door.setblocking(False)
        return door

    def handed_over(self, is_room: Callable[[], bool]) -> Iterator[tuple[Listener, socket.socket]]:
        """Yield every connection that waits to be taken; refuse it if there is no room."""
        while True:
            try:
                giver, _ = self.connections.accept()
            except OSError:
                return
            with giver:
                taken = _take(giver)
                if taken is None:
                    continue
                if not is_room():
                    taken[1].close()
                    _answer(giver, FULL)
                    continue
                _answer(giver, ACCEPTED)
                yield taken

    def told(self) -> set[str]:
        """Return the ids of the conversations that have news."""
        found: set[str] = set()
        while True:
            try:
                found.add(self.news.recv(256).decode("ascii", "replace"))
            except OSError:
                return found

    def close(self) -> None:
        """Close both sockets and take them out of the folder."""
        for door, name in ((self.connections, HANDED_OVER), (self.news, TOLD)):
            door.close()
            with suppress(OSError):
                (self.folder / name).unlink()


def _take(giver: socket.socket) -> tuple[Listener, socket.socket] | None:
    giver.settimeout(HAND_OVER_SECONDS)
    handles: list[int] = []
    try:
        content, handles, _flags, _address = socket.recv_fds(giver, LARGEST_BYTES, 1)
        listener = msgspec.msgpack.decode(content, type=Listener)
        return listener, socket.socket(fileno=handles[0])
    except (OSError, IndexError, msgspec.MsgspecError):
        for handle in handles:
            os.close(handle)
        return None


def _answer(giver: socket.socket, answer: bytes) -> None:
    with suppress(OSError):
        giver.sendall(answer)
