"""The parts of a text too long to leave as one: each has its own id and its own delivery.

The message is delivered once every part is, and has failed as soon as one has.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select, update

from bot.store.missing import add_if_missing
from bot.store.tables import TextPartRow

SENT = "sent"


def keep_part(
    connection: Connection, message_id: str, number: int, provider_key: str, *, now: datetime
) -> None:
    """Store under which id a part has left; the first id of a part stands."""
    row = {"message_id": message_id, "number": number, "provider_key": provider_key}
    add_if_missing(connection, TextPartRow, row | {"delivery": SENT, "created_at": now})


def message_of_part(connection: Connection, provider_key: str) -> str | None:
    """Return the message that a part with this id belongs to."""
    return connection.scalar(
        select(TextPartRow.message_id).where(TextPartRow.provider_key == provider_key)
    )


def delivery_of_part(connection: Connection, provider_key: str) -> str | None:
    """Return how far the part with this id has come."""
    return connection.scalar(
        select(TextPartRow.delivery).where(TextPartRow.provider_key == provider_key)
    )


def move_part(connection: Connection, provider_key: str, delivery: str) -> None:
    """Store how far a part has come."""
    of_part = TextPartRow.provider_key == provider_key
    connection.execute(update(TextPartRow).where(of_part).values(delivery=delivery))


def deliveries_of(connection: Connection, message_id: str) -> list[str]:
    """Return how far each part of a message has come, as far as parts have left."""
    of_message = TextPartRow.message_id == message_id
    return list(connection.scalars(select(TextPartRow.delivery).where(of_message)))
