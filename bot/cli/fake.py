"""`fake-twilio` runs the demo's stand-in for Twilio; `serve` starts it with DEMO=1."""

from __future__ import annotations

import signal
from pathlib import Path
from threading import Event
from types import FrameType

import click
from flask import current_app
from flask.cli import with_appcontext

from bot.cli.fake_twilio.server import fake_twilio as serving


@click.command("fake-twilio")
@click.option("--port", type=int, required=True, help="Where to listen, on this machine alone.")
@click.option("--ledger", type=click.Path(path_type=Path), help="A file to keep the ledger in.")
@with_appcontext
def fake_twilio(port: int, ledger: Path | None) -> None:
    """Answer like Twilio and send nothing anywhere, until SIGTERM."""
    stop = Event()

    def ask_to_stop(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ask_to_stop)
    config = current_app.config
    account, token = config["TWILIO_ACCOUNT_SID"], config["TWILIO_AUTH_TOKEN"][0]
    with serving(account_sid=account, token=token, ledger=ledger, port=port):
        stop.wait()
