"""Requests that are wrong in some way, and danger in them all the same."""

import json

import pytest

from bot.app import create_app
from bot.web import chat as chat_views
from bot.web.chat_entrance import caller_address
from tests.web.chatting import Chatter, begin, chatter
from tests.web.conftest import CRISIS, add_clinic, settings_for


@pytest.fixture
def visitor(client):
    return chatter(client)


def body(text, client_id="x"):
    return json.dumps({"client_id": client_id, "text": text})


def assert_helps(response, status):
    assert response.status_code == status
    assert "911" in response.json["emergency"]["texts"][0]
    assert response.json["code"] == status


WRONG = [
    ("[" * 20_000, 400),
    ('{"client_id": "x", "text": NaN}', 400),
    ('{"client_id": "x", "text": 1e999}', 400),
    ('{"client_id": "x", "text": "a", "text": "b"}', 400),
    ('{"client_id": "x", "text": ' + "9" * 5000 + "}", 400),
    ("", 400),
    ("hello", 400),
    (b"\xff\xfe", 400),
    ('{"client_id": "x", "text": "\\ud800"}', 422),
    ('{"client_id": "x", "text": ["hi"]}', 422),
    ('{"client_id": "x", "text": 7}', 422),
    ('{"client_id": "x", "text": null}', 422),
    ('{"client_id": "x"}', 422),
    ('{"text": "hi"}', 422),
    ('{"client_id": "x", "text": "hi", "change": "dob"}', 422),
    ('{"client_id": "x", "text": "hi", "more": 1}', 422),
    ('{"client_id": "x\\n", "text": "hi"}', 422),
    ('{"client_id": "' + "x" * 65 + '", "text": "hi"}', 422),
    ('{"client_id": "x", "change": ""}', 422),
    ("[]", 422),
    (body("a" * 10_001), 422),
    (body("a" * 70_000), 413),
]


@pytest.mark.parametrize(("sent", "status"), WRONG, ids=lambda value: str(value)[:40])
def test_a_body_that_is_no_message_is_refused_in_the_one_shape(visitor, sent, status):
    response = visitor.raw(sent)
    assert response.status_code == status
    assert response.json["code"] == status
    assert {"status", "message"} <= set(response.json)
    assert len(visitor.read()["messages"]) == 2


def test_another_type_of_body_is_refused(visitor):
    assert visitor.raw(body("hi"), content_type="text/plain").status_code == 415


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (body(f"{CRISIS} " + "a" * 10_001), 422),
        (json.dumps({"client_id": "x", "text": [CRISIS]}), 422),
        (json.dumps({"client_id": "not an id", "text": CRISIS}), 422),
        (body(f"\ud800 {CRISIS}"), 422),
        (f'{{"client_id": "x", "text": "{CRISIS}"', 400),
        (CRISIS, 400),
        (body("a" * 70_000), 413),
    ],
    ids=lambda value: str(value)[:40],
)
def test_danger_in_a_body_that_is_refused_gets_the_card(visitor, sent, status):
    assert_helps(visitor.raw(sent), status)


def test_danger_in_a_text_that_is_too_long_is_on_record(visitor):
    visitor.raw(body(f"{CRISIS} " + "a" * 10_001))
    assert visitor.read()["status"] == "held"


def test_danger_sent_as_another_type_gets_the_card(visitor):
    assert_helps(visitor.raw(body(CRISIS), content_type="text/plain"), 415)


def test_nul_is_taken_out_and_danger_behind_it_seen(visitor):
    view = visitor.say("I want to k\0ill myself")
    assert view["messages"][0]["text"] == "I want to kill myself"
    assert view["emergency"]


@pytest.mark.parametrize(
    "token", ["", "x", "demo." + "A" * 65, "nowhere." + "A" * 65, "demo." + "é" * 65, "a" * 9000]
)
def test_nobodys_token_opens_nothing_but_danger_gets_the_card(client, token):
    stranger = Chatter(client, token.encode().decode("latin-1"), {})
    assert stranger.look().status_code == 401
    assert stranger.send("hello").status_code == 401
    assert_helps(stranger.send(CRISIS), 401)


