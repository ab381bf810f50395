"""Parts as the program builds them, on each database, with a clock and ids that repeat."""

from __future__ import annotations

from functools import cache

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.conversation.keywords import load_keywords
from bot.core.clinic import Clinic
from bot.core.findings import NOTHING_FOUND, Category, Finding, RuleHit, Subject, Tier
from bot.core.messages import Channel, InboundMessage
from bot.flows.load import load_flow
from bot.rules.resources import load_resources
from bot.rules.ruleset import load_ruleset
from bot.services.clinicians import Clinician, Role
from bot.services.clinics import ClinicBook
from bot.services.flows import FlowBook
from bot.services.health import StoreHealth
from bot.services.inbound import receive
from bot.services.parts import Parts, load_conversation_phrases
from bot.services.spool import Spool
from bot.store import tables

PHONE = "+15005550199"
NUMBER = "+15005550006"


class FakeDetector:
    """Sees danger where a text says "kill myself", and nothing else."""

    def screen(self, text):
        at = text.find("kill myself")
        if at < 0:
            return NOTHING_FOUND
        hit = RuleHit("fake", at, at + len("kill myself"))
        return Finding(Tier.CRISIS, Category.SUICIDE, Subject.SELF, (hit,))

    def screen_in_context(self, text, *, previous=(), question=None):
        return self.screen(text)


class FakeSeconds:
    """A monotonic clock that is moved by hand."""

    def __init__(self):
        self.seconds = 1000.0

    def __call__(self):
        return self.seconds


class FrontDoor:
    """Sends messages of patients through the service and looks into the database."""

    def __init__(self, parts, clinic, clock):
        self.parts = parts
        self.clinic = clinic
        self.clock = clock
        self._count = 0

    def message(self, text, *, phone=PHONE, provider_id=None, **more):
        self._count += 1
        return InboundMessage(
            channel=more.pop("channel", Channel.SMS),
            provider_id=provider_id or f"SM{self._count:032x}",
            clinic_address=NUMBER,
            patient_address=phone,
            text=text,
            received_at=self.clock(),
            **more,
        )

    def send(self, text, **more):
        return receive(self.parts, self.message(text, **more), self.clinic)

    def rows(self, table):
        with Session(self.parts.engine) as session:
            return session.scalars(select(table)).all()


@pytest.fixture(scope="session")
def heavy():
    """What takes long to load and never changes."""
    return {
        "detector": FakeDetector(),
        "resources": load_resources(),
        "phrases": load_conversation_phrases(),
        "keywords": load_keywords(),
        "load_flow": cache(load_flow),
    }


@pytest.fixture
def demo_clinic():
    return Clinic(
        id="demo",
        name="Porchlight Demo Clinic",
        time_zone="America/Los_Angeles",
        phone="+15005550001",
        sms_numbers=(NUMBER,),
        region="US",
        languages=("en", "es"),
        licensed_states=("US-CA", "US-OR"),
        flow="ketamine-screening",
    )


@pytest.fixture
def seconds():
    return FakeSeconds()


@pytest.fixture
def make_parts(engine, keyring, address_hash, clock, new_id, new_token, heavy, tmp_path, seconds):
    """Builds parts; any of them may be replaced."""

    def make(**changes):
        spool = Spool(tmp_path / "spool", keyring, new_id)
        spool.check()
        shared = {key: heavy[key] for key in ("detector", "resources", "phrases", "keywords")}
        used = changes.get("engine", engine)
        parts = {
            "engine": used,
            "keyring": keyring,
            "address_hash": address_hash,
            **shared,
            "flows": FlowBook(used, heavy["load_flow"], load_ruleset, clock),
            "clinics": ClinicBook(used, seconds),
            "spool": spool,
            "health": StoreHealth(seconds),
            "public_url": "https://porchlight.example",
            "turn_seconds": 5.0,
            "now": clock,
            "new_id": new_id,
            "new_token": new_token,
        }
        return Parts(**{**parts, **changes})

    return make


@pytest.fixture
def parts(make_parts):
    return make_parts()


@pytest.fixture
def door(parts, demo_clinic, clock):
    return FrontDoor(parts, demo_clinic, clock)


@pytest.fixture
def clinician(door):
    """An account, so that names can be shown; made without the cost of a password."""
    return account(door, "1", "Dr Doe")


def account(door, number, name):
    with Session(door.parts.engine) as session:
        row = tables.ClinicianRow(
            id=number * 32,
            email=f"{number}@clinic.example",
            name=name,
            password_hash="none",
            role="clinician",
            active=True,
            created_at=door.clock(),
        )
        session.add(row)
        session.commit()
    return Clinician(
        number * 32, f"{number}@clinic.example", name, Role.CLINICIAN, frozenset({"demo"})
    )
