"""Messages kept on disk, for the operator: `spool list`, `spool retry`, `spool discard`."""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import AppGroup

from bot.services.parts import Parts
from bot.services.spool import Spool

spool = AppGroup("spool", help="Messages kept on disk while they could not be stored.")


@spool.command("list")
def show() -> None:
    """List what is kept: name and state. A name tells the time, never a patient."""
    kept = _spool().kept()
    for each in kept:
        click.echo(f"{each.kind:<15} {each.name}")
    click.echo(f"{len(kept)} kept")


@spool.command("retry")
@click.argument("names", nargs=-1, required=True)
def retry(names: tuple[str, ...]) -> None:
    """Let the worker try messages again that were set aside, once the fault is mended."""
    for name in names:
        _found(_spool().try_again(name), name)
        click.echo(f"will be tried again: {name}")


@spool.command("discard")
@click.argument("names", nargs=-1, required=True)
@click.confirmation_option(prompt="The messages are gone for good. Has a person dealt with them?")
def discard(names: tuple[str, ...]) -> None:
    """Delete files that were set aside or never finished."""
    for name in names:
        _found(_spool().discard(name), name)
        click.echo(f"deleted: {name}")


def _found(done: bool, name: str) -> None:
    if not done:
        raise click.UsageError(f"{name}: no such file was set aside; see `spool list`")


def _spool() -> Spool:
    parts: Parts = current_app.extensions["porchlight"]
    return parts.spool
