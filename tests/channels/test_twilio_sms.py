import contextlib
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.twilio_sms import parse_form, read_inbound, read_status
from bot.core.errors import InvalidField
from bot.core.messages import OptOutType

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
SID = "SM" + "0a" * 16
FORM = {
    "MessageSid": SID,
    "AccountSid": "AC" + "0b" * 16,
    "From": "+15005550001",
    "To": "+15005550006",
    "Body": "hello",
    "NumMedia": "0",
}


def read(changes=None, extra=()):
    form = {k: v for k, v in {**FORM, **(changes or {})}.items() if v is not None}
    return read_inbound((*form.items(), *extra), received_at=NOW)


def test_a_plain_text_becomes_our_message():
    text = read()
    message = text.message
    assert (message.text, message.provider_id, message.media_count) == ("hello", SID, 0)
    assert (message.patient_address, message.clinic_address) == ("+15005550001", "+15005550006")
    assert message.received_at is NOW
    assert text.account_sid == FORM["AccountSid"]
    assert not message.has_location
    assert message.opt_out_type is None


@pytest.mark.parametrize("name", ["MessageSid", "AccountSid", "From", "To", "Body"])
def test_a_missing_field_is_named(name):
    with pytest.raises(InvalidField) as caught:
        read({name: None})
    assert caught.value.field == name


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("From", " 15005550001"),
        ("From", "15005550001"),
        ("From", "+0123456789"),
        ("From", "+1500555000\u0661"),
        ("From", "whatsapp:+15005550001"),
        ("From", ""),
        ("To", "+1500555000612345"),
        ("MessageSid", "SM" + "0A" * 16),
        ("MessageSid", "SM" + "0a" * 15),
        ("MessageSid", "XX" + "0a" * 16),
        ("MessageSid", SID + "\n"),
        ("AccountSid", "AC123"),
        ("NumMedia", "-1"),
        ("NumMedia", "one"),
        ("NumMedia", "\u0661"),
        ("MessagingServiceSid", "MG1"),
    ],
)
def test_a_field_of_the_wrong_shape_is_refused_by_name_and_not_quoted(name, value):
    with pytest.raises(InvalidField) as caught:
        read({name: value})
    assert caught.value.field == name
    assert not value.strip() or value not in str(caught.value)


@pytest.mark.parametrize("name", ["From", "To", "MessageSid", "AccountSid", "OptOutType"])
def test_any_other_field_given_twice_is_refused(name):
    with pytest.raises(InvalidField) as caught:
        read({"OptOutType": "STOP"}, extra=[(name, "x")])
    assert caught.value.field == name


def test_several_bodies_are_all_kept():
    message = read(extra=[("Body", "second"), ("Body", "third")]).message
    assert (message.text, message.further_texts) == ("hello", ("second", "third"))


def test_unknown_fields_are_ignored():
    assert read({"BrandNewField": "x", "Whatever": ""}).message.text == "hello"


def test_pictures_and_places_are_counted_and_not_read():
    message = read({"NumMedia": "3", "Latitude": "40.7", "Body": ""}).message
    assert (message.media_count, message.has_location, message.text) == (3, True, "")


@pytest.mark.parametrize("word", ["STOP", "START", "HELP"])
def test_twilios_own_opt_out_is_known(word):
    assert read({"OptOutType": word}).message.opt_out_type is OptOutType(word)


@pytest.mark.parametrize("word", ["", "stop", "WHO KNOWS"])
def test_an_opt_out_word_we_do_not_know_is_none(word):
    assert read({"OptOutType": word}).message.opt_out_type is None


def test_a_messaging_service_is_kept():
    assert read({"MessagingServiceSid": "MG" + "1" * 32}).messaging_service_sid == "MG" + "1" * 32


def test_nul_is_dropped_and_the_words_stay():
    assert read({"Body": "I want\0 to die"}).message.text == "I want to die"


def test_percent_encoded_bytes_that_are_no_utf8_become_replacement_marks():
    fields = parse_form(urlencode(FORM).encode().replace(b"hello", b"hi%FFyou%ED%A0%80"))
    assert read_inbound(fields, received_at=NOW).message.text == "hi�you���"


def test_a_raw_byte_outside_ascii_is_refused():
    with pytest.raises(InvalidField):
        parse_form(b"Body=I want to die\xff&From=%2B1500")


def test_five_thousand_fields_are_refused():
    with pytest.raises(InvalidField):
        parse_form("&".join(f"a{n}=1" for n in range(5000)).encode())


def test_blank_values_and_doubles_survive_parsing():
    assert parse_form(b"a=&b=1&b=2") == (("a", ""), ("b", "1"), ("b", "2"))


def test_a_status_is_read():
    fields = (
        ("AccountSid", FORM["AccountSid"]),
        ("MessageSid", SID),
        ("MessageStatus", "undelivered"),
        ("ErrorCode", "30003"),
    )
    status = read_status(fields)
    assert (status.status, status.error_code) == ("undelivered", "30003")
    assert read_status(fields[:3]).error_code is None


def test_an_unknown_status_word_passes_and_a_strange_one_is_refused():
    fields = (("AccountSid", FORM["AccountSid"]), ("MessageSid", SID))
    assert read_status((*fields, ("MessageStatus", "teleported"))).status == "teleported"
    with pytest.raises(InvalidField):
        read_status((*fields, ("MessageStatus", "<b>")))


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200))
def test_no_body_raises_anything_but_a_named_fault(body):
    with contextlib.suppress(InvalidField):
        read_inbound(parse_form(body), received_at=NOW)


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40))
def test_any_text_arrives_as_it_was_written(text):
    body = urlencode({**FORM, "Body": text}).encode()
    assert read_inbound(parse_form(body), received_at=NOW).message.text == text
