"""Clinics' own systems are told of requests and alerts: by ids, signed, at public addresses."""

import hmac
import json
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from sqlalchemy import insert, update

from bot.core.errors import ProviderFailure
from bot.core.webhook_signing import signature, webhook_secret
from bot.delivery.alerts import page_due_alerts
from bot.delivery.announcing import announce_consults
from bot.delivery.outbox import deliver_due, deliver_ordinary
from bot.delivery.outcomes import ATTEMPTS
from bot.delivery.senders import Letter
from bot.delivery.webhooks import Webhooks, is_public
from bot.store.tables import ConsultRow, OutboxRow

URL = "https://ehr.clinic.test/events"
OLD, NEW = b"o" * 32, b"n" * 32
NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


def ask(post, consult_id="q1", priority="routine"):
    now = post.clock()
    with post.parts.engine.begin() as connection:
        connection.execute(
            insert(ConsultRow).values(
                id=consult_id, clinic_id="demo", conversation_id="c1", patient_id="p1",
                status="requested", priority=priority, due_at=now, version=1, created_at=now,
            )
        )  # fmt: skip


def change(post, **values):
    with post.parts.engine.begin() as connection:
        connection.execute(update(ConsultRow).values(**values))


def events(post):
    return [json.loads(letter.body) for letter in post.webhooks.taken]


def test_a_clinic_without_an_address_is_told_nothing(post):
    ask(post)
    post.open_alert()
    announce_consults(post.parts)
    page_due_alerts(post.parts)
    assert "webhook" not in {row.kind for row in post.rows(OutboxRow)}


def test_a_new_request_is_told_once_by_ids_alone(post):
    post.change_clinic(webhook_url=URL)
    ask(post)
    assert announce_consults(post.parts) == 1
    assert announce_consults(post.parts) == 0
    deliver_due(post.parts)
    (letter,) = post.webhooks.taken
    assert (letter.to, letter.sender) == (URL, "demo")
    assert events(post) == [
        {
            "event": "consult.opened",
            "consult_id": "q1",
            "priority": "routine",
            "at": "2026-03-02T15:04:05+00:00",
        }
    ]


def test_another_priority_is_told_and_another_version_is_not(post):
    post.change_clinic(webhook_url=URL)
    ask(post)
    announce_consults(post.parts)
    change(post, version=2)
    assert announce_consults(post.parts) == 0
    change(post, priority="stat")
    assert announce_consults(post.parts) == 1
    deliver_due(post.parts)
    assert [event["event"] for event in events(post)].count("consult.priority-changed") == 1


def test_old_requests_are_not_poured_over_a_clinic_that_gives_an_address_now(post):
    ask(post)
    post.clock.advance(days=2)
    post.change_clinic(webhook_url=URL)
    assert announce_consults(post.parts) == 0


def test_an_alert_is_told_of_when_it_begins_and_not_at_every_step(post):
    post.change_clinic(webhook_url=URL)
    post.open_alert()
    for minutes in (0, 2, 3):
        post.clock.advance(minutes=minutes)
        page_due_alerts(post.parts)
        deliver_due(post.parts)
    assert [(e["event"], e["alert_id"], e["priority"]) for e in events(post)] == [
        ("alert.opened", "a1", "stat")
    ]


def test_an_address_that_hangs_is_no_matter_of_the_urgent_lane(post):
    post.change_clinic(webhook_url=URL)
    post.open_alert()
    page_due_alerts(post.parts)
    (row,) = [row for row in post.rows(OutboxRow) if row.kind == "webhook"]
    assert row.priority > 0


def test_what_fails_is_tried_again_and_comes_to_an_end(post):
    post.change_clinic(webhook_url=URL)
    ask(post)
    announce_consults(post.parts)
    post.webhooks.moods = [ProviderFailure("webhook", "http 503", retryable=True)] * 99
    for _ in range(ATTEMPTS + 2):
        deliver_ordinary(post.parts)
        post.clock.advance(hours=2)
    (row,) = post.rows(OutboxRow)
    assert (row.state, row.attempts, row.last_error) == ("failed", ATTEMPTS, "http 503")


