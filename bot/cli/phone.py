"""A phone in the terminal: sends properly signed webhooks to a running server.

It is an ordinary caller. The server checks its signature as it checks Twilio's; there is no way
to switch that off. It can sign because it reads the same settings as the server.
"""

from __future__ import annotations

import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO
from urllib.parse import urlencode
from xml.etree import ElementTree

import click
from flask import current_app

from bot.channels.signature import sign
from bot.channels.twilio_sms import ADDRESS
from bot.core.clock import new_id
from bot.core.segments import count_segments

SMS_PATH = "/webhooks/twilio/sms"
PATIENCE_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Line:
    """One phone, one clinic's number, and how to reach the server that answers there."""

    server: str
    public_url: str
    account_sid: str
    token: str
    number: str
    clinic: str

    def send(self, text: str) -> list[str]:
        """Return the texts that come back.

        Raises:
            click.ClickException: the server does not answer, or refuses.
        """
        fields = {
            "MessageSid": f"SM{new_id()}",
            "AccountSid": self.account_sid,
            "From": self.number,
            "To": self.clinic,
            "Body": text,
            "NumMedia": "0",
        }
        signature = sign(self.public_url + SMS_PATH, tuple(fields.items()), self.token)
        request = urllib.request.Request(  # noqa: S310  an address the caller typed
            self.server + SMS_PATH,
            data=urlencode(fields, errors="surrogatepass").encode(),
            headers={"X-Twilio-Signature": signature},
        )
        return read_twiml(_post(request))


def _post(request: urllib.request.Request) -> bytes:
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:  # noqa: S310
            document: bytes = answer.read()
            return document
    except urllib.error.HTTPError as error:
        raise click.ClickException(f"the server answered {error.code}") from None
    except OSError:
        raise click.ClickException(
            f"nothing answers at {request.full_url}; start it with script/serve"
        ) from None


def read_twiml(document: bytes) -> list[str]:
    """Return the texts of a TwiML reply, in order."""
    root = ElementTree.fromstring(document)  # noqa: S314  our own server's answer
    return ["".join(body.itertext()) for body in root.iter("Body")]


def show(texts: list[str]) -> None:
    """Print what came back, each text with what it costs."""
    if not texts:
        click.echo("  (no reply)")
    for text in texts:
        size = count_segments(text)
        body = text.replace("\n", "\n  | ")
        click.echo(f"  | {body}")
        click.echo(f"  `- {size.encoding}, {size.units} units, {size.segments} segment(s)")


def typed(script: IO[str] | None) -> Iterator[str]:
    """Yield what the patient writes: the lines of a script, else of the terminal."""
    prompt = script is None and sys.stdin.isatty()
    while True:
        if prompt:
            click.echo("you> ", nl=False)
        line = (script or sys.stdin).readline()
        if not line:
            return
        if not prompt:
            click.echo(f"you> {line.rstrip()}")
        yield line.rstrip("\n")


@click.command("phone")
@click.option("--from", "number", default="+15005550199", show_default=True, help="Your number.")
@click.option("--to", "clinic", default="+15005550006", show_default=True, help="The clinic's.")
@click.option("--url", default=None, help="The running server; else the public address.")
@click.option("--script", type=click.File("r", encoding="utf-8"), help="Send its lines, one each.")
def phone(number: str, clinic: str, url: str | None, script: IO[str] | None) -> None:
    """Text the clinic from this terminal. End with Ctrl-D."""
    for address in (number, clinic):
        if not ADDRESS.fullmatch(address):
            raise click.BadParameter("write it as +15005550199")
    config = current_app.config
    public_url = config["PUBLIC_URL"]
    server = (url or public_url).rstrip("/")
    token = config["TWILIO_AUTH_TOKEN"][0]
    line = Line(server, public_url, config["TWILIO_ACCOUNT_SID"], token, number, clinic)
    for text in typed(script):
        show(line.send(text))
