"""Accounts, signing in, sessions."""

from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.core.errors import InvalidField, NotFound, Refused
from bot.services import clinicians
from bot.services.clinic_files import apply_clinic, plan_clinic
from bot.services.clinicians import (
    FREE_TRIES,
    LONGEST_PAUSE,
    Role,
    TooManyTries,
    add_clinician,
    close_account,
    find_clinician,
    sign_in,
)
from bot.services.sessions import end_session, open_session, signed_in
from bot.store import tables
from tests.services.test_clinics import DEMO

PASSWORD = "correct horse battery"


class CountingHasher(PasswordHasher):
    """Quick, and counts how often a password was compared."""

    compared = 0

    def verify(self, stored, password):
        self.compared += 1
        return super().verify(stored, password)


@pytest.fixture(autouse=True)
def hasher(monkeypatch):
    quick = CountingHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(clinicians, "HASHER", quick)
    clinicians._nobodys_hash.cache_clear()
    yield quick
    clinicians._nobodys_hash.cache_clear()


@pytest.fixture
def clinic(parts):
    apply_clinic(parts, plan_clinic(parts, DEMO))


def add(parts, **changes):
    fields = {
        "email": "Doc@Clinic.example",
        "name": "Dr Doe",
        "role": Role.CLINICIAN,
        "clinic_ids": ["demo"],
        "password": PASSWORD,
    }
    return add_clinician(parts, **{**fields, **changes})


def test_an_added_clinician_can_sign_in_whatever_the_case_of_the_email(parts, clinic):
    added = add(parts)
    assert added.clinic_ids == {"demo"}
    assert sign_in(parts, " doc@clinic.EXAMPLE ", PASSWORD) == added
    assert find_clinician(parts, added.id) == added


def test_the_password_is_kept_as_an_argon2id_hash(parts, clinic):
    add(parts)
    with Session(parts.engine) as session:
        row = session.scalars(select(tables.ClinicianRow)).one()
    assert row.password_hash.startswith("$argon2id$")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": "a b@c.d"}, "email"),
        ({"name": "  "}, "name"),
        ({"password": "short"}, "password"),
        ({"clinic_ids": ["nowhere"]}, "clinic"),
        ({"clinic_ids": []}, "clinic"),
    ],
)
def test_an_account_that_cannot_be_is_refused_by_the_field(parts, clinic, changes, field):
    with pytest.raises(InvalidField) as caught:
        add(parts, **changes)
    assert caught.value.field == field


def test_an_email_has_one_account(parts, clinic):
    add(parts)
    with pytest.raises(InvalidField, match="email"):
        add(parts, email="doc@clinic.example")


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("doc@clinic.example", "wrong"),
        ("nobody@clinic.example", PASSWORD),
        ("closed@clinic.example", PASSWORD),
        ("", ""),
        ("doc@clinic.example\x00", "\ud800"),
    ],
)
def test_every_failure_looks_the_same_and_compares_one_hash(
    parts, clinic, hasher, email, password
):
    add(parts)
    add(parts, email="closed@clinic.example")
    close_account(parts, "closed@clinic.example")
    with pytest.raises(Refused) as caught:
        sign_in(parts, email, password)
    assert str(caught.value) == "e-mail or password"
    assert hasher.compared == 1


def fail(parts, email, times):
    for _ in range(times):
        with pytest.raises(Refused):
            sign_in(parts, email, "wrong")


@pytest.mark.parametrize("email", ["doc@clinic.example", "nobody@clinic.example"])
def test_after_some_failures_even_the_right_password_waits(parts, clinic, clock, email):
    add(parts)
    fail(parts, email, FREE_TRIES)
    with pytest.raises(TooManyTries) as caught:
        sign_in(parts, email, PASSWORD)
    assert caught.value.until == clock() + timedelta(minutes=1)


def test_a_right_password_after_the_pause_forgets_the_failures(parts, clinic, clock):
    add(parts)
    fail(parts, "doc@clinic.example", FREE_TRIES)
    clock.advance(minutes=1)
    assert sign_in(parts, "doc@clinic.example", PASSWORD)
    fail(parts, "doc@clinic.example", FREE_TRIES - 1)
    assert sign_in(parts, "doc@clinic.example", PASSWORD)


def test_the_pause_doubles_up_to_its_limit(parts, clinic, clock):
    add(parts)
    fail(parts, "doc@clinic.example", FREE_TRIES)
    pauses = []
    for _ in range(6):
        with pytest.raises(TooManyTries) as caught:
            sign_in(parts, "doc@clinic.example", PASSWORD)
        pauses.append(caught.value.until - clock())
        clock.moment = caught.value.until
        fail(parts, "doc@clinic.example", 1)
    minutes = [pause / timedelta(minutes=1) for pause in pauses]
    assert minutes == [1, 2, 4, 8, 15, 15]
    assert pauses[-1] == LONGEST_PAUSE


def test_signing_in_is_audited(parts, clinic):
    added = add(parts)
    sign_in(parts, "doc@clinic.example", PASSWORD)
    with Session(parts.engine) as session:
        row = session.scalars(select(tables.AuditRow)).one()
    assert (row.clinician_id, row.action) == (added.id, "sign-in")


def test_a_session_lives_while_it_is_used_up_to_its_limit(parts, clinic, clock):
    added = add(parts)
    token = open_session(parts, added, limit_seconds=3600)
    for _ in range(5):
        clock.advance(minutes=10)
        assert signed_in(parts, token, idle_seconds=900) == added
    clock.advance(minutes=10)
    assert signed_in(parts, token, idle_seconds=900) is None


def test_polling_does_not_keep_a_session_alive(parts, clinic, clock):
    token = open_session(parts, add(parts), limit_seconds=3600)
    clock.advance(minutes=14)
    assert signed_in(parts, token, idle_seconds=900, is_use=False)
    clock.advance(minutes=1)
    assert signed_in(parts, token, idle_seconds=900) is None


def test_a_session_ends_when_told_when_closed_and_for_any_other_token(parts, clinic):
    added = add(parts)
    token, second = (open_session(parts, added, limit_seconds=3600) for _ in range(2))
    end_session(parts, token)
    assert signed_in(parts, token, idle_seconds=900) is None
    assert signed_in(parts, "made up", idle_seconds=900) is None
    close_account(parts, "doc@clinic.example")
    assert signed_in(parts, second, idle_seconds=900) is None
    with pytest.raises(NotFound):
        find_clinician(parts, added.id)


def test_only_the_tokens_hash_is_stored(parts, clinic):
    token = open_session(parts, add(parts), limit_seconds=60)
    with Session(parts.engine) as session:
        row = session.scalars(select(tables.ClinicianSessionRow)).one()
    assert token not in row.token_hash
    assert len(row.token_hash) == 64
