"""The fake Twilio: it answers as the published description says, and misbehaves when told to."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlencode

import pytest
import requests
from twilio.base.exceptions import TwilioException, TwilioRestException

from bot.channels.signature import make_signature_check
from bot.cli.fake_twilio.mode import Mode, changed, described
from bot.cli.fake_twilio.server import fake_twilio as whole_fake
from bot.delivery.twilio_api import make_client
from tests.fakes.twilio import ACCOUNT, TOKEN, Mood, fake_twilio
from tests.fakes.twilio_shapes import departures
from tests.live.processes import ROOT
from tests.live.servers import await_true

CLINIC, PATIENT = "+15005550006", "+12135550001"
TEXT = {"to": PATIENT, "from_": CLINIC, "body": "Hello"}


@pytest.fixture
def fake():
    with fake_twilio() as made:
        yield made


def client(url, *, token=TOKEN, seconds=3):
    return make_client(ACCOUNT, token, api_url=url, timeout_seconds=seconds)


def test_texts_and_calls_are_made_listed_and_fetched_as_the_description_says(fake):
    twilio = client(fake.url)
    text = twilio.messages.create(**TEXT, status_callback="https://clinic.test/status")
    call = twilio.calls.create(to=PATIENT, from_=CLINIC, twiml="<Response/>")
    assert twilio.messages(text.sid).fetch().body == "Hello"
    assert [found.sid for found in twilio.messages.list(to=PATIENT, from_=CLINIC)] == [text.sid]
    assert twilio.messages.list(to=CLINIC) == []
    assert twilio.calls(call.sid).fetch().to == PATIENT
    assert [found.sid for found in twilio.calls.list()] == [call.sid]
    assert [entry["Sid"] for entry in fake.ledger + fake.calls] == [text.sid, call.sid]


@pytest.mark.parametrize(
    ("fields", "status", "document"),
    [
        ([("To", PATIENT), ("Colour", "red")], 201, {}),
        ([("From", CLINIC)], 201, {}),
        ([("To", PATIENT)], 200, {}),
        ([("To", PATIENT)], 201, {"sid": "SM1"}),
        ([("To", PATIENT)], 201, {"status": "on its way"}),
        ([("To", PATIENT)], 201, {"colour": "red"}),
    ],
)
def test_whatever_departs_from_the_description_is_seen(fields, status, document):
    assert departures("post Messages", [("To", PATIENT)], 201, {}) == []
    assert departures("post Messages", fields, status, document)


@pytest.mark.parametrize(("left_out", "code"), [("to", 21604), ("from_", 21603), ("body", 21602)])
def test_a_text_that_lacks_something_is_refused_with_twilios_code(fake, left_out, code):
    with pytest.raises(TwilioRestException) as refused:
        client(fake.url).messages.create(**{**TEXT, left_out: ""})
    assert (refused.value.status, refused.value.code) == (400, code)
    assert fake.ledger == []


def test_a_text_of_more_than_1600_characters_is_refused(fake):
    client(fake.url).messages.create(**{**TEXT, "body": "x" * 1600})
    with pytest.raises(TwilioRestException) as refused:
        client(fake.url).messages.create(**{**TEXT, "body": "x" * 1601})
    assert refused.value.code == 21617


@pytest.mark.parametrize(
    ("mood", "status", "accepted"),
    [(Mood.BUSY, 429, 0), (Mood.BROKEN, 500, 0), (Mood.BROKEN_AFTER, 500, 1)],
)
def test_a_bad_mood_answers_with_an_error_and_the_ledger_knows_the_truth(
    fake, mood, status, accepted
):
    fake.mood = mood
    with pytest.raises(TwilioRestException) as refused:
        client(fake.url).messages.create(**TEXT)
    assert refused.value.status == status
    assert len(fake.ledger) == accepted


@pytest.mark.parametrize(("mood", "accepted"), [(Mood.DEAF, 1), (Mood.HANGING, 0), (Mood.SLOW, 1)])
def test_an_answer_that_does_not_come_leaves_the_truth_in_the_ledger(fake, mood, accepted):
    fake.behave(mood=mood.value, seconds=2)
    with pytest.raises(requests.RequestException):
        client(fake.url, seconds=0.3).messages.create(**TEXT)
    assert len(fake.ledger) == accepted


def test_a_share_of_the_requests_meets_the_mood(fake):
    fake.behave(mood="busy", share=0.25)
    failed = 0
    for _ in range(20):
        try:
            client(fake.url).messages.create(**TEXT)
        except TwilioRestException:
            failed += 1
    assert (failed, len(fake.ledger)) == (5, 15)


def test_a_number_that_opted_out_is_refused_and_others_are_not(fake):
    fake.behave(refuses=f"{PATIENT}:21610")
    with pytest.raises(TwilioRestException) as refused:
        client(fake.url).messages.create(**TEXT)
    assert refused.value.code == 21610
    client(fake.url).messages.create(**{**TEXT, "to": "+12135550002"})
    fake.behave(refuses="")
    client(fake.url).messages.create(**TEXT)


@pytest.mark.parametrize(("mood", "status"), [("broken", 500), ("busy", 429)])
def test_a_list_can_be_out_while_texts_are_taken(fake, mood, status):
    twilio = client(fake.url)
    fake.behave(list_mood=mood)
    twilio.messages.create(**TEXT)
    with pytest.raises(TwilioException) as refused:
        twilio.messages.list(to=PATIENT)
    assert refused.value.args[1].status_code == status


def test_a_list_can_hang_while_texts_are_taken(fake):
    twilio = client(fake.url, seconds=0.5)
    fake.behave(list_mood="hanging", seconds=2)
    twilio.messages.create(**TEXT)
    with pytest.raises(requests.RequestException):
        twilio.messages.list(to=PATIENT)


def test_a_list_lags_behind_and_comes_in_pages(fake):
    twilio = client(fake.url)
    made = [twilio.messages.create(**TEXT).sid for _ in range(5)]
    assert [found.sid for found in twilio.messages.list(page_size=2)] == made[::-1]
    fake.behave(list_lag_seconds=60)
    assert twilio.messages.list() == []
    assert twilio.messages(made[0]).fetch().sid == made[0]


def test_a_list_knows_moments(fake):
    twilio = client(fake.url)
    (made,) = [twilio.messages.create(**TEXT)]
    day = made.date_created
    assert twilio.messages.list(date_sent=day) != []
    later = day.replace(year=day.year + 1)
    assert twilio.messages.list(date_sent_after=later) == []
    assert twilio.messages.list(date_sent_before=later) != []


def test_a_text_that_came_in_is_listed_with_those_that_left(fake):
    form = {"Sid": "SM" + "b" * 32, "From": PATIENT, "To": CLINIC, "Body": "Hi"}
    requests.post(f"{fake.url}/inbound", data=form, timeout=5).raise_for_status()
    (found,) = client(fake.url).messages.list(to=CLINIC)
    assert (found.direction, found.status, found.body) == ("inbound", "received", "Hi")


def test_an_unknown_wish_is_refused_and_changes_nothing(fake):
    for wish in ({"mood": "sad"}, {"colour": "red"}, {"share": "half"}):
        assert requests.post(f"{fake.url}/mode", data=wish, timeout=5).status_code == 400
    assert described(fake.inner.mode) == described(Mode())
    assert requests.get(f"{fake.url}/nothing", timeout=5).status_code == 404


def test_what_is_described_can_be_read_back():
    mode = changed(
        Mode(), [("refuses", "+1:21610"), ("refuses", "+2:30003"), ("outcomes", "+3:failed:30005")]
    )
    shown = described(mode)
    again = [("refuses", each) for each in shown["refuses"]]
    again += [("outcomes", each) for each in shown["outcomes"]]
    assert changed(Mode(), again) == mode


@contextmanager
def listening():
    """A program that notes what it is called with."""
    heard = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            signature = self.headers["X-Twilio-Signature"]
            heard.append((self.path, parse_qsl(body, keep_blank_values=True), signature))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_details):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", heard
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def whole(tmp_path):
    ledger = tmp_path / "ledger"
    with whole_fake(account_sid=ACCOUNT, token=TOKEN, ledger=ledger) as url, listening() as place:
        yield url, *place


def control(url, **changes):
    requests.post(f"{url}/mode", data=changes, timeout=5).raise_for_status()


def test_callbacks_are_signed_as_the_program_demands(whole):
    url, program, heard = whole
    text = client(url).messages.create(**TEXT, status_callback=f"{program}/status")
    await_true(lambda: len(heard) == 2, seconds=60)
    check = make_signature_check(program, [TOKEN])
    for path, fields, signature in heard:
        assert check.accepts(path, "", fields, signature)
        assert not check.accepts(path, "", [*fields, ("Extra", "1")], signature)
    said = [dict(fields) for _, fields, _ in heard]
    assert [fields["MessageStatus"] for fields in said] == ["sent", "delivered"]
    assert {fields["MessageSid"] for fields in said} == {text.sid}
    await_true(lambda: client(url).messages(text.sid).fetch().status == "delivered", seconds=60)


def test_callbacks_come_twice_backwards_and_with_the_outcome_of_the_number(whole):
    url, program, heard = whole
    control(
        url,
        callback_copies=2,
        callback_order="backward",
        callback_seconds=0.01,
        outcomes=f"{PATIENT}:undelivered:30005",
    )
    client(url).messages.create(**TEXT, status_callback=f"{program}/status")
    await_true(lambda: len(heard) == 4, seconds=60)
    said = [(dict(f)["MessageStatus"], dict(f).get("ErrorCode")) for _, f, _ in heard]
    assert said == [("undelivered", "30005"), ("sent", None)] * 2


def test_a_key_pressed_in_a_call_reaches_the_program_signed(whole):
    url, program, heard = whole
    twiml = f'<Response><Gather action="{program}/taken?alert=7"/></Response>'
    call = client(url).calls.create(to=PATIENT, from_=CLINIC, twiml=twiml)
    pressed = requests.post(f"{url}/press", data={"Sid": call.sid, "Digits": "1"}, timeout=5)
    assert pressed.json() == {"answered": 204}
    ((path, fields, signature),) = heard
    assert dict(fields)["Digits"] == "1"
    check = make_signature_check(program, [TOKEN])
    assert check.accepts("/taken", path.partition("?")[2], fields, signature)


def test_who_does_not_know_the_token_is_turned_away(whole):
    with pytest.raises(TwilioRestException) as refused:
        client(whole[0], token="0" * 32).messages.create(**TEXT)
    assert (refused.value.status, refused.value.code) == (401, 20003)


def test_the_page_for_people_is_there(whole):
    page = requests.get(whole[0], timeout=5)
    assert page.headers["Content-Type"].startswith("text/html")
    assert "https://" not in page.text


def test_what_was_accepted_survives_the_death_of_the_process(tmp_path):
    ledger, sids = tmp_path / "ledger", []
    for _ in range(2):
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.fakes.twilio", "0", str(ledger)],
            stdout=subprocess.PIPE,
            cwd=ROOT,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        url = process.stdout.readline().strip()
        sids.append(client(url).messages.create(**TEXT).sid)
        seen = json.load(urllib.request.urlopen(f"{url}/ledger?since=0", timeout=5))
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=10)
        process.stdout.close()
        with ledger.open("ab") as file:
            file.write(b'{"torn')
        assert [entry["Sid"] for entry in seen if entry["entry"] == "message"] == sids
    assert sids[0] != sids[1]


def test_a_body_that_is_no_form_is_not_accepted(fake):
    request = urllib.request.Request(
        f"{fake.url}/2010-04-01/Accounts/{ACCOUNT}/Messages.json",
        urlencode({"To": PATIENT}).encode(),
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=5)
    assert refused.value.code == 400
    refused.value.close()
