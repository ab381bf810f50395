"""How a patient's rows may stand when a text in a crisis comes, and how it is made so."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.live.desk import CRISIS, Desk
from tests.live.servers import NOBODYS_NUMBER, Answer


@dataclass(frozen=True)
class Situation:
    """How the patients' rows stand, what they text, and whether the turn can be stored."""

    name: str
    sql: str = "SELECT 1"
    body: str = CRISIS
    fields: dict[str, str] = field(default_factory=dict)
    is_stored: bool = True


SITUATIONS = (
    Situation("mid question"),
    Situation("a keyword and a crisis", body=f"STOP {CRISIS}", fields={"OptOutType": "STOP"}),
    Situation("opted out", "UPDATE patients SET opted_out_at = created_at"),
    Situation("ended", "UPDATE conversations SET status = 'ended'"),
    Situation("expired", "UPDATE conversations SET status = 'expired'"),
    Situation("owned by a human", "UPDATE conversations SET status = 'human'"),
    Situation("held", "UPDATE conversations SET status = 'held'"),
    Situation("flow missing", f"UPDATE conversations SET flow_hash = '{'f' * 64}'"),
    Situation("state unreadable", "UPDATE conversations SET state = :garbage"),
    Situation("unknown number", fields={"To": NOBODYS_NUMBER}, is_stored=False),
)


def text_in(desk: Desk, situation: Situation, *, rounds: int) -> list[Answer]:
    """Let every patient text `rounds` times, each time in this situation."""
    values: dict[str, Any] = {"garbage": b"no state"} if ":garbage" in situation.sql else {}
    return desk.in_rounds(
        rounds,
        situation.body,
        set_up=lambda: desk.sql(situation.sql, **values),
        **situation.fields,
    )
