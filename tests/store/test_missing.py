"""A row is added once, and whoever added it is told so; on both databases."""

from bot.store.missing import add_if_missing
from bot.store.tables import PaceRow


def test_the_first_is_told_that_it_was_first(engine, clock):
    row = {"name": "number:x", "free_at": clock()}
    with engine.begin() as connection:
        assert [add_if_missing(connection, PaceRow, row) for _ in range(3)] == [True, False, False]
