"""The application that servers and the `flask` command load."""

from __future__ import annotations

import os
import sys

from flask import Flask

from bot.cli.offline import is_command, is_offline, offline_app
from bot.core.errors import SettingsError


def make_app() -> Flask:
    """Return the whole application, or the small one for commands that need no settings."""
    if is_offline(sys.argv):
        return offline_app()
    # Imported here, since an offline command should not wait for the database's libraries.
    from bot.app import create_app
    from bot.services.warming import warm
    from config import Settings

    try:
        app = create_app(Settings.from_env(os.environ))
    except SettingsError as error:
        raise SystemExit(f"porchlight cannot start: {error}") from None
    if not is_command(sys.argv):
        warm(app.extensions["porchlight"])
    return app


app = make_app()
