"""Flask-SQLAlchemy and Flask-Migrate, used thinly: `db.session` for pages, `flask db` for people.

The engine is the program's own, with its time limits and its keys; the extension makes none. Turns
do not come through here: their SQL is in `turns.py`.
"""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Engine

from bot.store.migrate import MIGRATIONS
from bot.store.tables import Base

_ENGINE = "PORCHLIGHT_ENGINE"


class OneEngine(SQLAlchemy):
    """The extension, with the engine that the app was given."""

    def _make_engine(self, bind_key: str | None, options: dict[str, Any], app: Flask) -> Engine:
        engine: Engine = app.config[_ENGINE]
        return engine


db = OneEngine(model_class=Base)


def attach(app: Flask, engine: Engine) -> None:
    """Give the app `db.session` on this engine, and the `flask db` commands."""
    app.config[_ENGINE] = engine
    app.config["SQLALCHEMY_DATABASE_URI"] = engine.url
    db.init_app(app)
    Migrate(app, db, directory=str(MIGRATIONS))
