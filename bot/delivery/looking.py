"""What became of a send that was never answered: the provider's own list is asked.

It is asked several times over minutes, since a list may be late. Found: the row is sent, under
the id it has there. Absent to the end: a routine text has failed, visibly, and is not sent again.
A page or an emergency text is sent once more as soon as the list does not show it a minute after
the call: while a provider is out that goes on for an hour, and one that is back has it soon. No
list to be had: it stays unknown.
"""

from __future__ import annotations

from datetime import timedelta

from bot.core.decisions import Priority
from bot.core.errors import IdTaken, ProviderFailure, StoreUnavailable
from bot.delivery.letters import write_letter
from bot.delivery.outcomes import (
    again_after_absence,
    ended,
    look_later,
    may_look,
    taken,
)
from bot.delivery.parts import DeliveryParts
from bot.delivery.senders import Outgoing, Undeliverable
from bot.store.engine import READ_ONLY, store_errors
from bot.store.outbox import OutboxItem, OutboxState
from bot.store.sent_keys import key_of_part, unclaimed

ABSENT_FOR = timedelta(seconds=60)
"""What a list does not show so long after the call is taken to be absent, if it is urgent. A list
that is later still costs a third copy of a page, where a longer wait would cost the page."""

ABSENT = "absent"
NO_WORD = "no-word"


def look(parts: DeliveryParts, item: OutboxItem) -> OutboxItem | None:
    """Ask what became of a row of unknown outcome; return it if more of it is left to send."""
    try:
        outgoing = write_letter(parts, item)
    except Undeliverable as reason:
        ended(parts, item, OutboxState.UNKNOWN, reason.code)
        return None
    known = _known_key(parts, item, outgoing)
    if known is not None:
        return taken(parts, item, outgoing, known)
    keys = _listed(parts, item, outgoing)
    if keys:
        try:
            return taken(parts, item, outgoing, keys[0], is_certain=False)
        except IdTaken:
            # Who sent it has written it down since we looked.
            parts.report("outbox.guess-refused", outbox_id=item.id, error_code="")
    _not_found(parts, item, is_absent=keys is not None)
    return None


def _not_found(parts: DeliveryParts, item: OutboxItem, *, is_absent: bool) -> None:
    looks = item.looks + 1
    called_at = item.called_at or parts.now()
    is_urgent = item.priority is Priority.STAT
    if is_absent and is_urgent and called_at + ABSENT_FOR <= parts.now():
        again_after_absence(parts, item, looks=looks)
    elif may_look(item, looks):
        look_later(parts, item, looks=looks, code=ABSENT if is_absent else NO_WORD)
    elif not is_absent:
        ended(parts, item, OutboxState.UNKNOWN, NO_WORD)
    else:
        ended(parts, item, OutboxState.FAILED, ABSENT)


def _known_key(parts: DeliveryParts, item: OutboxItem, outgoing: Outgoing) -> str | None:
    """Return the id that a callback has told us in the meantime."""
    part = outgoing.letter.part
    if not part:
        return item.provider_key
    with store_errors(), parts.engine.connect().execution_options(**READ_ONLY) as connection:
        return key_of_part(connection, item.payload["message_id"], part)


def _listed(parts: DeliveryParts, item: OutboxItem, outgoing: Outgoing) -> list[str] | None:
    """Return the ids under which the list has it, oldest first; None if nobody can tell."""
    since = item.called_at or parts.now()
    try:
        keys = parts.texts.find(outgoing.letter, since=since)
    except StoreUnavailable:
        raise
    except ProviderFailure:
        return None
    with store_errors(), parts.engine.connect().execution_options(**READ_ONLY) as connection:
        return unclaimed(connection, keys, since=since)
