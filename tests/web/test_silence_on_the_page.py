"""What silence did stands on the page of the request, in words."""

from datetime import UTC, datetime

from sqlalchemy import update

from bot.services.timers import fire_due_timers
from bot.store.tables import TimerRow
from tests.web.test_clinic import ana, consult_id, page_of, press, words

__all__ = ["ana", "consult_id"]


def test_a_silence_at_risk_is_told_in_the_conversation_and_among_the_reasons(
    ana, consult_id, parts
):
    press(ana, consult_id, "release")
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    with parts.engine.begin() as connection:
        connection.execute(update(TimerRow).values(kind="expiry", due_at=long_ago))
    assert fire_due_timers(parts) == 1
    shown = words(page_of(ana, consult_id))
    assert "Writes no more after a sign of danger" in shown
    assert "No reply for as long as the clinic waits" in shown
    assert "Silence" in shown
