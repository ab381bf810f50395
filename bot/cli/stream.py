"""`stream`: the process that holds the connections of listening visitors."""

from __future__ import annotations

import signal
from threading import Event
from types import FrameType

import click
from flask import current_app
from flask.cli import with_appcontext


@click.command("stream")
@with_appcontext
def stream() -> None:
    """Tell listening visitors what is new in their chats, until SIGTERM."""
    stop = Event()

    def ask_to_stop(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ask_to_stop)
    make_hub = current_app.extensions["stream"]
    make_hub().run(stop)
