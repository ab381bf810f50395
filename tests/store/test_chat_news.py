"""What is asked of the database for thousands of listening visitors."""

import pytest
from sqlalchemy import event

from bot.core.clock import utc_now
from bot.store.chat_news import closed_sessions, current_standings, standings, texts_of_turns
from bot.store.engine import is_postgresql

MANY = 1100
"""More than are asked for at once."""


def strangers(count):
    return [f"f{number:031x}" for number in range(count)]


@pytest.fixture
def asked(engine):
    """The parameters of every query."""
    found = []

    def note(_connection, _cursor, _statement, parameters, _context, _many):
        found.append(parameters)

    event.listen(engine, "before_cursor_execute", note)
    return found


def test_one_conversation_is_found_among_many(desk, engine):
    one = desk.begin()
    with engine.connect() as connection:
        found = current_standings(connection, [*strangers(MANY), one.id])
        assert [(each.turn_number, each.status) for each in found.values()] == [(1, "active")]
        turns = [*((each, 1) for each in strangers(MANY)), (one.id, 1), (one.id, 2)]
        assert [text.text for text in texts_of_turns(connection, turns)[one.id]] == [
            "hello",
            "Welcome.",
        ]
        assert closed_sessions(connection, strangers(MANY), now=desk.clock()) == set()


def test_postgresql_is_given_one_array_however_many_are_looked_for(engine, asked):
    """SQLite is given a list; it makes an index of that itself."""
    with engine.connect() as connection:
        current_standings(connection, strangers(MANY))
        texts_of_turns(connection, [(each, 1) for each in strangers(MANY)])
        standings(connection, "demo", [each.encode() for each in strangers(MANY)])
        closed_sessions(connection, strangers(MANY), now=utc_now())
    most = max(len(parameters) for parameters in asked)
    assert most <= 5 if is_postgresql(engine) else most > 500
