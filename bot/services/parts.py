"""What the services need, built once when the program starts and handed to every use case."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from bot.conversation.keywords import DEFINITIONS, Keywords, load_keywords
from bot.conversation.room import PHRASE_PLACEHOLDERS
from bot.core import clock
from bot.core.phrases import Phrases, load_phrases
from bot.flows.load import load_flow
from bot.rules.crisis import Detector, load_detector
from bot.rules.resources import Resources, load_resources
from bot.rules.ruleset import load_ruleset
from bot.services.clinics import ClinicBook
from bot.services.flows import FlowBook
from bot.services.health import StoreHealth
from bot.services.kicking import Kick, kick_nobody
from bot.services.spool import Spool
from bot.services.telling import nobody_listens
from bot.store.crypto import AddressHash, KeyRing
from bot.store.engine import StoreLimits, make_engine


@dataclass(frozen=True, slots=True)
class Parts:
    """Collaborators of the use cases.

    `turn_seconds` is how long a turn may wait for the store. `tell` is called with the id of a web
    conversation that has news.
    """

    engine: Engine
    keyring: KeyRing
    address_hash: AddressHash
    detector: Detector
    resources: Resources
    phrases: Phrases
    keywords: Keywords
    flows: FlowBook
    clinics: ClinicBook
    spool: Spool
    health: StoreHealth
    public_url: str
    turn_seconds: float
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    new_token: Callable[[], str]
    kick: Kick = kick_nobody
    tell: Callable[[str], None] = nobody_listens


def make_parts(
    database_url: str,
    *,
    field_keys: Sequence[bytes],
    address_hash_key: bytes,
    public_url: str,
    spool_dir: Path,
    limits: StoreLimits,
) -> Parts:
    """Return the parts of a running program; reads definition files, connects to nothing yet.

    Raises DefinitionError for a faulty file, SettingsError for an unusable key, address or
    spool folder.
    """
    keyring = KeyRing(field_keys)
    engine = make_engine(database_url, keyring, limits=limits)
    spool = Spool(spool_dir, keyring, clock.new_id)
    spool.check()
    health = StoreHealth()
    return Parts(
        engine=engine,
        keyring=keyring,
        address_hash=AddressHash(address_hash_key),
        detector=load_detector(),
        resources=load_resources(),
        phrases=load_conversation_phrases(),
        keywords=load_keywords(),
        flows=FlowBook(engine, load_flow, load_ruleset, clock.utc_now),
        clinics=ClinicBook(engine, health=health),
        spool=spool,
        health=health,
        public_url=public_url,
        turn_seconds=limits.deadline_seconds,
        now=clock.utc_now,
        new_id=clock.new_id,
        new_token=clock.new_token,
    )


def load_conversation_phrases() -> Phrases:
    """Return the conversation's own phrases. Raises DefinitionError."""
    path = DEFINITIONS / "phrases.yaml"
    source = path.read_text("utf-8")
    return load_phrases(source, path=path.name, placeholders=PHRASE_PLACEHOLDERS)
