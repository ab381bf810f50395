"""The whole application over an empty database, and a caller that signs as Twilio does."""

from __future__ import annotations

import base64
import logging
import shutil
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlencode
from xml.etree import ElementTree

import msgspec
import pytest
from sqlalchemy.orm import Session
from twilio.request_validator import RequestValidator

import bot.services.parts as room
from bot.app import create_app
from bot.core.clinic import Clinic, OpeningHours
from bot.core.clock import new_id, utc_now
from bot.store.tables import ClinicRow
from config import Settings

PUBLIC = "https://clinic.example"
SMS = "/webhooks/twilio/sms"
FALLBACK = "/webhooks/twilio/fallback"
STATUS = "/webhooks/twilio/status"
TOKEN = "7" * 32
ACCOUNT = "AC" + "1" * 32
CLINIC_NUMBER = "+15005550006"
PATIENT = "+15005550001"
CRISIS = "I want to kill myself tonight"

CLINIC = Clinic(
    id="demo",
    name="Harbor Clinic",
    time_zone="America/New_York",
    phone="+12125550100",
    sms_numbers=(CLINIC_NUMBER,),
    region="US",
    languages=("en", "es"),
    licensed_states=("US-NY", "US-CA"),
    flow="ketamine-screening",
    hours=(OpeningHours("mon", "09:00", "17:00"),),
    messaging_service_sids=("MG" + "2" * 32,),
)


def settings_for(database_url, folder, **changes):
    env = {
        "PUBLIC_URL": PUBLIC,
        "SECRET_KEY": "s" * 48,
        "FIELD_KEYS": base64.urlsafe_b64encode(bytes(range(32))).decode(),
        "ADDRESS_HASH_KEY": base64.urlsafe_b64encode(bytes(range(100, 132))).decode(),
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "DATABASE_URL": database_url,
        "INSTANCE_PATH": str(folder),
    }
    return Settings.from_env({**env, **changes})


@pytest.fixture(autouse=True)
def _quiet_root_logger():
    """The application sets the root logger up; each test leaves it as it was."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield
    root.handlers[:], root.level = before, level


@pytest.fixture(scope="session", autouse=True)
def _definitions_read_once():
    """Reading flows, rules and lexicon takes seconds; they do not change between tests."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("load_detector", "load_resources", "load_flow"):
            patch.setattr(room, name, cache(getattr(room, name)))
        by_symbols = {}
        load_ruleset = room.load_ruleset

        def load_once(symbols, instruments):
            key = frozenset(symbols)
            if key not in by_symbols:
                by_symbols[key] = load_ruleset(symbols, instruments)
            return by_symbols[key]

        patch.setattr(room, "load_ruleset", load_once)
        yield


@pytest.fixture
def database_url(_sqlite_template, tmp_path):
    """An empty SQLite database; the room of services runs on both, tests/live as well."""
    path = tmp_path / "porchlight.db"
    shutil.copy(_sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def settings(database_url, tmp_path):
    return settings_for(database_url, tmp_path / "instance")


@pytest.fixture
def app(settings):
    made = create_app(settings)
    parts = made.extensions["porchlight"]
    add_clinic(parts)
    yield made
    parts.engine.dispose()


def add_clinic(parts, clinic=CLINIC):
    with Session(parts.engine) as session:
        document = msgspec.json.encode(clinic)
        row = ClinicRow(id=clinic.id, document=document, content_hash="0" * 64)
        row.applied_at = row.created_at = utc_now()
        session.add(row)
        session.commit()
    parts.clinics.refresh()


@pytest.fixture
def parts(app):
    return app.extensions["porchlight"]


@dataclass
class Twilio:
    """Posts what Twilio would post."""

    client: object
    token: str = TOKEN

    def form(self, text, **changes):
        fields = {
            "MessageSid": f"SM{new_id()}",
            "AccountSid": ACCOUNT,
            "From": PATIENT,
            "To": CLINIC_NUMBER,
            "Body": text,
            "NumMedia": "0",
            **changes,
        }
        return {name: value for name, value in fields.items() if value is not None}

    def text(self, body, *, path=SMS, **changes):
        return self.post(self.form(body, **changes), path=path)

    def post(self, fields, *, path=SMS, headers=None, base=PUBLIC):
        pairs = list(fields.items()) if isinstance(fields, dict) else fields
        signature = RequestValidator(self.token).compute_signature(base + path, _Pairs(pairs))
        return self.client.post(
            path,
            data=urlencode(pairs),
            content_type="application/x-www-form-urlencoded",
            headers={"X-Twilio-Signature": signature, **(headers or {})},
        )

    def say(self, body, **changes):
        """The texts that come back."""
        return bodies(self.text(body, **changes))


class _Pairs:
    """Form fields as Twilio's validator wants them: with several values of a name."""

    def __init__(self, pairs):
        self._pairs = pairs

    def __iter__(self):
        return iter(name for name, _ in self._pairs)

    def __len__(self):
        return len(self._pairs)

    def getlist(self, name):
        return [value for given, value in self._pairs if given == name]


def bodies(response):
    assert response.status_code == 200, response.status
    return [body.text or "" for body in ElementTree.fromstring(response.data).iter("Body")]


@pytest.fixture
def client(app):
    return app.test_client()


@pytest.fixture
def twilio(client):
    return Twilio(client)
