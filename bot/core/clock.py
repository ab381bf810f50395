"""The only reader of the clock and the only source of ids and chance.

Everything else is handed `now` and `new_id`, so that any turn can be replayed to the letter.
"""

from __future__ import annotations

import os
import secrets
import time
from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the present moment, aware and in UTC."""
    return datetime.now(UTC)


def monotonic_seconds() -> float:
    """Return a clock in seconds that only moves forward; for deadlines and durations."""
    return time.monotonic()


def new_id() -> str:
    """Return a fresh id: 32 hexadecimal digits, a UUID of version 7 (RFC 9562, section 5.7).

    Ids made later sort later (to the millisecond), which keeps database indexes compact.
    """
    milliseconds = time.time_ns() // 1_000_000
    noise = int.from_bytes(os.urandom(10), "big")
    high = noise >> 64 & 0x0FFF
    low = noise & 0x3FFF_FFFF_FFFF_FFFF
    value = milliseconds << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low
    return f"{value:032x}"


def new_token() -> str:
    """Return 256 random bits as 43 URL-safe characters; for links and sessions."""
    return secrets.token_urlsafe(32)
