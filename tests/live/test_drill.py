"""`script/drill`: a backup of a running clinic's database is restored, examined and dropped."""

from __future__ import annotations

import os
import shutil
import subprocess

import psycopg
import pytest

from tests.live.servers import ROOT, make_server, prepare

pytestmark = [pytest.mark.live, pytest.mark.timeout(240)]

NO_PROGRAMS = "no pg_dump on the PATH"


def drill(database_url, folder):
    env = {**make_server(database_url, folder).env, "PATH": os.environ["PATH"]}
    return subprocess.run(
        [str(ROOT / "script" / "drill")], env=env, capture_output=True, text=True, timeout=200
    )


def copies(database_url):
    with psycopg.connect(database_url) as connection:
        found = connection.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE 'porchlight_drill_%'"
        )
        return found.fetchall()


def test_a_backup_can_be_restored_and_nothing_of_it_stays(database_url, tmp_path):
    prepare(database_url)
    if database_url.startswith("postgresql") and shutil.which("pg_dump") is None:
        pytest.skip(NO_PROGRAMS)
    done = drill(database_url, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "migrations: ok" in done.stdout
    assert "the copy is good" in done.stdout
    if database_url.startswith("postgresql"):
        assert copies(database_url) == []


def test_a_drill_without_tables_fails_and_says_so(tmp_path):
    done = drill(f"sqlite:///{tmp_path}/empty.db", tmp_path)
    assert done.returncode != 0
    assert "the copy is good" not in done.stdout
