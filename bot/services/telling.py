"""Telling listeners that a conversation has news: on this machine at once, elsewhere by a broker.

Nobody relies on it: the stream process also looks by itself. So telling never waits, never fails a
turn, and drops what it cannot say. Only ids are told.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from bot.channels import stream_wire
from bot.services.kicking import Kick, kick_nobody

CHANNEL = "porchlight:chat-news"
SOCKET_SECONDS = 1.0


def nobody_listens(_conversation_id: str) -> None:
    """Tell nobody."""


def teller(folder: Path, abroad: Kick = kick_nobody) -> Callable[[str], None]:
    """Return what is called with the id of a conversation that has news.

    `abroad` carries it to other machines, in the background.
    """

    def tell(conversation_id: str) -> None:
        stream_wire.tell(folder, conversation_id)
        abroad(CHANNEL, (conversation_id,))

    return tell


def publisher(url: str) -> Callable[[str, str], None]:
    """Return what publishes an id on a channel of Redis; raises what its library raises."""
    client = redis_client(url)

    def publish(channel: str, conversation_id: str) -> None:
        client.publish(channel, conversation_id)

    return publish


def is_redis(broker_url: str | None) -> bool:
    """Whether this broker can tell other machines."""
    return (broker_url or "").startswith(("redis://", "rediss://"))


def redis_client(url: str) -> Any:
    """Return a client with short time limits. Its library comes with the broker's requirements."""
    import redis

    return redis.Redis.from_url(
        url, socket_timeout=SOCKET_SECONDS, socket_connect_timeout=SOCKET_SECONDS
    )
