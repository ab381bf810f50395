"""How an event that goes to a clinic's own address proves that it is ours.

Each clinic has a secret of its own, derived from a key of the deployment, so that none is stored
and none stands in a clinic's file. What is signed is the moment and the body together: a request
that is played back later shows its age.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence


def webhook_secret(key: bytes, clinic_id: str) -> str:
    """Return a clinic's secret: 64 hexadecimal digits."""
    return hmac.digest(key, f"webhook:{clinic_id}".encode(), "sha256").hex()


def signature(body: bytes, *, seconds: int, secrets: Sequence[str]) -> str:
    """Return the header `t=SECONDS,v1=HEX`, with one `v1` for each secret while one is rotated.

    `seconds` are since 1970. Each v1 is the HMAC-SHA-256 of `SECONDS.BODY` under a secret.
    """
    signed = f"{seconds}.".encode() + body
    proofs = (hmac.digest(secret.encode(), signed, "sha256").hex() for secret in secrets)
    return ",".join([f"t={seconds}", *(f"v1={proof}" for proof in proofs)])
