"""Watches emergency texts and pages: where nobody confirms one, a human is called otherwise."""

from __future__ import annotations

from datetime import timedelta

from bot.delivery.parts import DeliveryParts
from bot.store.engine import store_errors
from bot.store.page_watch import page_failed, unconfirmed_pages
from bot.store.sent_keys import find_sent
from bot.store.waking import unconfirmed_texts, wake_or_open

CONFIRMED_WITHIN = timedelta(minutes=3)
"""How long an emergency text may go without a receipt. Carriers confirm within seconds."""

PAGE_CONFIRMED_WITHIN = timedelta(seconds=60)
"""How long a page by text may go without a receipt before a second way is taken."""

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


def watch_pages(parts: DeliveryParts) -> int:
    """Move on the alert of every page by text without a receipt; return how many pages."""
    now = parts.now()
    with store_errors(), parts.engine.begin() as connection:
        found = unconfirmed_pages(
            connection,
            since=now - LOOKS_BACK,
            until=now - PAGE_CONFIRMED_WITHIN,
            limit=TEXTS_AT_ONCE,
        )
        for outbox_id in found:
            page = find_sent(connection, outbox_id)
            if page is not None:
                page_failed(connection, page.payload, now=now, new_id=parts.new_id)
    for outbox_id in found:
        parts.report("page.unconfirmed", outbox_id=outbox_id)
    return len(found)
