"""Restored copies are examined, and opt-outs given after the backup are put back."""

import msgspec
import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from bot.services.restoring import apply_opt_outs, counts, examine, export_opt_outs
from bot.store import tables
from bot.store.crypto import KeyRing, UnreadableField


@pytest.fixture
def original(door):
    door.send("hello")
    door.send("yes")
    return door


def test_a_whole_copy_is_good(original, database_url):
    drill = examine(original.parts, database_url, before=counts(original.parts))
    assert drill.is_good
    assert drill.has_read
    assert drill.rows == sum(counts(original.parts).values()) > 0


def test_a_copy_with_fewer_rows_than_there_were_is_named(original, database_url):
    before = counts(original.parts)
    short = {**before, "messages": before["messages"] + 1}
    drill = examine(original.parts, database_url, before=short)
    assert drill.missing == ["messages"]
    assert not drill.is_good


def test_rows_that_came_after_the_backup_are_no_fault_of_the_copy(original, database_url):
    before = counts(original.parts)
    original.send("1")
    assert examine(original.parts, database_url, before=before).is_good


def test_a_copy_of_other_keys_cannot_be_read(original, database_url, make_parts):
    stranger = make_parts(keyring=KeyRing([b"x" * 32]))
    with pytest.raises(UnreadableField):
        examine(stranger, database_url, before=counts(original.parts))


def opt_outs(parts):
    with Session(parts.engine) as session:
        return session.scalars(select(tables.PatientRow.opted_out_at)).all()


def forget_opt_outs(parts):
    """What a restore of an older backup does."""
    with parts.engine.begin() as connection:
        connection.execute(update(tables.PatientRow).values(opted_out_at=None))
        connection.execute(delete(tables.OptOutRow))


def test_who_opted_out_after_the_backup_is_opted_out_again(original, tmp_path):
    parts, path = original.parts, tmp_path / "opt-outs"
    original.send("STOP")
    (given_at,) = opt_outs(parts)
    assert export_opt_outs(parts, path) == 1
    forget_opt_outs(parts)
    assert apply_opt_outs(parts, path.read_bytes().splitlines()) == (1, 1)
    assert opt_outs(parts) == [given_at]
    (change,) = original.rows(tables.OptOutRow)
    assert (change.opted_out, change.source) == (True, "restored")


def test_applying_twice_or_to_strangers_changes_nothing(original, tmp_path):
    parts, path = original.parts, tmp_path / "opt-outs"
    original.send("STOP")
    export_opt_outs(parts, path)
    stranger = msgspec.json.decode(path.read_bytes())
    stranger["clinic_id"] = "another"
    lines = [*path.read_bytes().splitlines(), msgspec.json.encode(stranger), b""]
    assert apply_opt_outs(parts, lines) == (0, 2)
    assert len(original.rows(tables.OptOutRow)) == 1


def test_the_file_of_opt_outs_names_nobody(original, tmp_path):
    original.send("STOP")
    path = tmp_path / "opt-outs"
    export_opt_outs(original.parts, path)
    (patient,) = original.rows(tables.PatientRow)
    said = path.read_text()
    assert patient.address not in said
    assert patient.address[1:] not in said
    assert patient.id not in said


def test_a_line_that_cannot_be_read_changes_nobody(original, tmp_path):
    path = tmp_path / "opt-outs"
    original.send("STOP")
    export_opt_outs(original.parts, path)
    forget_opt_outs(original.parts)
    with pytest.raises(msgspec.MsgspecError):
        apply_opt_outs(original.parts, [*path.read_bytes().splitlines(), b"{"])
    assert opt_outs(original.parts) == [None]
