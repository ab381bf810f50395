"""Rotating the field keys while the program runs."""

import pytest

from bot.services import key_rotation
from bot.services.clinic_files import apply_clinic, plan_clinic
from bot.services.key_rotation import encrypted_columns, reseal_all
from bot.store import tables
from bot.store.crypto import KeyRing, UnreadableField
from bot.store.engine import make_engine
from tests.services.conftest import FrontDoor
from tests.services.test_clinics import DEMO

OLD, NEW = bytes(range(32)), bytes(range(50, 82))


@pytest.fixture
def open_with(database_url, make_parts, demo_clinic, clock):
    """Opens the same database with other keys."""
    opened = []

    def open_door(*keys):
        ring = KeyRing(keys)
        opened.append(make_engine(database_url, ring))
        return FrontDoor(make_parts(engine=opened[-1], keyring=ring), demo_clinic, clock)

    yield open_door
    for engine in opened:
        engine.dispose()


def fill(door):
    apply_clinic(door.parts, plan_clinic(door.parts, DEMO))
    door.send("hello")
    door.send("yes")
    door.send("I want to kill myself")


def test_every_encrypted_column_is_bound_to_its_own_name():
    columns = list(encrypted_columns())
    assert len(columns) >= 10
    for column in columns:
        assert column.type.column == f"{column.table.name}.{column.name}"


def test_after_resealing_the_old_key_is_not_needed(open_with, monkeypatch):
    monkeypatch.setattr(key_rotation, "BATCH", 2)
    fill(open_with(OLD))
    both = open_with(NEW, OLD)
    assert reseal_all(both.parts) > 10
    assert reseal_all(both.parts) == 0
    later = open_with(NEW)
    later._count = 100
    bodies = {row.body for row in later.rows(tables.MessageRow)}
    assert {"hello", "yes"} <= bodies
    assert later.send("I want to kill myself").turn_number == 4
    assert later.parts.clinics.of("demo")


def test_with_both_keys_everything_works_before_resealing(open_with):
    fill(open_with(OLD))
    both = open_with(NEW, OLD)
    both._count = 100
    assert both.send("I want to kill myself").turn_number == 4


def test_a_field_whose_key_is_gone_is_named_and_stays(open_with):
    fill(open_with(OLD))
    with pytest.raises(UnreadableField, match=r"\w+\.\w+: its key is not in FIELD_KEYS"):
        reseal_all(open_with(NEW).parts)