def test_a_token_of_one_clinic_is_worthless_at_another(client, visitor):
    moved = Chatter(client, visitor.token.replace("demo.", "other."), {})
    assert moved.look().status_code == 401


def test_a_token_in_the_address_is_refused(client, visitor):
    for name in ("token", "access_token", "t"):
        address = f"/chat/v1/messages?{name}={visitor.token}"
        assert client.get(address, headers=visitor.headers).status_code == 400


@pytest.mark.parametrize("after", ["x", "0" * 32, "%00", "é"])
def test_an_id_of_nobodys_is_not_found(visitor, after):
    assert visitor.look(after).status_code == 404


def test_another_visitors_message_is_not_found(client, visitor):
    other = chatter(client)
    theirs = other.opened["messages"][0]["id"]
    assert visitor.look(theirs).status_code == 404


@pytest.mark.parametrize("clinic", ["nowhere", "demo-2"])
def test_a_clinic_of_nobodys_is_not_found(client, clinic):
    assert begin(client, clinic=clinic).status_code == 404
    assert client.get(f"/chat/v1/clinics/{clinic}").status_code == 404


@pytest.mark.parametrize("wrong", [{}, {"clinic": 1}, {"clinic": "Demo"}, {"clinic": "demo\n"}])
def test_a_session_needs_a_clinic(client, wrong):
    response = client.post("/chat/v1/sessions", json=wrong)
    assert response.status_code == 422
    assert "clinic" in response.json["errors"]["json"]


def test_hostile_texts_are_stored_as_they_are(visitor):
    for text in ("<img src=x onerror=alert(1)>", "\u202eabc", "{{7*7}}", "👩‍👩‍👧" * 200, "=1+1"):
        assert visitor.say(text)["messages"][0]["text"] == text


def test_what_a_widget_needs_before_a_chat_begins(client):
    shown = client.get("/chat/v1/clinics/demo").json
    assert shown["clinic"]["phone"] == "+12125550100"
    assert shown["clinic"]["storage"] == "session"
    assert "greeting" not in shown


def test_nothing_of_the_chat_is_cached_and_no_cookie_is_set(client, visitor):
    response = visitor.look()
    assert response.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in response.headers
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("fault", [RuntimeError("a fault of ours"), KeyError("another")])
def test_danger_gets_the_card_even_from_a_program_that_fails(visitor, monkeypatch, fault):
    def fail(*_args, **_named):
        raise fault

    monkeypatch.setattr(chat_views, "say_in_chat", fail)
    assert_helps(visitor.send(CRISIS), 503)
    assert visitor.send("hello").status_code == 500


@pytest.fixture
def strict(database_url, tmp_path):
    """A program that takes two messages a minute and stands behind one proxy."""
    few = {"CHAT_MESSAGES_PER_ADDRESS": "2", "TRUSTED_PROXIES": "1"}
    made = create_app(settings_for(database_url, tmp_path / "instance", **few))
    add_clinic(made.extensions["porchlight"])
    yield made
    made.extensions["porchlight"].engine.dispose()


def test_who_sends_too_much_is_told_how_long_to_wait_and_danger_is_not(strict):
    hasty = chatter(strict.test_client())
    answers = [hasty.send("hm") for _ in range(5)]
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert refused.json["code"] == 429
    assert hasty.say(CRISIS)["emergency"]


@pytest.mark.parametrize(
    ("proxies", "forwarded", "caller"),
    [
        (0, "203.0.113.9", "127.0.0.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        (2, "6.6.6.6, 203.0.113.9, 10.0.0.1", "203.0.113.9"),
        (2, "203.0.113.9", "127.0.0.1"),
        (1, "", "127.0.0.1"),
    ],
)
def test_forwarded_addresses_are_believed_from_trusted_proxies_alone(
    app, proxies, forwarded, caller
):
    app.config["TRUSTED_PROXIES"] = proxies
    socket = {"REMOTE_ADDR": "127.0.0.1"}
    headers = {"X-Forwarded-For": forwarded}
    with app.test_request_context("/", headers=headers, environ_base=socket):
        assert caller_address() == caller
