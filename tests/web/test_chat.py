"""The chat over HTTP, on each database."""

import shutil

import pytest

from tests.conftest import BOTH_DATABASES
from tests.web.chatting import begin, chatter, texts
from tests.web.conftest import CRISIS

BORN = "3/14/1985"


@pytest.fixture(params=BOTH_DATABASES)
def database_url(request, tmp_path):
    if request.param == "sqlite":
        path = tmp_path / "porchlight.db"
        shutil.copy(request.getfixturevalue("_sqlite_template"), path)
        return f"sqlite:///{path}"
    request.getfixturevalue("_postgresql_sweeper")()
    return request.getfixturevalue("_postgresql_url")


@pytest.fixture
def visitor(client):
    return chatter(client, language="en")


def test_a_session_begins_with_the_greeting_and_the_first_question(visitor):
    opened = visitor.opened
    assert "automated assistant of Harbor Clinic" in texts(opened)[0]
    assert opened["input"]["kind"] == "yes_no"
    assert opened["messages"][-1]["choices"] == opened["input"]["choices"]
    assert [m["from"] for m in opened["messages"]] == ["bot", "bot"]
    assert opened["progress"]["answered"] == 0
    assert opened["language_commands"] == {"en": "English", "es": "Español"}


@pytest.mark.parametrize(("asked", "spoken"), [("es-MX", "es"), ("ES", "es"), ("fr", "en")])
def test_a_session_speaks_the_language_asked_for_if_the_clinic_does(client, asked, spoken):
    assert begin(client, language=asked).json["language"] == spoken


def test_a_text_is_answered_with_itself_and_the_reply(visitor):
    view = visitor.say("1", client_id="first")
    own, reply = view["messages"]
    assert (own["from"], own["text"], own["shown"]) == ("patient", "1", "Yes")
    assert (own["client_id"], own["link_id"]) == ("first", "consent")
    assert (reply["from"], view["input"]["kind"]) == ("bot", "date")
    assert view["input"]["is_past"]


def test_the_same_message_again_gets_the_same_messages_however_late(visitor):
    first = visitor.say("1", client_id="first")
    assert visitor.say("1", client_id="first")["messages"] == first["messages"]
    visitor.say(BORN)
    again = visitor.say("1", client_id="first")
    assert again["messages"] == first["messages"]
    assert again["input"]["link_id"] == "place"
    assert len(visitor.read()["messages"]) == 6


def test_an_id_used_for_another_text_is_a_conflict(visitor):
    visitor.say("1", client_id="first")
    response = visitor.send("2", client_id="first")
    assert response.status_code == 409
    assert response.json["code"] == 409


def test_danger_is_answered_with_the_card_which_stays_while_the_chat_is_held(visitor):
    view = visitor.say(CRISIS)
    assert view["status"] == "held"
    assert "911" in view["emergency"]["texts"][0]
    assert {"tel:911", "sms:988"} <= {link["href"] for link in view["emergency"]["links"]}
    assert "crisis" in {m.get("kind") for m in view["messages"]}
    assert visitor.read()["emergency"] == view["emergency"]


def test_a_left_chat_opens_nothing_but_danger_is_heard(visitor, app):
    assert visitor.leave().status_code == 204
    assert visitor.look().status_code == 401
    assert visitor.leave().status_code == 401
    assert visitor.send("hello").status_code == 401
    response = visitor.send(CRISIS)
    assert response.status_code == 401
    assert "911" in response.json["emergency"]["texts"][0]
