"""`serve` sets the database up and starts everything; `migrate` and `worker` are its parts."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sys
from pathlib import Path
from threading import Event
from types import FrameType
from typing import Any

import click
from flask import current_app
from flask.cli import with_appcontext

from bot.cli.demo import EMAIL, prepare_clinic, prepare_clinician
from bot.cli.supervise import QUEUE
from bot.delivery.queue_worker import run_queue
from bot.delivery.runner import run
from bot.store.engine import check_durability
from bot.store.migrate import upgrade

FOLDER = "PROMETHEUS_MULTIPROC_DIR"


@click.command("migrate")
@with_appcontext
def migrate() -> None:
    """Bring the database to the tables that this program expects."""
    upgrade(current_app.config["DATABASE_URL"])
    click.echo("The database is up to date.")


@click.command("worker")
@with_appcontext
def worker() -> None:
    """Work through the outbox, the alerts and the timers until SIGTERM."""
    stop = Event()

    def ask_to_stop(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ask_to_stop)
    make_delivery = current_app.extensions["delivery"]
    run(make_delivery(), stop)


@click.command("queue")
@with_appcontext
def queue() -> None:
    """Deliver at once what the broker names, until SIGTERM; needs BROKER_URL."""
    make_celery = current_app.extensions.get("celery")
    if make_celery is None:
        raise click.ClickException("BROKER_URL is not set")
    make_delivery = current_app.extensions["delivery"]
    processes = current_app.config["QUEUE_WORKERS"]
    run_queue(make_celery(), make_delivery, processes=processes)


@click.command("serve")
@with_appcontext
def serve() -> None:
    """Migrate, prepare the demo if it is one, and serve web and worker until told to stop."""
    config = current_app.config
    host, port = config["HOST"], config["PORT"]
    stand_in = _stand_in(config)
    _refuse_taken_port(host, port)
    if stand_in:
        _refuse_taken_port("127.0.0.1", int(stand_in[0]))
    upgrade(config["DATABASE_URL"])
    check_durability(current_app.extensions["porchlight"].engine)
    _say("database: up to date")
    if config["DEMO"]:
        _prepare_demo(config)
    _say(f"patients text: {config['PUBLIC_URL']}/webhooks/twilio/sms")
    _say(f"clinicians:    {config['PUBLIC_URL']}/clinic/")
    _say("stop with Ctrl-C")
    _prepare_metrics(config["METRICS_FOLDER"])
    sys.stdout.flush()
    arguments = ["-m", "bot.cli.supervise", host, str(port), str(config["WEB_WORKERS"])]
    arguments += [QUEUE] * bool(config["QUEUE_WORKERS"]) + stand_in
    os.execv(sys.executable, [sys.executable, *arguments])  # noqa: S606  no shell is wanted


def _stand_in(config: dict[str, Any]) -> list[str]:
    """Return port and ledger of the demo's stand-in for Twilio; nothing if there is none."""
    address = config["STAND_IN"]
    if address is None:
        return []
    ledger = config["INSTANCE_PATH"] / "fake-twilio.jsonl"
    return [address.rpartition(":")[2], str(ledger)]


def _prepare_metrics(folder: Path) -> None:
    """Give all processes one empty folder in which their counts are summed.

    One that is given as PROMETHEUS_MULTIPROC_DIR is somebody else's to empty.
    """
    if not os.environ.get(FOLDER):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        os.environ[FOLDER] = str(folder)


def _refuse_taken_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            raise click.ClickException(
                f"port {port} on {host} is taken or may not be used; "
                f"choose another: PORT={port + 1} script/serve"
            ) from None


def _prepare_demo(config: dict[str, Any]) -> None:
    parts = current_app.extensions["porchlight"]
    prepare_clinic(parts)
    prepare_clinician(parts, config["DEMO_PASSWORD"])
    _say("demo clinic:   answers at +15005550006; nothing leaves this machine")
    _say(f"log in as:     {EMAIL}  password: {config['DEMO_PASSWORD']}")
    if config["STAND_IN"]:
        _say(f"what it sends: {config['STAND_IN']}/ (a stand-in for Twilio; make it fail there)")
    _say("text it from a second terminal: DEMO=1 .venv/bin/flask --app wsgi phone")
    _say(f"patients chat: {config['PUBLIC_URL']}/demo")


def _say(line: str) -> None:
    click.echo(f"porchlight: {line}")
