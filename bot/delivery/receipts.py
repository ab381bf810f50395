"""Watches the emergency texts: one whose arrival nobody confirms pages a human to call."""

from __future__ import annotations

from datetime import timedelta

from bot.delivery.parts import DeliveryParts
from bot.store.engine import store_errors
from bot.store.waking import unconfirmed_texts, wake_or_open

CONFIRMED_WITHIN = timedelta(minutes=3)
"""How long an emergency text may go without a receipt. Carriers confirm within seconds."""

LOOKS_BACK = timedelta(hours=6)
"""How old a text may be and still be news to a worker that was down."""

TEXTS_AT_ONCE = 20


def watch_emergency_texts(parts: DeliveryParts) -> int:
    """Wake or open the alert of every emergency text without a receipt; return how many."""
    now = parts.now()
    with store_errors(), parts.engine.begin() as connection:
        found = unconfirmed_texts(
            connection,
            since=now - LOOKS_BACK,
            until=now - CONFIRMED_WITHIN,
            limit=TEXTS_AT_ONCE,
        )
        for conversation_id in sorted(set(found.values())):
            wake_or_open(
                connection, conversation_id, step="unconfirmed", now=now, new_id=parts.new_id
            )
    for message_id in found:
        parts.report("text.unconfirmed", message_id=message_id)
    return len(found)
