"""`clinics apply FILE`: put a clinic's file into force, after showing what that changes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from bot.core.errors import DefinitionError
from bot.core.webhook_signing import webhook_secret
from bot.services.clinic_files import Change, apply_clinic, plan_clinic
from bot.services.parts import Parts

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)

clinics = AppGroup("clinics", help="The clinics of this deployment.")


@clinics.command("apply")
@click.argument("file", type=FILE)
@click.option("--yes", is_flag=True, help="Do not ask.")
def apply(file: Path, yes: bool) -> None:
    """Check FILE, show what applying it changes, and apply it."""
    parts: Parts = current_app.extensions["porchlight"]
    try:
        plan = plan_clinic(parts, file.read_text("utf-8"))
        if not plan.changes:
            click.echo(f"{plan.clinic.id}: already applied, nothing to change")
            return
        click.echo(f"{plan.clinic.id}: {'new clinic' if plan.is_new else 'changes'}")
        click.echo(diff_text(plan.changes))
        if not yes:
            click.confirm("Apply?", abort=True)
        apply_clinic(parts, plan)
    except DefinitionError as error:
        raise click.ClickException(f"{file.name}: {error}") from None
    click.echo(f"{plan.clinic.id}: applied")


@clinics.command("webhook-secret")
@click.argument("clinic_id")
def show_webhook_secret(clinic_id: str) -> None:
    """Print the secret under which events for CLINIC_ID are signed; its system needs it."""
    keys = current_app.config["WEBHOOK_KEYS"]
    if not keys:
        raise click.ClickException("WEBHOOK_KEYS is not set")
    click.echo(webhook_secret(keys[0], clinic_id))


def diff_text(changes: Iterable[Change]) -> str:
    """Return the changes as lines: `- field: before` and `+ field: after`."""
    lines = []
    for change in changes:
        if change.before is not None:
            lines.append(f"  - {change.path}: {change.before}")
        if change.after is not None:
            lines.append(f"  + {change.path}: {change.after}")
    return "\n".join(lines)
