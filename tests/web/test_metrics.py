"""/metrics: what is logged is counted, what waits is measured, and nobody is told apart."""

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.core.errors import StoreUnavailable
from bot.store.heartbeats import beat
from bot.web import counting
from bot.web.counting import FILE_KINDS, Counting
from bot.web.health import EXPOSITION
from tests.web.conftest import CLINIC_NUMBER, CRISIS, PATIENT

TOKEN = "prometheus-token-1"


def scrape(client, **headers):
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == 200
    samples = {}
    for family in text_string_to_metric_families(answer.get_data(as_text=True)):
        for sample in family.samples:
            samples[sample.name, tuple(sorted(sample.labels.items()))] = sample.value
    return samples


def value(samples, name, **labels):
    return samples.get((f"porchlight_{name}", tuple(sorted(labels.items()))), 0.0)


class Growth:
    """How much counts have grown since it was made: the library's counts live on over tests."""

    def __init__(self, client):
        self.client, self.before = client, scrape(client)

    def __call__(self, name, **labels):
        return value(scrape(self.client), name, **labels) - value(self.before, name, **labels)


@pytest.fixture
def growth(client):
    return Growth(client)


def test_a_turn_is_counted_with_its_time(growth, twilio):
    twilio.say("hello")
    assert growth("turns_total", channel="sms", tier="none", outcome="stored") == 1
    assert growth("turn_seconds_count", channel="sms") == 1
    assert growth("emergency_answers_total", channel="sms", source="store") == 0


def test_a_text_that_comes_again_is_counted_as_that(growth, twilio):
    form = twilio.form("hello")
    twilio.post(form)
    twilio.post(form)
    assert growth("turns_total", channel="sms", tier="none", outcome="again") == 1


def test_a_crisis_is_counted_by_tier_and_category_and_as_answered_from_the_store(growth, twilio):
    twilio.say(CRISIS)
    assert growth("crisis_findings_total", tier="emergency", category="suicide") == 1
    assert growth("emergency_answers_total", channel="sms", source="store") == 1


def test_a_crisis_without_the_database_is_counted_as_answered_from_memory(growth, twilio, parts):
    for _ in range(3):
        parts.health.note_failure()
    twilio.say(CRISIS)
    assert growth("emergency_answers_total", channel="sms", source="memory") == 1
    assert growth("turns_total", channel="sms", tier="emergency", outcome="kept") == 1


def test_a_refused_webhook_is_counted_with_its_reason(growth, twilio):
    twilio.token = "another-token-of-twilio"
    twilio.text("hello")
    assert growth("webhook_refusals_total", reason="signature_refused") == 1


def test_what_the_provider_said_of_a_text_is_counted(growth, twilio):
    form = {**twilio.form("x"), "MessageStatus": "delivered"}
    twilio.post(form, path="/webhooks/twilio/status")
    assert growth("receipts_total", status="delivered") == 1


def test_attempts_to_deliver_are_counted_by_how_they_ended(growth):
    logging.getLogger("bot.delivery").info("outbox.sent", extra={"outbox_id": "o1"})
    assert growth("deliveries_total", state="sent") == 1


def test_every_warning_is_counted_by_name(growth):
    logging.getLogger("bot.services").warning("message_kept")
    assert growth("events_total", event="message_kept", level="warning") == 1


def test_steps_of_silence_are_counted(growth):
    extra = {"kind": "reminder", "status": "active"}
    logging.getLogger("bot.services.timers").info("timer_fired", extra=extra)
    assert growth("silences_total", kind="reminder", status="active") == 1


def test_requests_are_counted_by_template(growth, client):
    client.get("/alerts/" + "0" * 32 + "/" + "1" * 32)
    assert growth("requests_total", route="/alerts/<alert_id>/<token>", status="404") == 1


def test_figures_of_what_waits_come_from_the_database(client, parts):
    with parts.engine.begin() as connection:
        beat(connection, role="urgent", name="w", now=parts.now())
    samples = scrape(client)
    assert value(samples, "database_up") == 1
    assert value(samples, "lanes_alive", lane="urgent") == 1
    assert 0 <= value(samples, "heartbeat_age_seconds", lane="urgent") < 60
    assert value(samples, "timers_late_seconds") == 0
    for name in ("alerts_open", "alerts_oldest_seconds", "opt_outs", "spool_messages"):
        assert (f"porchlight_{name}", ()) in samples


