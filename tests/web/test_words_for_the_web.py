"""What is said on the web fits the web: no words of texting, and the widget's buttons by name."""

from __future__ import annotations

import re

import pytest
import yaml

from bot.core.messages import Channel
from bot.flows.load import load_flow
from bot.flows.model import AskStep, SayStep
from bot.flows.phrases import phrases
from bot.web.widget_file import FOLDER

BUTTONS = yaml.safe_load((FOLDER / "words.yaml").read_text(encoding="utf-8"))
OF_TEXTING = re.compile(r"\bSTOP\b|\bHELP\b|\b(Reply|Responda) \d|one of the numbers|los números")


@pytest.fixture(scope="module")
def steps():
    return load_flow("ketamine-screening").steps


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_greeting_names_the_buttons_that_are_there(steps, language):
    greeting = next(step for step in steps if step.id == "greeting")
    said = greeting.text[language, Channel.WEB]
    for button in ("emergency", "leave"):
        assert f'"{BUTTONS[language][button]}"' in said


def of_step(step):
    if isinstance(step, SayStep):
        yield step.text
    if isinstance(step, AskStep):
        yield from (step.text, *(step.again or ()))


@pytest.mark.parametrize("language", ["en", "es"])
def test_nobody_on_the_web_is_told_to_text_a_keyword_or_a_number(steps, language):
    told = [wording[language, Channel.WEB] for step in steps for wording in of_step(step)]
    told += [phrases().text(key, language, Channel.WEB) for key in sorted(phrases().keys())]
    assert [text for text in told if OF_TEXTING.search(text)] == []
