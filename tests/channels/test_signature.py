"""Twilio's own library is the second opinion."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict

from bot.channels.signature import make_signature_check, sign, spellings
from bot.core.errors import SettingsError

PUBLIC = "https://clinic.example"
PATH = "/webhooks/twilio/sms"
TOKEN = "0123456789abcdef0123456789abcdef"
FIELDS = (("From", "+15005550001"), ("Body", "hi & bye"), ("To", "+15005550006"))


def twilios_signature(address, fields, token=TOKEN):
    return RequestValidator(token).compute_signature(address, MultiDict(fields))


def check(tokens=(TOKEN,), public=PUBLIC):
    return make_signature_check(public, tokens)


def test_what_twilios_library_signs_is_accepted():
    assert check().accepts(PATH, "", FIELDS, twilios_signature(PUBLIC + PATH, FIELDS))


def test_a_query_is_part_of_what_is_signed():
    signature = twilios_signature(f"{PUBLIC}{PATH}?ref=a%20b", FIELDS)
    assert check().accepts(PATH, "ref=a%20b", FIELDS, signature)
    assert not check().accepts(PATH, "", FIELDS, signature)
    assert not check().accepts(PATH, "ref=a%20c", FIELDS, signature)


text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(text, text), max_size=8))
def test_we_sign_as_twilios_library_does(fields):
    assert sign(PUBLIC + PATH, fields, TOKEN) == twilios_signature(PUBLIC + PATH, fields)


def test_a_field_given_twice_signs_like_twilios_library():
    fields = (("Body", "b"), ("Body", "a"), ("Body", "b"), ("A", "1"))
    assert check().accepts(PATH, "", fields, twilios_signature(PUBLIC + PATH, fields))


@pytest.mark.parametrize("given_signature", [None, "", "x", "é", "\udcff", "A" * 10_000])
def test_anything_else_is_refused_without_an_error(given_signature):
    assert not check().accepts(PATH, "", FIELDS, given_signature)


@pytest.mark.parametrize(
    "address",
    [
        "http://clinic.example" + PATH,
        "https://other.example" + PATH,
        "https://clinic.example:8443" + PATH,
        PUBLIC + PATH + "/",
        PUBLIC + "/webhooks/twilio/status",
    ],
)
def test_a_signature_for_another_address_is_refused(address):
    assert not check().accepts(PATH, "", FIELDS, twilios_signature(address, FIELDS))


def test_one_changed_letter_in_a_field_is_refused():
    signature = twilios_signature(PUBLIC + PATH, FIELDS)
    forged = (*FIELDS[:1], ("Body", "hi & bye!"), *FIELDS[2:])
    assert not check().accepts(PATH, "", forged, signature)


def test_both_tokens_are_accepted_while_one_is_being_rotated():
    fresh = "f" * 32
    both = check((fresh, TOKEN))
    for token in (fresh, TOKEN):
        assert both.accepts(PATH, "", FIELDS, twilios_signature(PUBLIC + PATH, FIELDS, token))
    old = twilios_signature(PUBLIC + PATH, FIELDS)
    assert not check((fresh,)).accepts(PATH, "", FIELDS, old)


@pytest.mark.parametrize("tokens", [(), ("",), (TOKEN, "")])
def test_an_empty_token_is_refused_at_start(tokens):
    with pytest.raises(SettingsError, match="TWILIO_AUTH_TOKEN"):
        check(tokens)


@pytest.mark.parametrize(
    ("public", "expected"),
    [
        ("https://a.example", {"https://a.example", "https://a.example:443"}),
        ("https://a.example/", {"https://a.example", "https://a.example:443"}),
        ("https://a.example:8443", {"https://a.example:8443", "https://a.example"}),
        ("http://127.0.0.1:8000", {"http://127.0.0.1:8000", "http://127.0.0.1"}),
        ("http://[::1]:8000/bot", {"http://[::1]:8000/bot", "http://[::1]/bot"}),
    ],
)
def test_the_configured_address_is_known_with_and_without_its_port(public, expected):
    assert set(spellings(public)) == expected


def test_the_check_shows_no_token():
    assert TOKEN not in repr(check())
