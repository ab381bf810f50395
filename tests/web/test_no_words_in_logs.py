"""Words, names, numbers and tokens are pushed through every route and every way it can fail.

Whatever happens, none of them may be in a log line, on stdout or on stderr. Log records are read
as the formatter writes them: what a record carries and nobody prints is no leak.
"""

import io
import logging
import re
from itertools import product
from urllib.parse import urlencode

import pytest
from sqlalchemy.exc import OperationalError

from bot.core.errors import StoreUnavailable
from bot.core.logs import JsonLines
from tests.web.conftest import CRISIS, FALLBACK, SMS, STATUS
from tests.web.test_clinic import add, log_in, press

WORDS = "my sister Xiomara Quintanilla knows"
NUMBER = "+14155550147"
EMAIL = "canary@private.example"
SECRET = "canary-password-1234"
CANARIES = ("Xiomara", "Quintanilla", NUMBER, NUMBER[1:], EMAIL, SECRET, CRISIS, "3/14/1985")


@pytest.fixture
def written():
    """Everything that any logger writes, in the program's own format."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    root, ours = logging.getLogger(), logging.getLogger("bot")
    levels = root.level, ours.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    ours.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.level, ours.level = levels


@pytest.fixture(autouse=True)
def _nothing_leaks(written, capfd):
    yield
    out, err = capfd.readouterr()
    lines = written.getvalue()
    assert lines, "nothing was logged: the test looks at the wrong place"
    for canary in CANARIES:
        for place in (lines, out, err):
            assert canary not in place


def texts(twilio):
    for body in ("hello", "yes", "1", "3/14/1985", WORDS, CRISIS, WORDS):
        twilio.text(body, From=NUMBER)


def test_a_conversation_leaves_no_word_in_the_log(twilio):
    texts(twilio)


def test_refused_requests_leave_no_word_in_the_log(twilio, client):
    form = twilio.form(WORDS, From=NUMBER)
    client.post(SMS, data=form)
    client.post(f"{SMS}?name=Xiomara", data=form, headers={"X-Twilio-Signature": "Xiomara"})
    client.post(SMS, data=urlencode(form).encode() + b"\xff", content_type="text/x; a=Xiomara")
    client.post(SMS, json=form)
    twilio.text(WORDS, From=f" {NUMBER[1:]}")
    twilio.text(WORDS * 3000, From=NUMBER)
    twilio.text(WORDS, To=NUMBER)
    twilio.post({**form, "MessageStatus": WORDS}, path=STATUS)
    for path in (f"/Xiomara/{NUMBER}", f"/c/{WORDS}", "/clinic/consults/Xiomara", f"/?q={NUMBER}"):
        client.get(path)
        client.post(path, data={"text": WORDS})
    client.open("/healthz", method="XIOMARA")


ERRORS = (
    RuntimeError(WORDS),
    StoreUnavailable("gone"),
    KeyError(NUMBER),
    OperationalError(f"INSERT {WORDS}", {"body": WORDS}, Exception(NUMBER)),
    UnicodeEncodeError("utf-8", WORDS, 0, 1, NUMBER),
)
LAYERS = (
    "bot.web.sms.read_inbound",
    "bot.web.sms.receive_at_number",
    "bot.web.sms.reply_document",
    "bot.services.replaying.take_stored_turn",
    "bot.services.taking_turns.open_turn",
    "bot.services.taking_turns.take_turn",
    "bot.services.taking_turns.rows_of_turn",
    "bot.web.twilio_entrance.parse_form",
)


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_a_failure_at_any_layer_leaves_no_word_in_the_log(twilio, monkeypatch, layer, error):
    def fail(*_arguments, **_named):
        raise error

    monkeypatch.setattr(layer, fail)
    for body, path in product((WORDS, CRISIS), (SMS, FALLBACK)):
        response = twilio.text(body, From=NUMBER, path=path)
        assert response.status_code in {200, 500, 503}
        assert b"Xiomara" not in response.data
        assert b"Traceback" not in response.data


def test_a_detector_that_fails_leaves_no_word_in_the_log(twilio, parts, monkeypatch):
    def fail(*_arguments, **_named):
        raise RuntimeError(WORDS)

    monkeypatch.setattr(type(parts.detector), "screen", fail)
    for path in (SMS, FALLBACK):
        assert twilio.text(WORDS, From=NUMBER, path=path).status_code in {200, 503}


def test_the_clinicians_pages_leave_no_word_in_the_log(app, parts, twilio):
    texts(twilio)
    add(parts, email=EMAIL)
    client = app.test_client()
    log_in(client, EMAIL, SECRET)
    log_in(client, EMAIL)
    listed = client.get("/clinic/?show=open&priority=Xiomara").get_data(as_text=True)
    consult_id = re.search(r"/clinic/consults/([0-9a-f]{32})", listed)[1]
    for action in ("accept", "complete", "explode"):
        press(client, consult_id, action, note=WORDS, outcome="safe")


def test_failures_on_the_pages_leave_no_word_in_the_log(app, parts, twilio, monkeypatch):
    texts(twilio)
    add(parts, email=EMAIL)
    client = app.test_client()
    log_in(client, EMAIL)

    def fail(*_arguments, **_named):
        raise RuntimeError(WORDS)

    monkeypatch.setattr("bot.web.clinic.list_consults", fail)
    monkeypatch.setattr("bot.web.clinic.read_sheet", fail)
    for path in ("/clinic/", f"/clinic/consults/{'0' * 32}"):
        response = client.get(path)
        assert response.status_code == 500
        assert "Xiomara" not in response.get_data(as_text=True)


def test_the_page_behind_a_link_leaves_no_word_and_no_token_in_the_log(app, twilio, written):
    twilio.say("hello")
    twilio.say("yes")
    token = re.search(r"/c/([\w-]{40,})", " ".join(twilio.say("2")))[1]
    browser = app.test_client()
    browser.get(f"/c/{token}")
    browser.post(f"/c/{token}", json={"text": WORDS})
    opened = browser.post(f"/c/{token}", json={"text": ""}).json["token"]
    headers = {"Authorization": f"Bearer {opened}"}
    said = {"client_id": "Xiomara", "text": WORDS}
    assert browser.post("/chat/v1/messages", json=said, headers=headers).status_code == 200
    for secret in (token, opened):
        assert secret not in written.getvalue()


def test_this_test_would_see_a_word(written):
    logging.getLogger("bot.x").warning("seen_by_the_test", extra={"reason": "a reason"})
    assert "a reason" in written.getvalue()
