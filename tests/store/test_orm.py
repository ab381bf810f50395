"""Flask-SQLAlchemy on the program's own engine."""

import pytest
from flask import Flask
from sqlalchemy import func, select

from bot.store import migrate, tables
from bot.store.orm import attach, db


@pytest.fixture
def app(engine):
    made = Flask("pages")
    attach(made, engine)
    with made.app_context():
        yield made


def test_pages_use_the_one_engine(app, engine, desk):
    desk.begin()
    assert db.engine is engine
    assert db.session.scalar(select(func.count()).select_from(tables.PatientRow)) == 1


def test_pages_read_encrypted_columns(app, desk):
    desk.begin(replies=("Welcome.",))
    bodies = db.session.scalars(select(tables.MessageRow.body)).all()
    assert sorted(bodies) == ["Welcome.", "hello"]


def test_people_can_ask_for_the_revision_and_go_down_and_up(app, engine):
    runner = app.test_cli_runner()
    for command in (["db", "downgrade", "base"], ["db", "upgrade"]):
        done = runner.invoke(args=command)
        assert done.exit_code == 0, done.output
    assert migrate.current(engine) == migrate.head()
