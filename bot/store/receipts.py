"""What a provider said of a text it was given: kept, and applied when the text is known.

Callbacks come in any order, twice, and before we have stored the provider's id. So each is a row
of its own, keyed by (provider's id, status), and a message's delivery only ever moves forward.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from bot.store.message_keys import give_key
from bot.store.missing import add_if_missing
from bot.store.tables import DeliveryReceiptRow, MessageRow
from bot.store.text_parts import deliveries_of, delivery_of_part, message_of_part, move_part

_STAGES = (
    ("responded", "waiting"),
    ("accepted", "scheduled", "queued"),
    ("unknown",),
    ("sending",),
    ("sent", "unconfirmed"),
    ("delivered", "undelivered", "failed", "canceled", "dropped"),
    ("read",),
)
UNCONFIRMED = "unconfirmed"
"""No word came in time; one that comes later still counts."""

_STAGE = {status: stage for stage, statuses in enumerate(_STAGES) for status in statuses}

ARRIVED = frozenset({"delivered", "read"})
UNDELIVERED = frozenset({"undelivered", "failed"})


@dataclass(frozen=True, slots=True)
class Delivered:
    """A message whose delivery has just moved: what it was, and how it went."""

    message_id: str
    conversation_id: str
    kind: str
    status: str
    error_code: str | None


def is_known_status(status: str) -> bool:
    """Whether this is a status of delivery that we know the order of."""
    return status in _STAGE


def is_forward(before: str | None, after: str) -> bool:
    """Whether a message at `before` may move to `after`: never back, never out of a final one."""
    return before is None or _STAGE.get(after, -1) > _STAGE.get(before, -1)


def keep_receipt(
    connection: Connection, provider_key: str, status: str, *, error: str | None, now: datetime
) -> bool:
    """Store one receipt; false if it was there already."""
    row = {"provider_key": provider_key, "status": status, "error_code": error, "created_at": now}
    return add_if_missing(connection, DeliveryReceiptRow, row)


def apply_receipts(
    connection: Connection,
    provider_key: str,
    *,
    now: datetime,
    message_id: str | None = None,
) -> Delivered | None:
    """Move the message forward by every receipt that waits for it.

    `message_id` is our own id of the message, where the callback names it: the message then
    learns its provider's id. Returns the message if its delivery moved; None if it did not, or
    if no message has this id yet (the receipts go on waiting).
    """
    message = _message(connection, provider_key, message_id, now=now)
    if message is None:
        return None
    last = _last_receipt(connection, provider_key, now=now)
    if last is None:
        return None
    status: str | None = last.status
    if message.provider_key != provider_key:
        status = _of_all_parts(connection, message, provider_key, last.status)
    if status is None or not is_forward(message.delivery, status):
        return None
    connection.execute(
        update(MessageRow)
        .where(MessageRow.id == message.id)
        .values(delivery=status, delivery_code=last.error_code, delivery_at=now)
    )
    return Delivered(message.id, message.conversation_id, message.kind, status, last.error_code)


def _last_receipt(connection: Connection, provider_key: str, *, now: datetime) -> Any:
    """Return the furthest receipt that waits, None if none does; they wait no more."""
    of_message = DeliveryReceiptRow.provider_key == provider_key
    waiting = connection.execute(
        select(DeliveryReceiptRow.status, DeliveryReceiptRow.error_code).where(
            of_message, DeliveryReceiptRow.applied_at.is_(None)
        )
    ).all()
    connection.execute(update(DeliveryReceiptRow).where(of_message).values(applied_at=now))
    return max(waiting, key=lambda row: _STAGE.get(row.status, -1), default=None)


def _of_all_parts(
    connection: Connection, message: Any, provider_key: str, status: str
) -> str | None:
    """Move one part of a long text; return what that makes of the whole, None if nothing yet."""
    if not is_forward(delivery_of_part(connection, provider_key), status):
        return None
    move_part(connection, provider_key, status)
    if status in UNDELIVERED:
        return status
    return whole_delivery(connection, message.id, message.delivery)


def whole_delivery(connection: Connection, message_id: str, delivery: str | None) -> str | None:
    """Return `delivered` if all parts have left and each of them is; None if not."""
    has_left = delivery is not None and _STAGE.get(delivery, -1) >= _STAGE["sent"]
    every = deliveries_of(connection, message_id)
    all_there = has_left and every and all(each in ARRIVED for each in every)
    return "delivered" if all_there else None


def _message(
    connection: Connection, provider_key: str, message_id: str | None, *, now: datetime
) -> Any:
    columns = select(
        MessageRow.id,
        MessageRow.conversation_id,
        MessageRow.kind,
        MessageRow.delivery,
        MessageRow.provider_key,
    )
    of_provider = columns.where(
        MessageRow.channel == "sms", MessageRow.provider_key == provider_key
    )
    found = connection.execute(of_provider.with_for_update()).one_or_none()
    if found is not None and message_id in {None, found.id}:
        return found
    whole = message_of_part(connection, provider_key)
    if whole is not None:
        return connection.execute(
            columns.where(MessageRow.id == whole).with_for_update()
        ).one_or_none()
    if message_id is None:
        return None
    give_key(connection, message_id, provider_key, now=now)
    return connection.execute(of_provider.with_for_update()).one_or_none()
