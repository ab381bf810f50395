"""The webhooks as Twilio, strangers and broken databases meet them."""

import json
import logging
import time
from dataclasses import replace
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
from sqlalchemy import func, select
from twilio.request_validator import RequestValidator

from bot.channels.signature import make_signature_check
from bot.core.errors import StoreUnavailable
from bot.rules.last_resort import static_emergency_text
from bot.store.tables import ConversationRow, MessageRow
from bot.web.twilio_entrance import ACCOUNT
from tests.web.conftest import (
    CRISIS,
    FALLBACK,
    PATIENT,
    PUBLIC,
    SMS,
    STATUS,
    TOKEN,
    Twilio,
    bodies,
)

FORM = "application/x-www-form-urlencoded"


def count(parts, row, **where):
    with parts.engine.connect() as connection:
        query = select(func.count()).select_from(row).filter_by(**where)
        return connection.scalar(query)


def raw(client, body, signature="x", path=SMS, **named):
    headers = {"X-Twilio-Signature": signature} if signature is not None else {}
    return client.post(path, data=body, content_type=FORM, headers=headers, **named)


def signature_of(fields, address=PUBLIC + SMS):
    return RequestValidator(TOKEN).compute_signature(address, fields)


# ---------------------------------------------------------------- what is accepted


def test_a_signed_text_is_answered_and_stored(twilio, parts):
    said = twilio.say("hello")
    assert said
    assert "Harbor Clinic" in " ".join(said)
    assert count(parts, MessageRow, direction="inbound") == 1
    assert count(parts, MessageRow, direction="outbound") == len(said)


def test_a_danger_sign_is_answered_with_where_help_is(twilio):
    said = twilio.say(CRISIS)
    assert "911" in said[0]
    assert "988" in said[0]


def test_each_text_asks_twilio_to_report_on_it(twilio, parts):
    response = twilio.text("hello")
    callbacks = [
        message.get("statusCallback") for message in ElementTree.fromstring(response.data)
    ]
    with parts.engine.connect() as connection:
        ids = set(connection.scalars(select(MessageRow.id).filter_by(direction="outbound")))
    address = f"{PUBLIC}/webhooks/twilio/status?message="
    assert {url.removeprefix(address) for url in callbacks} == ids


def test_unknown_extra_fields_are_accepted(twilio):
    assert twilio.text("hello", BrandNew="1", ChannelPrefix="sms").status_code == 200


def test_a_number_of_a_messaging_service_finds_its_clinic(twilio):
    sid = "MG" + "2" * 32
    assert twilio.text("hello", To="+15005559999", MessagingServiceSid=sid).status_code == 200


def test_a_message_that_comes_again_gets_the_same_bytes_and_no_second_turn(twilio, parts):
    form = twilio.form("hello")
    first, *others = [twilio.post(form) for _ in range(3)]
    assert all(other.data == first.data for other in others)
    assert twilio.post(form, path=FALLBACK).data == first.data
    assert count(parts, MessageRow, direction="inbound") == 1
    with parts.engine.connect() as connection:
        assert connection.scalar(select(ConversationRow.turn_number)) == 1


def test_a_crisis_that_comes_again_gets_the_same_bytes(twilio):
    form = twilio.form(CRISIS)
    first = twilio.post(form)
    assert twilio.post(form).data == first.data


def test_every_body_of_a_request_is_read(twilio):
    fields = [*twilio.form("hello").items(), ("Body", CRISIS)]
    assert "988" in bodies(twilio.post(fields))[0]


def test_the_fallback_takes_the_same_turn(twilio, parts):
    form = twilio.form("hello", ErrorCode="11200", ErrorUrl=PUBLIC + SMS)
    assert bodies(twilio.post(form, path=FALLBACK))
    assert count(parts, MessageRow, direction="inbound") == 1


def test_nul_is_dropped_and_the_danger_is_still_seen(twilio):
    assert "988" in twilio.say("I want to ki\0ll myself")[0]


def test_an_answer_carries_the_headers_that_keep_it_private(twilio):
    response = twilio.text("hello")
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.content_type == "text/xml; charset=utf-8"
    assert "Set-Cookie" not in response.headers


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize("signature", [None, "", "wrong", "é" * 9])
def test_a_signature_that_is_not_twilios_is_refused_and_leaves_no_row(client, parts, signature):
    form = Twilio(client).form(CRISIS)
    assert raw(client, urlencode(form), signature).status_code == 403
    assert count(parts, MessageRow) == 0


