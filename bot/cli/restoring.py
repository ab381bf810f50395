"""`restore` commands: counting before a backup, examining a restored copy, opt-outs."""

from __future__ import annotations

import json
from pathlib import Path

import click
import msgspec
from flask import current_app
from flask.cli import AppGroup

from bot.core.errors import StoreUnavailable
from bot.services.parts import Parts
from bot.services.restoring import apply_opt_outs, counts, examine, export_opt_outs
from bot.store.crypto import UnreadableField

FILE = click.Path(dir_okay=False, path_type=Path)

restore = AppGroup("restore", help="Backups: whether they can be restored, and opt-outs after it.")


@restore.command("count")
def count() -> None:
    """Print how many rows a backup taken from now on must have."""
    click.echo(json.dumps(counts(_parts())))


@restore.command("examine")
@click.argument("copy_url")
@click.option("--before", required=True, help="What `restore count` printed before the backup.")
def examine_copy(copy_url: str, before: str) -> None:
    """Examine the restored database at COPY_URL: tables, numbers of rows, keys."""
    try:
        drill = examine(_parts(), copy_url, before=json.loads(before))
    except (StoreUnavailable, UnreadableField) as error:
        raise click.ClickException(f"the copy cannot be used: {type(error).__name__}") from None
    for part, found in drill.readiness.needed.items():
        click.echo(f"{part}: {found}")
    click.echo(f"rows: {drill.rows}; newest message read: {'yes' if drill.has_read else 'none'}")
    if not drill.is_good:
        wrong = ", ".join(drill.missing) or "see above"
        raise click.ClickException(f"the copy is not good: {wrong}")
    click.echo("the copy is good")


@restore.command("export-opt-outs")
@click.argument("file", type=FILE)
def export_file(file: Path) -> None:
    """Write everybody who wants no texts to FILE, as keyed hashes; to be run often."""
    click.echo(f"{export_opt_outs(_parts(), file)} opt-outs written")


@restore.command("apply-opt-outs")
@click.argument("file", type=FILE)
def apply_file(file: Path) -> None:
    """Opt out whom FILE names, after a restore and before the worker starts."""
    try:
        changed, lines = apply_opt_outs(_parts(), file.read_bytes().splitlines())
    except (OSError, msgspec.MsgspecError):
        raise click.ClickException("the file cannot be read") from None
    click.echo(f"{changed} of {lines} opted out again")


def _parts() -> Parts:
    parts: Parts = current_app.extensions["porchlight"]
    return parts
