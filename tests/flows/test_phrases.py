"""What the engine itself says: complete, short, and telling nothing."""

import re

import pytest

from bot.core.messages import Channel
from bot.core.segments import count_segments, is_gsm7
from bot.flows.lint_data import lint_data
from bot.flows.phrases import CLINIC_WORDS, Phrases, fill, phrases, placeholders
from bot.flows.questions import Unit
from bot.flows.reading import CommandKind, UnclearReason, read_command

KEYS = sorted(phrases().keys())
LONGEST = {"clinic_name": "N" * 32, "clinic_phone": "5" * 14, "count": "12", "topic": "x" * 20}
FILLED_IN = {
    "going_back_many": {"count"},
    "date": {"year", "month", "day"},
    "change_asked": {"topic"},
}
NOT_SENT = {"all_right_words", "months"}


@pytest.mark.parametrize("key", [key for key in KEYS if key not in NOT_SENT])
def test_a_phrase_fits_one_text_message_and_tells_nothing(key):
    telling = re.compile("|".join(lint_data().telling_words), re.IGNORECASE)
    for language in Phrases.languages:
        text = fill(phrases().text(key, language, Channel.SMS), LONGEST)
        assert is_gsm7(text)
        assert count_segments(text).segments <= (2 if "clinic" in _raw(key, language) else 1)
        assert not telling.search(text)


def _raw(key, language):
    return phrases().text(key, language, Channel.SMS)


@pytest.mark.parametrize("key", KEYS)
def test_a_phrase_has_only_placeholders_that_are_filled_in(key):
    for language in Phrases.languages:
        for channel in Channel:
            names = placeholders(phrases().text(key, language, channel))
            assert names <= CLINIC_WORDS | FILLED_IN.get(key, set())


@pytest.mark.parametrize("reason", [*UnclearReason, "century"])
def test_every_reason_has_its_hint(reason):
    assert f"hint_{reason}" in KEYS


@pytest.mark.parametrize("unit", list(Unit))
def test_every_unit_has_its_word(unit):
    assert f"unit_{unit.value}" in KEYS


@pytest.mark.parametrize("language", Phrases.languages)
def test_there_are_twelve_months(language):
    assert len(phrases().text("months", language, Channel.WEB).split()) == 12


def test_a_language_without_phrases_is_spoken_to_in_english():
    assert phrases().text("yes", "fr", Channel.SMS) == "Yes"


@pytest.mark.parametrize(
    ("language", "word", "kind"),
    [
        ("en", "SKIP", CommandKind.SKIP),
        ("en", "HUMAN", CommandKind.HUMAN),
        ("en", "START OVER", CommandKind.START_OVER),
        ("es", "SALTAR", CommandKind.SKIP),
        ("es", "PERSONA", CommandKind.HUMAN),
        ("es", "EMPEZAR DE NUEVO", CommandKind.START_OVER),
    ],
)
def test_the_commands_that_phrases_name_are_understood(language, word, kind):
    assert any(word in phrases().text(key, language, Channel.SMS) for key in KEYS)
    assert read_command(word, language=language).kind is kind