@pytest.mark.parametrize(
    "base", ["http://clinic.example", "https://evil.example", "https://clinic.example:8443"]
)
def test_a_signature_for_another_address_is_refused(twilio, base):
    assert twilio.post(twilio.form("hi"), base=base).status_code == 403


def test_a_trailing_slash_is_another_address(twilio, client):
    form = twilio.form("hi")
    signature = signature_of(form, PUBLIC + SMS + "/")
    assert raw(client, urlencode(form), signature).status_code == 403


@pytest.mark.parametrize(
    "header", ["Host", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Prefix", "Forwarded"]
)
def test_the_caller_cannot_choose_the_address_that_is_checked(twilio, header):
    forged = twilio.post(
        twilio.form("hi"), base="https://evil.example", headers={header: "evil.example"}
    )
    assert forged.status_code == 403
    honest = twilio.post(twilio.form("hi"), headers={header: "evil.example"})
    assert honest.status_code == 200


def test_a_changed_field_is_refused(twilio, client):
    form = twilio.form("hi")
    signature = signature_of(form)
    assert raw(client, urlencode({**form, "From": "+15005550009"}), signature).status_code == 403


def test_the_wrong_account_is_refused(twilio, parts):
    assert twilio.text("hi", AccountSid="AC" + "9" * 32).status_code == 403
    assert twilio.text("hi", AccountSid=None).status_code == 403
    assert count(parts, MessageRow) == 0


def test_a_number_that_is_nobodys_is_refused_but_a_crisis_is_answered(twilio, parts):
    assert twilio.text("hi", To="+15005559999").status_code == 403
    assert "911" in twilio.say(CRISIS, To="+15005559999")[0]
    assert count(parts, MessageRow) == 0


@pytest.mark.parametrize(
    "content_type", ["application/json", "text/plain", "multipart/form-data; boundary=x", ""]
)
def test_anything_but_a_form_is_refused_though_its_address_is_signed(client, content_type):
    forged = json.dumps(Twilio(client).form("hi"))
    response = client.post(
        SMS,
        data=forged,
        content_type=content_type,
        headers={"X-Twilio-Signature": signature_of({})},
    )
    assert response.status_code == 403


def test_a_raw_byte_that_would_empty_the_form_is_a_400_and_an_alarm(twilio, client, parts, caplog):
    body = urlencode(twilio.form("I want to die")).encode() + b"\xff"
    with caplog.at_level(logging.ERROR):
        assert raw(client, body).status_code == 400
    assert "webhook_unreadable" in caplog.messages
    assert count(parts, MessageRow) == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("From", " 15005550001"),
        ("From", ""),
        ("To", "clinic"),
        ("MessageSid", "SM1"),
        ("Body", None),
        ("MessageSid", None),
    ],
)
def test_a_signed_request_that_cannot_be_read_is_a_400_and_an_alarm(twilio, caplog, field, value):
    with caplog.at_level(logging.ERROR):
        assert twilio.text("hi", **{field: value}).status_code == 400
    assert "webhook_unreadable" in caplog.messages


def test_fields_run_together_are_not_taken_apart(twilio, client):
    """`Body=hi,From=+1` and `Body=hiFrom+1` sign alike; only the exact fields will do."""
    form = twilio.form("hi")
    signature = signature_of(form)
    run_together = {k: v for k, v in form.items() if k != "From"}
    run_together["Body"] = f"hiFrom{PATIENT}"
    assert signature_of(run_together) == signature
    assert raw(client, urlencode(run_together), signature).status_code == 400


def test_seventy_kilobytes_are_too_large(client, twilio):
    assert twilio.text("x" * 70_000).status_code == 413


def test_only_posts_are_taken(client):
    response = client.get(SMS)
    assert response.status_code == 405
    assert "POST" in response.headers["Allow"]


# ---------------------------------------------------------------- when something is broken


def broken(parts, monkeypatch, error):
    def fail(*_arguments, **_named):
        raise error

    monkeypatch.setattr("bot.services.taking_turns.open_turn", fail)


