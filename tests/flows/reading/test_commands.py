"""Commands: only when they are the whole message."""

from __future__ import annotations

import pytest

from bot.flows.reading import Command, CommandKind, read_command
from bot.flows.reading.lexicon import lexicon
from tests.flows.reading.sample import rows

COMMANDS = [tuple(row.split("|")) for row in rows("commands")]


@pytest.mark.parametrize(("kind", "text"), COMMANDS)
@pytest.mark.parametrize("language", ["en", "es", "fr"])
def test_a_command_is_read_in_either_language(kind, text, language):
    for written in (text, text.upper(), f" {text}. ", f"{text}!"):
        command = read_command(written, language=language)
        assert command is not None, written
        assert command.kind is CommandKind(kind)
        assert command.count == 1


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("back 1", 1), ("BACK 2", 2), ("back two", 2), ("go back two", 2),
        ("go back 3 questions", 3),
        ("Go back 2.", 2), ("back 2 please", 2), ("atrás 2", 2), ("atras dos", 2), ("volver 3", 3),
        ("ATRÁS 2 preguntas", 2), ("regresar tres preguntas", 3), ("back ٢", 2), ("back 2️⃣", 2),
        ("back 12", 12), ("back (2)", 2),
    ],
)  # fmt: skip
def test_back_takes_a_number_of_questions(text, count):
    assert read_command(text, language="en") == Command(CommandKind.BACK, count=count)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("español", "es"), ("ESPANOL", "es"), ("En español, por favor", "es"), ("spanish", "es"),
        ("english", "en"), ("inglés", "en"), ("INGLES", "en"), ("no hablo inglés", "es"),
    ],
)  # fmt: skip
def test_a_language_is_switched_to_the_one_named(text, language):
    assert read_command(text, language="en") == Command(CommandKind.LANGUAGE, language=language)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "1", "yes", "no", "no thanks", "back pain", "my back",
        "I want to go back to work",
        "back 0", "back -1", "back 2.5", "back 1000", "back and forth", "back ²", "back two three",
        "why me", "why would I live", "I want to skip school", "pass out", "I passed out",
        "someone to talk to", "I talk to myself", "person I was", "start over my life",
        "later on I cry",
        "I change my mind a lot", "nothing will change", "not now", "ahora no", "doctor", "nurse",
        "Spanish fly", "english breakfast", "stop", "STOP", "help", "HELP", "end", "quit",
        "cancel",
        "unsubscribe", "info", "start", "ayuda", "parar", "de nuevo me siento mal", "skip 2",
        "x" * 5000,
        "back" * 30, "🔙", "atrás de mí", "porque me duele", "?", "why-not", "skip/back",
        "skip & pass",
    ],
)  # fmt: skip
def test_what_says_more_than_a_command_is_none(text):
    for language in ("en", "es"):
        assert read_command(text, language=language) is None


@pytest.mark.parametrize("text", ["\ud800", "\x00skip", "skip\u200b", "ｓｋｉｐ", "ski\u00adp"])
def test_strange_characters_neither_raise_nor_hide_a_command(text):
    command = read_command(text, language="en")
    assert command is None or command.kind is CommandKind.SKIP
    assert (command is not None) == ("ski" in text or "ｓ" in text)


def test_no_command_is_a_yes_a_no_or_a_hedge():
    known = lexicon()
    assert not known.commands.keys() & known.polarity.keys()
    assert not known.switch_language.keys() & (known.polarity.keys() | known.commands.keys())


def test_carrier_keywords_are_left_to_the_carrier():
    known = lexicon()
    carrier = {"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "help", "info", "start"}
    assert not carrier & known.commands.keys()
