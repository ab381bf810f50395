"""`keys reseal`: move every encrypted field to the newest of FIELD_KEYS."""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import AppGroup

from bot.services.key_rotation import reseal_all
from bot.services.parts import Parts
from bot.store.crypto import UnreadableField

keys = AppGroup("keys", help="The keys that fields are encrypted with.")


@keys.command("reseal")
def reseal() -> None:
    """Encrypt with the newest key what is still under an older one.

    To rotate: put a new key first in FIELD_KEYS, restart, run this, then take the old one out.
    """
    parts: Parts = current_app.extensions["porchlight"]
    try:
        changed = reseal_all(parts)
    except UnreadableField as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{changed} fields were under an older key; none is now")
