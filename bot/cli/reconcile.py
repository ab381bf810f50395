"""`reconcile`: find inbound texts that the webhook never saw, and treat them now."""

from __future__ import annotations

from datetime import timedelta

import click
from flask import current_app
from flask.cli import with_appcontext

from bot.core.errors import ProviderFailure
from bot.services.parts import Parts
from bot.services.reconciling import reconcile_since


@click.command("reconcile")
@click.option("--hours", default=24, show_default=True, type=click.IntRange(1, 24 * 30))
@with_appcontext
def reconcile(hours: int) -> None:
    """Compare the provider's list of the last HOURS with what is stored, and treat what is not.

    The worker does the same every few minutes from where it last was; this reaches further back.
    """
    parts: Parts = current_app.extensions["porchlight"]
    list_inbound = current_app.extensions["list_inbound"]()
    since = parts.now() - timedelta(hours=hours)
    try:
        found = reconcile_since(parts, list_inbound, since)
    except ProviderFailure as failure:
        raise click.ClickException(f"the provider's list could not be read: {failure}") from None
    click.echo(f"{found.listed} texts listed, {found.recovered} of them never seen before")
