"""What a probe is told: this process can work, or not, and what lags behind it."""

import os
from datetime import timedelta

import msgspec
import pytest
from sqlalchemy import insert

from bot.core.clock import new_id
from bot.store import migrate
from bot.store.heartbeats import ROUTINE, URGENT, beat
from bot.store.tables import OutboxRow

NEEDED = ("database", "migrations", "spool")


@pytest.fixture
def worker(parts):
    """A worker that has just been seen."""
    with parts.engine.begin() as connection:
        for lane in (URGENT, ROUTINE):
            beat(connection, role=lane, name="w", now=parts.now())


def put_page(parts, age):
    at = parts.now() - age
    with parts.engine.begin() as connection:
        connection.execute(
            insert(OutboxRow).values(
                id=new_id(), clinic_id="demo", kind="page-text", recipient="oncall:0",
                payload=msgspec.json.encode({}), state="pending", due_at=at, attempts=0,
                created_at=at, priority=0,
            )
        )  # fmt: skip


def asked(client):
    answer = client.get("/readyz")
    return answer.status_code, answer.get_json()


def test_all_is_well(client, worker):
    code, told = asked(client)
    assert (code, told["status"], told["degraded"]) == (200, "ok", [])
    assert all(told[part] == "ok" for part in NEEDED)


def test_a_worker_nobody_sees_is_told_and_the_process_stays_in_service(client):
    assert asked(client)[1]["degraded"] == ["worker"]
    assert asked(client)[0] == 200


@pytest.mark.parametrize("stopped", [URGENT, ROUTINE])
def test_a_lane_that_stopped_a_while_ago_counts_as_none(client, parts, stopped):
    with parts.engine.begin() as connection:
        for lane in (URGENT, ROUTINE):
            at = parts.now() - timedelta(seconds=61 if lane == stopped else 1)
            beat(connection, role=lane, name="w", now=at)
    assert asked(client)[1]["worker"] == "no sign of life"


@pytest.mark.parametrize(("minutes", "late"), [(1, []), (3, ["urgent"])])
def test_a_page_that_does_not_leave_is_told(client, parts, worker, minutes, late):
    put_page(parts, timedelta(minutes=minutes))
    code, told = asked(client)
    assert (code, told["degraded"]) == (200, late)


def test_kept_messages_that_nobody_treats_are_told(client, parts, worker, tmp_path):
    folder = tmp_path / "instance" / "spool"
    at = parts.now() - timedelta(minutes=3)
    name = f"{round(at.timestamp() * 1_000_000):017d}-patient-{new_id()}.message"
    (folder / name).write_bytes(b"sealed")
    code, told = asked(client)
    assert (code, told["degraded"]) == (200, ["kept_messages"])


def test_other_tables_than_the_program_expects_are_a_503_that_names_them(client, settings, worker):
    migrate.downgrade(settings.database_url, "0006")
    code, told = asked(client)
    assert (code, told["status"]) == (503, "not ready")
    assert told["migrations"] != "ok"
    assert told["database"] == "ok"


def test_a_disk_without_room_for_messages_is_a_503_that_names_it(client, worker, monkeypatch):
    full = os.statvfs_result((4096, 4096, 1000, 10, 10, 100, 100, 100, 0, 255))
    monkeypatch.setattr("bot.services.spool.os.statvfs", lambda _folder: full)
    code, told = asked(client)
    assert (code, told["spool"]) == (503, "takes no messages")


def test_a_folder_that_is_gone_is_a_503(client, worker, tmp_path):
    (tmp_path / "instance" / "spool").rename(tmp_path / "elsewhere")
    assert asked(client)[0] == 503
