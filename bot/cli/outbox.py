"""What leaves, for the operator: `outbox list`, `outbox show`, `outbox retry`."""

from __future__ import annotations

from dataclasses import fields

import click
from flask import current_app
from flask.cli import AppGroup

from bot.core.errors import CallerError
from bot.services.outbox import UNSENT, OutboxLine, outbox_line, outbox_lines, send_again
from bot.services.parts import Parts
from bot.store.outbox import OutboxState

STATES = click.Choice([state.value for state in OutboxState])

outbox = AppGroup("outbox", help="Texts, pages and e-mails on their way, and what became of them.")


@outbox.command("list")
@click.option("--state", "states", multiple=True, type=STATES, help="Only rows in this state.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000))
def show_all(states: tuple[str, ...], limit: int) -> None:
    """List rows, newest first; without --state those that are not known to have been sent."""
    wanted = tuple(OutboxState(state) for state in states) or UNSENT
    lines = outbox_lines(_parts(), states=wanted, limit=limit)
    for line in lines:
        click.echo(row_text(line))
    click.echo(f"{len(lines)} rows")


@outbox.command("show")
@click.argument("outbox_id")
def show(outbox_id: str) -> None:
    """Show all that may be shown of one row."""
    try:
        line = outbox_line(_parts(), outbox_id)
    except CallerError as error:
        raise click.ClickException(str(error)) from None
    for field in fields(line):
        click.echo(f"{field.name:<16} {getattr(line, field.name)}")


@outbox.command("retry")
@click.argument("outbox_id")
def retry(outbox_id: str) -> None:
    """Send a row again that has failed or was dropped; pages go on by themselves."""
    try:
        send_again(_parts(), outbox_id)
    except CallerError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"will be sent again: {outbox_id}")


def row_text(line: OutboxLine) -> str:
    """Return a row as one line: when, id, kind, priority, state, attempts and the last code."""
    at = f"{line.created_at:%Y-%m-%d %H:%M:%S}"
    error = line.error or "-"
    return (
        f"{at}  {line.id}  {line.kind:<12} {line.priority.value:<7} {line.state.value:<8}"
        f" {line.attempts:>2}  {error}"
    )


def _parts() -> Parts:
    parts: Parts = current_app.extensions["porchlight"]
    return parts
