"""A reminder that had to wait in the outbox leaves only if it still fits."""

import pytest
from sqlalchemy import update

from bot.delivery.outbox import deliver_due
from bot.store.tables import ConversationRow, OutboxRow


@pytest.fixture
def waiting(post):
    """A reminder that was due at ten in the morning at the clinic."""
    post.clock.advance(hours=3)
    post.put_text(kind="reminder")
    return post


def end_of(post):
    deliver_due(post.parts)
    (row,) = post.rows(OutboxRow)
    return row.state, row.last_error, len(post.texts.taken)


def change(post, **fields):
    with post.parts.engine.begin() as connection:
        connection.execute(update(ConversationRow).values(**fields))


def test_a_reminder_leaves_in_contact_hours(waiting):
    assert end_of(waiting) == ("sent", None, 1)


@pytest.mark.parametrize("moved", [{"turn_number": 2}, {"is_current": False}])
def test_it_is_dropped_once_the_patient_has_written(waiting, moved):
    change(waiting, **moved)
    assert end_of(waiting) == ("dropped", "overtaken", 0)


def test_it_is_dropped_when_the_day_is_over(waiting):
    waiting.clock.advance(hours=10)
    assert end_of(waiting) == ("dropped", "out-of-hours", 0)


@pytest.mark.parametrize("kind", ["routine", "notice", "crisis", "clinician"])
def test_any_other_text_knows_no_hours_and_is_not_overtaken(post, kind):
    post.put_text(kind=kind)
    change(post, turn_number=7)
    assert end_of(post) == ("sent", None, 1)
