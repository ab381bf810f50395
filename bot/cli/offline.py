"""Commands that need neither settings nor a database, and start fast."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from flask import Flask

OFFLINE_COMMANDS = {"rules": frozenset({"screen", "eval"}), "flows": None}
"""Group -> its commands that work offline; None stands for all of them."""

FLASK_OPTIONS_WITH_VALUE = frozenset({"--app", "-A", "--env-file", "-e"})


def is_offline(arguments: Sequence[str]) -> bool:
    """Return whether a command line (`sys.argv`) asks for an offline command only."""
    words = _command_words(arguments[1:])
    if not words or words[0] not in OFFLINE_COMMANDS:
        return False
    allowed = OFFLINE_COMMANDS[words[0]]
    named = next((word for word in words[1:] if not word.startswith("-")), None)
    return allowed is None or named is None or named in allowed


def is_command(arguments: Sequence[str]) -> bool:
    """Return whether this process is a `flask` command, not a server."""
    return "flask" in Path(arguments[0]).parts[-2:]


def offline_app() -> Flask:
    """Return an application that knows the offline commands and serves nothing."""
    # Each is heavy and only one is asked for: a top-level import would make all wait.
    from bot.cli.flows import flows
    from bot.cli.rules import rules

    app = Flask("porchlight", static_folder=None)
    app.cli.add_command(flows)
    app.cli.add_command(rules)
    return app


def _command_words(arguments: Sequence[str]) -> list[str]:
    """Return the arguments from the command's name on, without Flask's own options."""
    words = list(arguments)
    while words and words[0].startswith("-"):
        option = words.pop(0)
        if option in FLASK_OPTIONS_WITH_VALUE and words:
            words.pop(0)
    return words
