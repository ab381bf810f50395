"""What web processes and the stream process say to each other, and to a listening browser.

A web process that has checked a visitor hands the connection itself over, through a Unix socket in
a folder that belongs to us alone. The same folder has a second socket, on which whoever stored a
turn tells which conversation has news: an id, nothing else.
"""

from __future__ import annotations

import os
import socket
from datetime import datetime
from pathlib import Path

import msgspec

HANDED_OVER = "connections.sock"
TOLD = "news.sock"
EVERYBODY = "*"
"""Told in place of an id when very many conversations have news at once."""

ACCEPTED = b"1"
FULL = b"0"
LARGEST_BYTES = 16_384
ANSWER_SECONDS = 1.0
EVENT_STREAM = "text/event-stream"


class Listener(msgspec.Struct, frozen=True):
    """A visitor whose connection is handed over: who, where they have read to, and what they know.

    `head` is the head of the HTTP answer. `place` is (turn number, position) of the last text that
    they have in conversation `conversation_id`; `status` is the conversation's as they know it.
    """

    head: bytes
    clinic_id: str
    token_hash: str
    address_hash: bytes
    expires_at: datetime
    conversation_id: str = ""
    place: tuple[int, int] = (0, 0)
    status: str = ""


def hand_over(folder: Path, listener: Listener, connection: socket.socket) -> bool:
    """Give the visitor's connection away; false if nobody takes it or there is no room.

    The connection stays open here as well; the caller closes its side. Never raises.
    """
    try:
        if not is_ours(folder):
            return False
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
            door.settimeout(ANSWER_SECONDS)
            door.connect(str(folder / HANDED_OVER))
            content = msgspec.msgpack.encode(listener)
            socket.send_fds(door, [content], [connection.fileno()])
            return door.recv(1) == ACCEPTED
    except OSError:
        return False


def tell(folder: Path, conversation_id: str) -> None:
    """Say that a conversation has news. Waits for nothing and never raises."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as door:
            door.setblocking(False)
            door.sendto(conversation_id.encode(), str(folder / TOLD))
    except OSError:
        return


def is_ours(folder: Path) -> bool:
    """Whether the folder is there, belongs to this user, and nobody else may enter it."""
    try:
        found = folder.stat()
    except FileNotFoundError:
        return False
    return found.st_uid == os.getuid() and not found.st_mode & 0o077


def event(name: str, content: object, *, event_id: str = "") -> bytes:
    """Return one server-sent event with JSON as its data."""
    head = f"id: {event_id}\n" if event_id else ""
    return f"{head}event: {name}\ndata: ".encode() + msgspec.json.encode(content) + b"\n\n"


BEAT = b": ping\n\n"


def reconnect_after(milliseconds: int) -> bytes:
    """Return the line that says how long to wait before connecting again."""
    return f"retry: {milliseconds}\n\n".encode()
