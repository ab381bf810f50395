"""The application that servers and the `flask` command load."""

from __future__ import annotations

import os
import sys

from flask import Flask

from bot.cli.offline import is_offline, offline_app
from bot.core.errors import SettingsError


def make_app() -> Flask:
    """Return the whole application, or the small one for commands that need no settings."""
    if is_offline(sys.argv):
        return offline_app()
    # Imported here, since an offline command should not wait for the database's libraries.
    from bot.app import create_app
    from config import Settings

    try:
        return create_app(Settings.from_env(os.environ))
    except SettingsError as error:
        raise SystemExit(f"porchlight cannot start: {error}") from None


app = make_app()
