"""A crisis is answered within 3 seconds while the database fails, whatever else hangs on it.

All the while other patients text without a pause, and a load balancer asks how the server is.
Their requests wait for the database too, and must not keep a crisis from being heard. Nothing is
lost: each text is answered or kept on disk.
"""

from __future__ import annotations

import time
from functools import partial

import pytest

from tests.live import outages
from tests.live.desk import CRISIS, PATIENTS, a_desk, assert_at_once, note, phone
from tests.live.private_postgres import private_postgres, small_disk, turn_read_only
from tests.live.servers import await_true, in_parallel, prepare, serving, traffic

pytestmark = pytest.mark.live

OUTAGE_SECONDS = 5.0
"""Long enough for several tries of the database by each process."""

ORDINARY_CLIENTS = 6
CRISIS_CLIENTS = 2
CRISIS_PAUSE_SECONDS = 0.1
PROBES = 2
PROBE_PAUSE_SECONDS = 0.5
"""A load balancer asks whether the server is ready; that asks the database too."""

DATABASE = "outages"


@pytest.fixture(scope="module")
def postgres():
    with private_postgres() as server:
        yield server


@pytest.fixture(scope="module")
def disk(tmp_path_factory):
    with small_disk(tmp_path_factory.mktemp("disk")) as made:
        yield made


@pytest.fixture(scope="module")
def on_postgres(postgres, tmp_path_factory):
    """A desk whose tables lie on a small disk of their own."""
    with small_disk(postgres.folder / "disk") as disk:
        postgres.own(disk)
        postgres.run("postgres", f"CREATE TABLESPACE small LOCATION '{disk}'")
        postgres.run("postgres", f"CREATE DATABASE {DATABASE} TABLESPACE small")
        with a_desk(postgres.url(DATABASE), tmp_path_factory.mktemp("pg")) as desk:
            desk.disk = disk
            yield desk


@pytest.fixture(scope="module")
def on_sqlite(disk, tmp_path_factory):
    with a_desk(f"sqlite:///{disk}/porchlight.db", tmp_path_factory.mktemp("lite")) as desk:
        desk.disk = disk
        yield desk


def through(desk, outage, case):
    """Text through an outage; return the answers to crises and those to ordinary texts."""

    def crisis(number):
        time.sleep(CRISIS_PAUSE_SECONDS)
        return desk.server.text(CRISIS, From=phone(number % PATIENTS))

    def ordinary(number):
        time.sleep(0.01)
        return desk.server.text("1", From=phone(number % PATIENTS))

    def probe(_number):
        time.sleep(PROBE_PAUSE_SECONDS)
        return desk.server.get("/readyz")

    with (
        outage,
        traffic(probe, clients=PROBES),
        traffic(ordinary, clients=ORDINARY_CLIENTS) as usual,
        traffic(crisis, clients=CRISIS_CLIENTS) as urgent,
    ):
        time.sleep(OUTAGE_SECONDS)
    note(f"{case}, ordinary texts", [answer.seconds for answer in usual])
    assert_at_once(urgent, case=case)
    assert {answer.status for answer in usual} == {200}
    return urgent, usual


@pytest.mark.parametrize("outage", outages.POSTGRESQL, ids=lambda each: each.__name__)
def test_postgresql_fails_and_a_crisis_is_answered_at_once(postgres, on_postgres, outage):
    case = f"postgresql: {outage.__name__.replace('_', ' ')}"
    through(on_postgres, outage(postgres, DATABASE, on_postgres.disk), case)
    assert_works_again(on_postgres)


@pytest.mark.parametrize("outage", outages.SQLITE, ids=lambda each: each.__name__)
def test_sqlite_fails_and_a_crisis_is_answered_at_once(on_sqlite, outage):
    case = f"sqlite: {outage.__name__.replace('_', ' ')}"
    through(on_sqlite, outage(on_sqlite.disk), case)
    assert_works_again(on_sqlite)


def assert_works_again(desk):
    """After the outage an ordinary text is answered by a stored turn again."""
    await_true(lambda: desk.server.text("1", From=phone(0)).texts != (), seconds=30)


@pytest.mark.parametrize("outage", [outages.frozen, outages.refused], ids=lambda o: o.__name__)
def test_a_server_that_never_saw_its_database_answers_a_crisis_and_keeps_the_rest(
    postgres, tmp_path, outage
):
    name = f"unseen_{outage.__name__}"
    postgres.run("postgres", f"CREATE DATABASE {name}")
    prepare(postgres.url(name))
    with serving(postgres.url(name), tmp_path) as server:
        with outage(postgres, name, tmp_path):
            answers = [server.text(CRISIS, From=phone(n)) for n in range(6)]
            usual = server.text("Hi", From=phone(7))
        assert_at_once(answers, case=f"postgresql: {outage.__name__}, nothing read before")
        assert (usual.status, usual.texts) == (200, ())
        assert len(server.waiting()) == len(answers) + 1


def test_on_a_disk_that_is_read_only_a_crisis_is_answered_and_the_rest_kept(tmp_path):
    with small_disk(tmp_path / "disk") as disk:
        url = f"sqlite:///{disk}/porchlight.db"
        prepare(url)
        turn_read_only(disk)
        with serving(url, tmp_path / "instance") as server:
            jobs = [partial(server.text, CRISIS, From=phone(n)) for n in range(PATIENTS)]
            answers = in_parallel(jobs, clients=4)
            usual = server.text("Hi")
            assert_at_once(answers, case="sqlite: read only")
            assert (usual.status, usual.texts) == (200, ())
            assert len(server.waiting()) == len(answers) + 1
