"""Budgets of the web chat: so many sessions and messages a minute per address and per clinic.

They stop floods, not patients: while the database is away everybody is let through, and text that
shows danger is treated before any budget is looked at.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from bot.core.errors import TooMany
from bot.services.parts import Parts
from bot.store.chat_budgets import count_up, forget_before

MINUTE = 60
FORGET_MINUTES = 10
IPV6_HOUSEHOLD = 64
"""Bits of an IPv6 address that one line keeps; the rest it may change at will."""


@dataclass(frozen=True, slots=True)
class Budget:
    """So much of `what` a minute: from one address, and from all of a clinic's visitors."""

    what: str
    per_address: int
    per_clinic: int


@dataclass(frozen=True, slots=True)
class ChatRules:
    """How long an unused session lives, and the budgets for new ones and for messages."""

    session_seconds: int
    sessions: Budget
    messages: Budget


def spend(
    parts: Parts, connection: Connection, budget: Budget, *, clinic_id: str, caller: str
) -> bool:
    """Use one of a budget for the visitor at address `caller` ("" where it is not known).

    Returns whether it is the clinic's first of this minute. Raises TooMany when the minute's
    share is spent; the transaction may be rolled back then.
    """
    now = parts.now()
    of_clinic = _key(parts, budget.what, clinic_id, "")
    limits = {of_clinic: budget.per_clinic}
    if caller:
        limits[_key(parts, budget.what, clinic_id, household(caller))] = budget.per_address
    minute = int(now.timestamp()) // MINUTE
    used = count_up(connection, list(limits), minute=minute)
    if any(used[key] > limit for key, limit in limits.items()):
        raise TooMany(budget.what, seconds=_until_next_minute(now))
    return used[of_clinic] == 1


def forget_old_budgets(parts: Parts, connection: Connection) -> None:
    """Forget who came longer ago than any budget looks back."""
    forget_before(connection, int(parts.now().timestamp()) // MINUTE - FORGET_MINUTES)


def household(caller: str) -> str:
    """Return what counts as one address: an IPv4 address, or the first half of an IPv6 one."""
    try:
        address = ipaddress.ip_address(caller)
    except ValueError:
        return caller
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, IPV6_HOUSEHOLD), strict=False))
    return str(address)


def _key(parts: Parts, what: str, clinic_id: str, whose: str) -> bytes:
    return parts.address_hash.of(clinic_id, f"budget {what}", whose)


def _until_next_minute(now: datetime) -> int:
    return MINUTE - int(now.timestamp()) % MINUTE