def test_without_the_database_a_crisis_is_answered_from_memory(twilio, parts, monkeypatch):
    broken(parts, monkeypatch, StoreUnavailable("gone"))
    said = twilio.say(CRISIS)
    assert "911" in said[0]
    assert "988" in said[0]


@pytest.mark.parametrize("error", [RuntimeError("bug"), KeyError("x"), StoreUnavailable("gone")])
def test_no_failure_is_a_500(twilio, parts, monkeypatch, error):
    broken(parts, monkeypatch, error)
    assert twilio.text("hello").status_code in {200, 503}
    assert twilio.text(CRISIS).status_code == 200


def test_what_can_be_neither_stored_nor_kept_is_a_503_and_the_fallback_says_where_help_is(
    twilio, parts, monkeypatch
):
    broken(parts, monkeypatch, StoreUnavailable("gone"))
    full = OSError(28, "no space left")
    monkeypatch.setattr(type(parts.spool), "keep", lambda *_: (_ for _ in ()).throw(full))
    form = twilio.form("hello")
    assert twilio.post(form).status_code == 503
    assert bodies(twilio.post(form, path=FALLBACK)) == [static_emergency_text()]
    assert "988" in twilio.say(CRISIS)[0]


def test_a_handler_that_hangs_is_broken_off_and_the_patient_answered(twilio, monkeypatch):
    monkeypatch.setattr("bot.web.sms.WEBHOOK_SECONDS", 0.5)
    monkeypatch.setattr("bot.services.taking_turns.open_turn", lambda *_, **__: time.sleep(30))
    assert "988" in twilio.say(CRISIS)[0]


def test_two_tokens_are_accepted_while_one_is_rotated(client, app):
    fresh = "f" * 32
    account = app.extensions[ACCOUNT]
    check = make_signature_check(PUBLIC, (fresh, TOKEN))
    app.extensions[ACCOUNT] = replace(account, check=check)
    for token in (fresh, TOKEN):
        assert Twilio(client, token).text("hello").status_code == 200
    assert Twilio(client, "0" * 32).text("hello").status_code == 403


def test_the_account_shows_no_token(app):
    assert TOKEN not in repr(app.extensions["twilio_account"])


# ---------------------------------------------------------------- what became of our texts


def outbound_id(parts):
    with parts.engine.connect() as connection:
        return connection.scalar(select(MessageRow.id).filter_by(direction="outbound"))


def delivery_of(parts, message_id):
    with parts.engine.connect() as connection:
        return connection.scalar(select(MessageRow.delivery).filter_by(id=message_id))


def report(twilio, status, *, message_id=None, sid="SM" + "5" * 32, **changes):
    fields = {"MessageSid": sid, "AccountSid": "AC" + "1" * 32, "MessageStatus": status, **changes}
    query = f"?message={message_id}" if message_id else ""
    return twilio.post(fields, path=STATUS + query)


def test_a_delivery_is_noted_on_the_text_that_left_in_a_reply(twilio, parts):
    twilio.say("hello")
    message_id = outbound_id(parts)
    assert report(twilio, "delivered", message_id=message_id).status_code == 204
    assert delivery_of(parts, message_id) == "delivered"


def test_a_delivery_state_never_moves_back(twilio, parts):
    twilio.say("hello")
    message_id = outbound_id(parts)
    for status in ("delivered", "sent", "queued", "delivered"):
        assert report(twilio, status, message_id=message_id).status_code == 204
    assert delivery_of(parts, message_id) == "delivered"


def test_an_unknown_status_word_is_accepted(twilio):
    assert report(twilio, "teleported").status_code == 204


def test_a_status_for_a_text_nobody_knows_is_accepted(twilio):
    assert report(twilio, "sent", message_id="f" * 32).status_code == 204
    assert report(twilio, "sent", message_id="../etc").status_code == 204


def test_an_unreadable_status_is_a_400(twilio):
    assert report(twilio, "sent", sid="nonsense").status_code == 400


def test_a_forged_status_is_refused(client, twilio, parts):
    twilio.say("hello")
    path = f"{STATUS}?message={outbound_id(parts)}"
    fields = {"MessageSid": "SM" + "5" * 32, "AccountSid": "AC" + "1" * 32}
    body = urlencode({**fields, "MessageStatus": "failed"})
    assert raw(client, body, path=path).status_code == 403