def test_figures_are_read_every_few_seconds_and_no_more(client, parts, monkeypatch):
    asked = []
    monkeypatch.setattr("bot.web.metrics.figures_now", lambda _parts: asked.append(1))
    scrape(client)
    scrape(client)
    assert asked == [1]


def test_without_a_database_the_counts_are_told_all_the_same(client, parts, monkeypatch):
    def gone(*_args, **_named):
        raise StoreUnavailable("gone")

    monkeypatch.setattr("bot.services.readiness.read_figures", gone)
    samples = scrape(client)
    assert value(samples, "database_up") == 0
    assert ("porchlight_alerts_open", ()) not in samples
    assert parts.health.is_down


def test_while_the_database_rests_a_probe_does_not_ask_it(client, parts, monkeypatch):
    monkeypatch.setattr("bot.services.readiness.read_figures", lambda *_a, **_n: pytest.fail())
    parts.health.note_failure()
    assert client.get("/metrics").status_code == 200


def test_nothing_of_a_patient_is_in_the_metrics(client, twilio):
    for text in ("hello", "my name is Xiomara", CRISIS):
        twilio.text(text)
    text = client.get("/metrics").get_data(as_text=True)
    for canary in ("Xiomara", PATIENT, PATIENT[1:], CLINIC_NUMBER, "kill"):
        assert canary not in text


class TestWhoMayRead:
    def test_this_machine_may_without_a_token(self, client):
        assert client.get("/metrics").status_code == 200

    @pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded"])
    def test_a_proxy_on_this_machine_brings_a_stranger(self, client, header):
        assert client.get("/metrics", headers={header: "203.0.113.9"}).status_code == 403

    def test_another_machine_may_not(self, client):
        stranger = {"REMOTE_ADDR": "203.0.113.9"}
        assert client.get("/metrics", environ_base=stranger).status_code == 403

    @pytest.mark.parametrize(
        ("shown", "status"),
        [(f"Bearer {TOKEN}", 200), (f"Bearer {TOKEN}x", 403), (TOKEN, 403), ("", 403)],
    )
    def test_with_a_token_whoever_shows_it_may_and_nobody_else(self, app, client, shown, status):
        app.config["METRICS_TOKEN"] = TOKEN
        stranger = {"REMOTE_ADDR": "203.0.113.9"}
        headers = {"Authorization": shown}
        answer = client.get("/metrics", headers=headers, environ_base=stranger)
        assert answer.status_code == status


def in_processes(program, folder):
    env = {"PATH": os.environ["PATH"], "PROMETHEUS_MULTIPROC_DIR": str(folder)}
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


FORKS = """
import logging, os
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from bot.web.counting import count_log_lines
count_log_lines()
log = logging.getLogger("bot.x")
log.warning("message_kept")
for _ in range(3):
    if not os.fork():
        log.warning("message_kept")
        os._exit(0)
    os.wait()
registry = CollectorRegistry()
MultiProcessCollector(registry)
print(generate_latest(registry).decode())
"""


def test_counts_of_several_processes_are_summed(tmp_path):
    said = in_processes(FORKS, tmp_path)
    assert 'porchlight_events_total{event="message_kept",level="warning"} 4.0' in said
    sizes = {path.stat().st_size for path in tmp_path.glob("*.db")}
    assert sizes == {counting.FILE_BYTES}
    assert len(list(tmp_path.glob("*.db"))) == 4 * len(FILE_KINDS)


def test_a_file_is_written_out_before_it_is_mapped(tmp_path):
    in_processes(FORKS, tmp_path)
    for path in tmp_path.glob("*.db"):
        assert path.stat().st_blocks * 512 >= counting.FILE_BYTES


def test_without_room_for_its_files_a_process_counts_nothing_and_logs_on(tmp_path, monkeypatch):
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path / "gone"))
    monkeypatch.setattr(counting, "count", lambda _record: pytest.fail("it counted"))
    handler = Counting()
    handler.emit(logging.LogRecord("bot.x", logging.WARNING, "f", 1, "message_kept", (), None))


def test_the_program_is_counted_once_however_often_it_is_set_up(app):
    ours = [h for h in logging.getLogger("bot").handlers if isinstance(h, Counting)]
    assert len(ours) == 1
    assert EXPOSITION in app.extensions
