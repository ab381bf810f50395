"""A new alert as a row; at most one is open per conversation, so a second one is not stored."""

from __future__ import annotations

from typing import Any

from bot.consults.alert import Alert


def alert_values(
    alert: Alert, *, clinic_id: str, conversation_id: str, consult_id: str | None
) -> dict[str, Any]:
    """Return the row of an alert that was just opened, with the code that staff text back."""
    return {
        "id": alert.id,
        "clinic_id": clinic_id,
        "conversation_id": conversation_id,
        "consult_id": consult_id,
        "reason": alert.reason,
        "code": f"{int(alert.id[-8:], 16) % 10_000:04d}",
        "step": alert.step,
        "next_at": alert.next_at,
        "at_least": alert.at_least,
        "acknowledged_at": None,
        "acknowledged_by": None,
        "created_at": alert.opened_at,
    }
