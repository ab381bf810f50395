"""`spool` as an operator types it."""

import pytest
from flask import Flask

from bot.cli.spool import spool
from bot.services.inbound import replay
from bot.services.spool import SpooledMessage
from tests.services.conftest import (  # noqa: F401  fixtures
    demo_clinic,
    door,
    heavy,
    make_parts,
    parts,
    seconds,
)


@pytest.fixture
def run(parts):  # noqa: F811
    app = Flask("commands")
    app.extensions["porchlight"] = parts
    app.cli.add_command(spool)
    runner = app.test_cli_runner()
    return lambda *words, **more: runner.invoke(args=list(words), **more)


@pytest.fixture
def set_aside(door):  # noqa: F811
    """A message of a clinic that nobody knows: it was tried once, and set aside. Its name."""
    orphan = SpooledMessage(door.message("my canary words"), "gone", None, False)
    door.parts.spool.keep(orphan, patient="somebody")
    replay(door.parts)
    (kept,) = door.parts.spool.kept()
    return kept.name


def test_an_empty_spool_says_so(run):
    assert run("spool", "list").output == "0 kept\n"


def test_the_list_tells_names_and_states_and_no_words(run, set_aside, parts):  # noqa: F811
    (parts.spool._folder / "0001.aside").write_bytes(b"half")
    listed = run("spool", "list").output
    assert f"set aside       {set_aside}" in listed
    assert "never finished  0001" in listed
    assert "canary" not in listed


def test_what_was_set_aside_is_tried_again_on_request(run, set_aside, parts):  # noqa: F811
    assert run("spool", "retry", set_aside).exit_code == 0
    assert [path.stem for path in parts.spool.waiting()] == [set_aside]


def test_discarding_asks_first(run, set_aside, parts):  # noqa: F811
    assert run("spool", "discard", set_aside, input="n\n").exit_code == 1
    assert parts.spool.kept()
    assert run("spool", "discard", set_aside, input="y\n").exit_code == 0
    assert not parts.spool.kept()


@pytest.mark.parametrize("command", [("retry",), ("discard", "--yes")])
@pytest.mark.parametrize("name", ["nothing", "../escape"])
def test_a_name_that_is_not_there_is_refused(run, command, name, tmp_path):
    (tmp_path / "escape.damaged").write_bytes(b"x")
    assert run("spool", *command, name).exit_code == 2
    assert (tmp_path / "escape.damaged").exists()


def test_a_message_that_waits_cannot_be_discarded(run, door):  # noqa: F811
    waiting = SpooledMessage(door.message("hello"), "demo", None, False)
    door.parts.spool.keep(waiting, patient="somebody")
    (kept,) = door.parts.spool.kept()
    assert run("spool", "discard", "--yes", kept.name).exit_code == 2
