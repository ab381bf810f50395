"""The same texts again, one after the other, in one process, with nothing failing."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path

from bot.app import create_app
from bot.channels.twilio_sms import read_inbound
from bot.core.clock import new_id, utc_now
from bot.services.inbound import receive_at_number
from bot.services.parts import Parts
from config import Settings
from tests.faults.stored import Stored, Talk, read
from tests.live.servers import ACCOUNT, CLINIC_NUMBER, make_server, prepare


def compare(stored: Stored) -> tuple[int, list[str]]:
    """Return how many patients were compared, and whose conversations are otherwise in a row."""
    chosen = {
        number: talks
        for number, talks in stored.talks.items()
        if not any(talk.fell_silent for talk in talks)
    }
    serial = _in_a_row(chosen)
    differing = [number for number in chosen if _told(stored, number) != _told(serial, number)]
    return len(chosen), differing


def _told(stored: Stored, number: str) -> list[tuple[object, ...]]:
    return [talk.as_told() for talk in stored.talks.get(number, [])]


def _in_a_row(talks: dict[str, list[Talk]]) -> Stored:
    with tempfile.TemporaryDirectory(prefix="oracle-") as name:
        url = f"sqlite:///{name}/serial.db"
        prepare(url)
        app = create_app(Settings.from_env(make_server(url, Path(name)).env))
        parts = app.extensions["porchlight"]
        logging.disable(logging.CRITICAL)
        for number, found in talks.items():
            for talk in found:
                for row in talk.inbound:
                    _say(parts, number, row.body)
        logging.disable(logging.NOTSET)
        serial = read(parts.engine)
        parts.engine.dispose()
    return serial


def _say(parts: Parts, number: str, body: str) -> None:
    fields = {
        "MessageSid": f"SM{new_id()}",
        "AccountSid": ACCOUNT,
        "From": number,
        "To": CLINIC_NUMBER,
        "Body": body,
    }
    inbound = read_inbound(tuple(fields.items()), received_at=utc_now())
    receive_at_number(parts, inbound.message)