def test_a_runner_that_died_over_one_is_no_reason_not_to_tell(post):
    post.change_clinic(webhook_url=URL)
    ask(post)
    announce_consults(post.parts)
    with post.parts.engine.begin() as connection:
        connection.execute(update(OutboxRow).values(state="sending", attempts=1))
    deliver_ordinary(post.parts)
    post.clock.advance(minutes=2)
    deliver_ordinary(post.parts)
    assert len(post.webhooks.taken) == 1


@contextmanager
def listener(status=200, location=None):
    heard = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.append((self.path, dict(self.headers), body))
            self.send_response(status)
            if location:
                self.send_header("Location", location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", heard
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def webhooks(*, is_demo=True):
    return Webhooks([NEW, OLD], now=lambda: NOW, is_demo=is_demo)


def test_an_event_is_posted_with_proofs_under_both_keys():
    with listener() as (url, heard):
        assert webhooks().send(Letter("k1", f"{url}/in?x=1", "demo", '{"event":"e"}')) == "k1"
    ((path, headers, body),) = heard
    assert (path, body) == ("/in?x=1", b'{"event":"e"}')
    assert headers["Porchlight-Event"] == "k1"
    moment, *proofs = headers["Porchlight-Signature"].split(",")
    seconds = moment.removeprefix("t=")
    assert int(seconds) == int(NOW.timestamp())
    for key, proof in zip((NEW, OLD), proofs, strict=True):
        secret = webhook_secret(key, "demo").encode()
        right = hmac.new(secret, f"{seconds}.".encode() + body, "sha256").hexdigest()
        assert proof == f"v1={right}"


def test_clinics_have_different_secrets_and_a_changed_body_another_proof():
    assert webhook_secret(NEW, "demo") != webhook_secret(NEW, "other")
    secrets = [webhook_secret(NEW, "demo")]
    assert signature(b"a", seconds=1, secrets=secrets) != signature(
        b"b", seconds=1, secrets=secrets
    )
    assert signature(b"a", seconds=1, secrets=secrets) != signature(
        b"a", seconds=2, secrets=secrets
    )


@pytest.mark.parametrize(
    ("status", "retryable"), [(301, False), (410, False), (404, True), (429, True), (503, True)]
)
def test_an_answer_that_is_no_yes_is_a_failure_and_no_redirect_is_followed(status, retryable):
    with listener() as (elsewhere, never), listener(status, elsewhere) as (url, heard):
        with pytest.raises(ProviderFailure) as caught:
            webhooks().send(Letter("k1", url, "demo", "{}"))
        assert (caught.value.code, caught.value.retryable) == (f"http {status}", retryable)
        assert (len(heard), never) == (1, [])


def test_nobody_there_is_tried_again():
    with pytest.raises(ProviderFailure) as caught:
        webhooks().send(Letter("k1", "http://127.0.0.1:9/", "demo", "{}"))
    assert caught.value.retryable


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://ehr.clinic.test/", "not-https"),
        ("https://127.0.0.1/", "private-address"),
        ("https://localhost/", "private-address"),
        ("https://169.254.169.254/latest", "private-address"),
        ("https://10.0.0.7/", "private-address"),
        ("https://[::1]/", "private-address"),
        ("https://[::ffff:127.0.0.1]/", "private-address"),
    ],
)
def test_outside_the_demo_nothing_goes_to_this_machine_or_our_own_network(url, code):
    with pytest.raises(ProviderFailure) as caught:
        webhooks(is_demo=False).send(Letter("k1", url, "demo", "{}"))
    assert (caught.value.code, caught.value.retryable) == (code, False)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("192.168.1.1", False),
        ("172.16.0.1", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::a00:1", False),
    ],
)
def test_which_addresses_belong_to_the_open_network(address, public):
    assert is_public(address) is public


def test_a_name_with_one_address_in_our_own_network_is_refused(monkeypatch):
    found = [(2, 1, 6, "", (address, 443)) for address in ("8.8.8.8", "10.0.0.7")]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_a, **_n: found)
    with pytest.raises(ProviderFailure) as caught:
        webhooks(is_demo=False).send(Letter("k1", "https://ehr.clinic.test/", "demo", "{}"))
    assert caught.value.code == "private-address"
