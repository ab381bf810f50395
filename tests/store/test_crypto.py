"""Field encryption and the address hash."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.errors import SettingsError
from bot.store.columns import bytes_text, text_bytes
from bot.store.crypto import AddressHash, KeyRing, UnreadableField

OLD = bytes(range(32))
NEW = bytes(range(32, 64))
COLUMN = "messages.body"


@given(st.binary(max_size=300))
@settings(max_examples=100, deadline=None)
def test_what_is_sealed_comes_back(plain):
    ring = KeyRing([OLD])
    blob = ring.seal(COLUMN, plain)
    assert ring.unseal(COLUMN, blob) == plain
    assert len(blob) == len(plain) + 33


def test_the_same_text_never_looks_the_same_twice():
    ring = KeyRing([OLD])
    assert ring.seal(COLUMN, b"yes") != ring.seal(COLUMN, b"yes")


def test_a_value_moved_to_another_column_does_not_open():
    ring = KeyRing([OLD])
    with pytest.raises(UnreadableField, match=r"patients\.name"):
        ring.unseal("patients.name", ring.seal(COLUMN, b"words"))


@pytest.mark.parametrize("place", range(33 + 5))
def test_a_change_of_any_byte_is_noticed(place):
    ring = KeyRing([OLD])
    blob = bytearray(ring.seal(COLUMN, b"words"))
    blob[place] ^= 1
    with pytest.raises(UnreadableField) as caught:
        ring.unseal(COLUMN, bytes(blob))
    assert "words" not in str(caught.value)


@pytest.mark.parametrize("blob", [b"", b"\x01", b"\x01" * 32, b"plain text that nobody encrypted"])
def test_what_was_never_sealed_is_refused(blob):
    with pytest.raises(UnreadableField):
        KeyRing([OLD]).unseal(COLUMN, blob)


def test_an_older_key_still_opens_and_the_newest_seals():
    blob = KeyRing([OLD]).seal(COLUMN, b"words")
    ring = KeyRing([NEW, OLD])
    assert ring.unseal(COLUMN, blob) == b"words"
    with pytest.raises(UnreadableField, match="FIELD_KEYS"):
        KeyRing([OLD]).unseal(COLUMN, ring.seal(COLUMN, b"words"))


def test_resealing_moves_a_value_to_the_newest_key_and_then_leaves_it():
    blob = KeyRing([OLD]).seal(COLUMN, b"words")
    ring = KeyRing([NEW, OLD])
    moved = ring.reseal(COLUMN, blob)
    assert KeyRing([NEW]).unseal(COLUMN, moved) == b"words"
    assert ring.reseal(COLUMN, moved) == moved


@pytest.mark.parametrize("keys", [[], [b"short"], [OLD, OLD], [OLD + b"x"]])
def test_an_unusable_ring_is_refused_without_showing_a_key(keys):
    with pytest.raises(SettingsError, match="FIELD_KEYS") as caught:
        KeyRing(keys)
    assert "short" not in str(caught.value)


def test_no_repr_shows_a_key():
    shown = repr(KeyRing([OLD])) + repr(AddressHash(NEW))
    assert str(OLD)[2:8] not in shown
    assert NEW.hex()[:8] not in shown


def test_an_address_hash_depends_on_key_clinic_channel_and_address():
    hashed = AddressHash(OLD)
    variants = [
        hashed.of("demo", "sms", "+15550001"),
        hashed.of("demo", "sms", "+15550002"),
        hashed.of("demo", "web", "+15550001"),
        hashed.of("other", "sms", "+15550001"),
        AddressHash(NEW).of("demo", "sms", "+15550001"),
    ]
    assert len(set(variants)) == len(variants)
    assert all(len(variant) == 32 for variant in variants)
    assert hashed.of("demo", "sms", "+15550001") == variants[0]


def test_a_short_hash_key_is_refused():
    with pytest.raises(SettingsError, match="ADDRESS_HASH_KEY"):
        AddressHash(b"short")


@given(st.text(st.characters(), max_size=100))
@settings(max_examples=100, deadline=None)
def test_any_text_survives_even_lone_surrogates(text):
    assert bytes_text(text_bytes(text)) == text
