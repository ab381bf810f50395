"""`clinicians add EMAIL`: give somebody an account."""

from __future__ import annotations

import secrets

import click
from flask import current_app
from flask.cli import AppGroup

from bot.core.errors import InvalidField, NotFound
from bot.services.clinicians import Role, add_clinician, close_account
from bot.services.parts import Parts

clinicians = AppGroup("clinicians", help="The people who act on consult requests.")


@clinicians.command("add")
@click.argument("email")
@click.option("--name", required=True, help="The person's name, as colleagues see it.")
@click.option("--role", type=click.Choice([role.value for role in Role]), default="clinician")
@click.option("--clinic", "clinic_ids", multiple=True, required=True, help="Clinic id; repeat.")
@click.option("--ask", is_flag=True, help="Ask for the password instead of making one.")
def add(email: str, name: str, role: str, clinic_ids: tuple[str, ...], ask: bool) -> None:
    """Add an account for EMAIL; a made password is printed once and stored nowhere."""
    parts: Parts = current_app.extensions["porchlight"]
    password = secrets.token_urlsafe(15)
    if ask:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    try:
        clinician = add_clinician(
            parts,
            email=email,
            name=name,
            role=Role(role),
            clinic_ids=clinic_ids,
            password=password,
        )
    except InvalidField as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{clinician.email}: added")
    if not ask:
        click.echo(f"password: {password}")


@clinicians.command("close")
@click.argument("email")
def close(email: str) -> None:
    """Close the account of EMAIL and end its sessions."""
    parts: Parts = current_app.extensions["porchlight"]
    try:
        close_account(parts, email)
    except (InvalidField, NotFound) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{email}: closed")
