"""Log lines are constant names and ids; the formatter lets nothing else through."""

import ast
import json
import logging
import sys

import pytest

from bot.core.errors import InvalidField
from bot.core.logs import EVENT_SHAPE, ID_FIELDS, NUMBER_FIELDS, WORD_FIELDS, JsonLines
from tests.house.sources import dotted, parsed, short, sources

LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}
ALLOWED = ID_FIELDS | WORD_FIELDS | NUMBER_FIELDS
WORDS = "I want to die, says Maria Lopez, +15005550123"


def log_calls(path):
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = dotted(node.func.value).split(".")[-1].lower()
            if node.func.attr in LEVELS and owner in {"log", "logger", "_log", "logging"}:
                yield node


@pytest.mark.parametrize("path", sources(), ids=short)
def test_a_log_line_is_a_constant_name_and_fields_from_the_list(path):
    if short(path) == "bot/core/logs.py":
        return
    for call in log_calls(path):
        where = f"{short(path)}:{call.lineno}"
        assert len(call.args) == 1, where
        assert isinstance(call.args[0], ast.Constant), where
        assert EVENT_SHAPE.fullmatch(call.args[0].value), where
        for keyword in call.keywords:
            if keyword.arg == "extra" and isinstance(keyword.value, ast.Dict):
                names = {key.value for key in keyword.value.keys if isinstance(key, ast.Constant)}
                assert names <= ALLOWED, f"{where}: {names - ALLOWED}"


def line_of(message, *args, name="bot.web.sms", exc_info=None, **extra):
    record = logging.LogRecord(name, logging.ERROR, "f.py", 1, message, args, exc_info)
    vars(record).update(extra)
    return JsonLines().format(record)


def test_a_line_of_ours_shows_its_name_and_its_ids():
    line = json.loads(line_of("turn_taken", conversation_id="0a" * 16, turn_number=3, tier="none"))
    assert (line["event"], line["turn_number"], line["tier"]) == ("turn_taken", 3, "none")
    assert line["conversation_id"] == "0a" * 16


@pytest.mark.parametrize("field", sorted(ALLOWED))
@pytest.mark.parametrize("words", [WORDS, "+15005550123", "15005550123"])
def test_no_field_shows_words_or_numbers_of_a_patient(field, words):
    assert words not in line_of("turn_taken", **{field: words})


def test_a_field_that_is_not_on_the_list_is_dropped():
    assert "note" not in json.loads(line_of("turn_taken", note="calm"))


@pytest.mark.parametrize("name", ["sqlalchemy.engine", "gunicorn.error", "bot.web"])
def test_arguments_are_never_written(name):
    assert "Maria" not in line_of("could not store %s", WORDS, name=name)


@pytest.mark.parametrize("name", ["sqlalchemy.engine", "werkzeug", "bot.web", "root"])
def test_a_text_that_was_put_together_is_withheld(name):
    assert "Maria" not in line_of(f"could not store {WORDS}", name=name)


def test_an_exception_shows_its_type_and_place_and_no_text():
    try:
        try:
            raise ValueError(WORDS)
        except ValueError as error:
            raise RuntimeError(f"again: {WORDS}") from error
    except RuntimeError:
        line = line_of("request_failed", exc_info=sys.exc_info())
    assert "Maria" not in line
    exception = json.loads(line)["exception"]
    assert exception["type"] == "builtins.RuntimeError"
    assert exception["cause"] == "builtins.ValueError"
    assert "test_an_exception_shows_its_type" in exception["at"][-1]


def test_our_own_errors_show_the_field_they_name():
    try:
        raise InvalidField("From", "is missing", "send it")
    except InvalidField:
        line = json.loads(line_of("request_failed", exc_info=sys.exc_info()))
    assert line["exception"]["text"] == "From: is missing; send it"
