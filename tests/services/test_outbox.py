"""What operators may see and do about what leaves; on both databases."""

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import update

from bot.cli.outbox import outbox
from bot.core.decisions import Priority
from bot.core.errors import IllegalTransition, NotFound
from bot.services.outbox import outbox_line, outbox_lines, send_again
from bot.store import tables
from bot.store.outbox import Departure, put

SECRETS = ("+15005550199", "hello", "patient:p", "provider")


def row(door, number, state, *, priority=Priority.ROUTINE, message_id="none"):
    outbox_id = f"{number:032x}"
    departure = Departure(
        outbox_id, "demo", "patient-text", "patient:p", {"message_id": message_id}, None, priority
    )
    done = None if state in {"pending", "sending"} else door.clock()
    with door.parts.engine.begin() as connection:
        put(connection, departure, now=door.clock())
        connection.execute(
            update(tables.OutboxRow)
            .where(tables.OutboxRow.id == outbox_id)
            .values(state=state, done_at=done, last_error="30005", attempts=2)
        )
    return outbox_id


def test_what_was_not_sent_is_listed_newest_first(door):
    ids = [row(door, n, state) for n, state in enumerate(("sent", "failed", "unknown"), 1)]
    assert [line.id for line in outbox_lines(door.parts)] == [ids[2], ids[1]]
    (line,) = outbox_lines(door.parts, limit=1)
    assert (line.state, line.error, line.attempts) == ("unknown", "30005", 2)


@pytest.mark.parametrize("state", ["failed", "dropped"])
def test_a_routine_text_that_failed_is_sent_again_by_hand(door, state):
    reply = door.send("hello")
    outbox_id = row(door, 1, state, message_id=reply.message_ids[0])
    send_again(door.parts, outbox_id)
    line = outbox_line(door.parts, outbox_id)
    assert (line.state, line.done_at, line.attempts) == ("pending", None, 0)
    texts = [r for r in door.rows(tables.MessageRow) if r.id == reply.message_ids[0]]
    assert texts[0].delivery == "queued"


@pytest.mark.parametrize("state", ["pending", "sending", "sent", "unknown"])
def test_what_may_have_been_taken_is_not_sent_again(door, state):
    outbox_id = row(door, 1, state)
    with pytest.raises(IllegalTransition):
        send_again(door.parts, outbox_id)
    assert outbox_line(door.parts, outbox_id).state == state


def test_pages_and_emergency_texts_are_not_sent_by_hand(door):
    with pytest.raises(IllegalTransition):
        send_again(door.parts, row(door, 1, "failed", priority=Priority.STAT))


def test_a_row_that_is_not_there_is_said_to_be_so(door):
    for act in (outbox_line, send_again):
        with pytest.raises(NotFound):
            act(door.parts, "f" * 32)


def test_commands_show_ids_and_codes_and_nobodys_words(door):
    app = Flask("test")
    app.cli.add_command(outbox)
    app.extensions["porchlight"] = door.parts
    reply = door.send("hello")
    outbox_id = row(door, 1, "failed", message_id=reply.message_ids[0])
    runner = app.test_cli_runner()
    assert isinstance(runner, CliRunner)
    told = [
        runner.invoke(args=["outbox", "list"]),
        runner.invoke(args=["outbox", "list", "--state", "failed"]),
        runner.invoke(args=["outbox", "show", outbox_id]),
        runner.invoke(args=["outbox", "retry", outbox_id]),
    ]
    assert [each.exit_code for each in told] == [0, 0, 0, 0]
    assert all(outbox_id in each.output for each in told)
    assert runner.invoke(args=["outbox", "retry", outbox_id]).exit_code == 1
    for secret in SECRETS:
        assert not any(secret in each.output for each in told)


def test_a_damaged_row_can_be_listed(door):
    outbox_id = row(door, 1, "dropped")
    with door.parts.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE outbox SET payload = 'x'")
    assert [line.id for line in outbox_lines(door.parts)] == [outbox_id]
