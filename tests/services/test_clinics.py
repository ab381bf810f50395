"""Clinics: what a file must say, applying it, and finding a clinic by number."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest
import yaml

from bot.core.errors import DefinitionError, StoreUnavailable
from bot.core.messages import Channel
from bot.services.clinic_files import apply_clinic, plan_clinic
from bot.services.clinics import REFRESH_SECONDS
from bot.store import tables

DEMO = (Path(__file__).parents[2] / "clinics" / "demo.yaml").read_text("utf-8")


def changed(**fields):
    return yaml.safe_dump({**yaml.safe_load(DEMO), **fields}, allow_unicode=True)


def after(*hours):
    return [{"after_hours": number} for number in hours]


@pytest.mark.parametrize(
    "fields",
    [
        {"reminders": after(4, 16), "expires_after_hours": 28},
        {"reminders": after(1), "expires_after_hours": 13},
        {"reminders": [], "expires_after_hours": 1, "contact_hours": []},
        {"expires_after_hours": 1440, "pause_expires_after_hours": 1440},
    ],
)
def test_reminders_may_come_as_close_as_half_a_day(parts, fields):
    assert plan_clinic(parts, changed(**fields)).clinic


def applied(parts, source=DEMO):
    plan = plan_clinic(parts, source)
    apply_clinic(parts, plan)
    return plan


def test_the_demo_clinic_can_be_applied_and_is_found(parts):
    plan = applied(parts)
    assert plan.is_new
    clinic = parts.clinics.at(Channel.SMS, "+15005550006")
    assert clinic == plan.clinic == parts.clinics.of("demo")
    assert parts.clinics.at(Channel.WEB, "demo") == clinic
    assert parts.clinics.all() == (clinic,)


def test_a_plan_changes_nothing(door):
    assert plan_clinic(door.parts, DEMO).changes
    assert not door.rows(tables.ClinicRow)


def test_applying_again_changes_nothing(parts):
    applied(parts)
    assert plan_clinic(parts, DEMO).changes == ()


def test_a_plan_shows_each_field_before_and_after(parts):
    applied(parts)
    plan = plan_clinic(parts, changed(name="New Name", languages=["en"]))
    assert not plan.is_new
    assert [(c.path, c.before, c.after) for c in plan.changes] == [
        ("languages", '["en","es"]', '["en"]'),
        ("name", '"Porchlight Demo Clinic"', '"New Name"'),
    ]
    apply_clinic(parts, plan)
    assert parts.clinics.of("demo").name == "New Name"


def test_a_number_can_move_within_a_clinic_but_not_to_another(parts):
    applied(parts)
    applied(parts, changed(sms_numbers=["+15005550007", "+15005550006"]))
    with pytest.raises(DefinitionError, match=r"sms_numbers\[1\]: belongs to another"):
        plan_clinic(parts, changed(id="other", sms_numbers=["+15005550008", "+15005550007"]))
    applied(parts, changed(sms_numbers=["+15005550006"]))
    applied(parts, changed(id="other", sms_numbers=["+15005550007"]))
    assert parts.clinics.at(Channel.SMS, "+15005550007").id == "other"


def test_a_number_taken_between_plan_and_apply_is_refused(parts):
    first, second = plan_clinic(parts, DEMO), plan_clinic(parts, changed(id="other"))
    apply_clinic(parts, first)
    with pytest.raises(DefinitionError, match="sms_numbers"):
        apply_clinic(parts, second)
    assert parts.clinics.of("other") is None


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"id": "Demo Clinic"}, "id"),
        ({"name": " "}, "name"),
        ({"name": None}, "name"),
        ({"time_zone": "Pacific"}, "time_zone"),
        ({"phone": "500 555 0001"}, "phone"),
        ({"phone": "+1 5005550001"}, "phone"),
        ({"sms_numbers": []}, "sms_numbers"),
        ({"sms_numbers": ["+15005550006", "+15005550006"]}, "sms_numbers[1]"),
        ({"sms_numbers": ["+1555"]}, "sms_numbers[0]"),
        ({"messaging_service_sids": ["MGx"]}, "messaging_service_sids[0]"),
        ({"segments_per_second": 0}, "segments_per_second"),
        ({"segments_per_second": 1001}, "segments_per_second"),
        ({"total_segments_per_second": -1}, "total_segments_per_second"),
        ({"webhook_url": "http://ehr.example/in"}, "webhook_url"),
        ({"webhook_url": "https://"}, "webhook_url"),
        ({"webhook_url": "https://a:b@ehr.example/in"}, "webhook_url"),
        ({"webhook_url": "https://ehr.example/in#x"}, "webhook_url"),
        ({"region": "XX"}, "region"),
        ({"region": "us"}, "region"),
        ({"licensed_states": []}, "licensed_states"),
        ({"licensed_states": ["CA"]}, "licensed_states[0]"),
        ({"licensed_states": ["US-CA", "US-XX"]}, "licensed_states[1]"),
        ({"languages": []}, "languages"),
        ({"languages": ["en", "fr"]}, "languages[1]"),
        ({"flow": "no-such-flow"}, "flow"),
        ({"hours": [{"day": "funday", "opens": "08:00", "closes": "09:00"}]}, "hours[0].day"),
        ({"hours": [{"day": "monday", "opens": "8", "closes": "09:00"}]}, "hours[0].opens"),
        ({"hours": [{"day": "monday", "opens": "09:00", "closes": "24:00"}]}, "hours[0].closes"),
        ({"hours": [{"day": "monday", "opens": "09:00", "closes": "09:00"}]}, "hours[0].closes"),
        (
            {"contact_hours": [{"day": "monday", "opens": "09:00", "closes": "08:00"}]},
            "contact_hours[0].closes",
        ),
        ({"reminders": [{"after_hours": 0}]}, "reminders[0].after_hours"),
        ({"reminders": after(4, 15)}, "reminders[1].after_hours"),
        ({"reminders": after(24, 4)}, "reminders[1].after_hours"),
        ({"reminders": after(4, 24, 48)}, "reminders"),
        ({"reminders": after(4, 24), "expires_after_hours": 35}, "expires_after_hours"),
        ({"reminders": [], "expires_after_hours": 0}, "expires_after_hours"),
        ({"expires_after_hours": 1441}, "expires_after_hours"),
        ({"pause_expires_after_hours": 35}, "pause_expires_after_hours"),
        ({"on_call": [{"name": "A"}]}, "on_call[0]"),
        ({"on_call": [{"name": "A", "phone": "5"}]}, "on_call[0].phone"),
        ({"on_call": [{"name": "A", "email": "nobody"}]}, "on_call[0].email"),
        ({"chat_origins": ["http://clinic.example"]}, "chat_origins[0]"),
        ({"chat_origins": ["https://clinic.example/path"]}, "chat_origins[0]"),
        ({"chat_origins": ["https://a@clinic.example"]}, "chat_origins[0]"),
        ({"chat_origins": ["*"]}, "chat_origins[0]"),
        ({"colour": "blue"}, "file"),
        ({"on_call": [{"name": "A", "phone": "+15005550001", "pager": "1"}]}, "on_call[0]"),
    ],
)
def test_a_fault_names_the_path_to_it(make_parts, fields, path):
    with pytest.raises(DefinitionError) as caught:
        plan_clinic(make_parts(), changed(**fields))
    assert caught.value.path == path


@pytest.mark.parametrize("source", ["id: [", "just words", ""])
def test_a_file_that_is_no_clinic_is_refused(parts, source):
    with pytest.raises(DefinitionError):
        plan_clinic(parts, source)


def test_another_process_learns_of_a_clinic_in_time(parts, make_parts, seconds):
    other = make_parts()
    assert other.clinics.at(Channel.SMS, "+15005550006") is None
    applied(parts)
    assert other.clinics.at(Channel.SMS, "+15005550006") is None
    seconds.seconds += 1.5
    assert other.clinics.at(Channel.SMS, "+15005550006").id == "demo"
    applied(parts, changed(name="New Name"))
    assert other.clinics.of("demo").name == "Porchlight Demo Clinic"
    seconds.seconds += REFRESH_SECONDS
    assert other.clinics.of("demo").name == "New Name"


def test_clinics_stay_known_while_the_database_is_away(parts, seconds, monkeypatch):
    applied(parts)

    def away():
        raise StoreUnavailable("away")

    monkeypatch.setattr(parts.clinics, "refresh", away)
    seconds.seconds += 2 * REFRESH_SECONDS
    assert parts.clinics.of("demo").name == "Porchlight Demo Clinic"


def test_several_threads_that_ask_at_once_all_find_the_clinic(parts, make_parts, monkeypatch):
    applied(parts)
    book = make_parts().clinics
    read = book.refresh

    def read_slowly():
        time.sleep(0.1)
        read()

    monkeypatch.setattr(book, "refresh", read_slowly)
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: book.of("demo"), range(8)))
    assert None not in found


def test_until_the_clinics_could_be_read_nobody_says_that_there_is_none(
    parts, make_parts, seconds, monkeypatch
):
    applied(parts)
    book = make_parts().clinics
    with monkeypatch.context() as patch:
        patch.setattr(book, "refresh", _away)
        with pytest.raises(StoreUnavailable):
            book.certainly_of("demo")
    seconds.seconds += REFRESH_SECONDS
    assert book.certainly_of("demo") is not None
    assert book.certainly_of("nobody") is None


def _away():
    raise StoreUnavailable("gone")


def test_a_clinic_is_found_by_its_messaging_service(parts):
    service = "MG" + "0" * 32
    applied(parts, changed(messaging_service_sids=[service]))
    assert parts.clinics.at(Channel.SMS, "+15005550099", service).id == "demo"
    assert parts.clinics.at(Channel.SMS, "+15005550099") is None


def test_the_stored_document_is_encrypted(parts):
    applied(parts)
    with parts.engine.connect() as connection:
        blob = connection.exec_driver_sql("SELECT document FROM clinics").scalar()
    assert b"Demo Nurse" not in bytes(blob)
    assert msgspec.json.decode(parts.keyring.unseal("clinics.document", bytes(blob)))
