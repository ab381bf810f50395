"""Tells a clinic's own system what happened, at the address that the clinic has given.

An event carries ids, a priority and a moment: whoever wants to know more asks with the rights to.
It commits with the mark that it was told of, and leaves through the outbox like everything else.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection

from bot.core.clinic import Clinic
from bot.core.decisions import Priority
from bot.delivery.parts import DeliveryParts
from bot.store.announcing import take_unannounced
from bot.store.engine import store_errors
from bot.store.outbox import Departure, put

WEBHOOK = "webhook"
LOOKS_BACK = timedelta(days=1)
AT_ONCE = 50

CONSULT_OPENED = "consult.opened"
PRIORITY_CHANGED = "consult.priority-changed"
ALERT_OPENED = "alert.opened"


def announce_consults(parts: DeliveryParts) -> int:
    """Put out an event for every request that is new or of another priority; return how many."""
    told = [clinic.id for clinic in parts.clinics() if clinic.webhook_url is not None]
    if not told:
        return 0
    now = parts.now()
    with store_errors(), parts.engine.begin() as connection:
        found = take_unannounced(connection, told, since=now - LOOKS_BACK, limit=AT_ONCE)
        for request in found:
            event = {
                "event": CONSULT_OPENED if request.is_new else PRIORITY_CHANGED,
                "consult_id": request.consult_id,
                "priority": request.priority.value,
            }
            announce(parts, connection, request.clinic_id, event)
    return len(found)


def announce(
    parts: DeliveryParts, connection: Connection, clinic_id: str, event: dict[str, Any]
) -> None:
    """Put one event into the outbox. Never stat: an address of others must not hold up pages."""
    urgent = event["priority"] != Priority.ROUTINE
    departure = Departure(
        parts.new_id(),
        clinic_id,
        WEBHOOK,
        f"clinic:{clinic_id}",
        event | {"at": parts.now().isoformat(timespec="seconds")},
        priority=Priority.URGENT if urgent else Priority.ROUTINE,
    )
    put(connection, departure, now=parts.now())


def announce_alert(
    parts: DeliveryParts, connection: Connection, clinic: Clinic | None, ids: dict[str, Any]
) -> None:
    """Put the event that an alert has begun into the outbox, if the clinic wants to be told."""
    if clinic is None or clinic.webhook_url is None:
        return
    event = {"event": ALERT_OPENED, "priority": Priority.STAT.value, **ids}
    announce(parts, connection, clinic.id, event)


def event_body(payload: dict[str, Any]) -> str:
    """Return an event as it is posted: JSON with its keys in order."""
    return msgspec.json.encode(payload, order="sorted").decode()
