"""Every choice of every flow, as a page sends it back, is read as that choice and no other."""

from datetime import date

import pytest

from bot.core.messages import Channel
from bot.flows.load import load_flow
from bot.flows.model import AskStep
from bot.flows.offers import UNSURE
from bot.flows.phrases import phrases
from bot.flows.questions import Kind
from bot.flows.reading import Understood, Unsure, read_reply
from bot.rules.crisis import load_detector

TODAY = date(2026, 11, 23)
FLOWS = ("ketamine-screening", "suicide-screen")


def offers():
    for name in FLOWS:
        flow = load_flow(name)
        for step in flow.steps:
            if isinstance(step, AskStep):
                for language in flow.languages:
                    yield step, language


STEPS = [pytest.param(*offer, id=f"{offer[0].id}-{offer[1]}") for offer in offers()]


def read(step, text, language):
    return read_reply(step.reading, text, language=language, today=TODAY)


def expected(step):
    if step.question.kind is Kind.YES_NO:
        return [True, False]
    return [choice.value for choice in step.question.choices]


def picks(step, language):
    """The choices that stand for values, with what each means."""
    words = {phrases().text(key, language, Channel.WEB) for key in ("skip", "unsure")}
    offered = [c for c in step.choices[language, Channel.WEB] if c.label not in words]
    return list(zip(offered, expected(step), strict=True))


@pytest.mark.parametrize(("step", "language"), STEPS)
def test_what_a_button_sends_is_read_as_its_choice(step, language):
    for choice, value in picks(step, language):
        reading = read(step, choice.value, language)
        assert isinstance(reading, Understood), choice
        wanted = (value,) if step.question.kind is Kind.MANY_OF else value
        assert reading.value == wanted


@pytest.mark.parametrize(("step", "language"), STEPS)
def test_not_sure_is_read_as_that(step, language):
    if not step.question.unsure:
        return
    word = phrases().text("unsure", language, Channel.WEB)
    (unsure,) = [c for c in step.choices[language, Channel.WEB] if c.label == word]
    reading = read(step, unsure.value, language)
    values = (UNSURE, (UNSURE,), None)
    assert isinstance(reading, Unsure) or reading.value in values


@pytest.mark.parametrize(("step", "language"), STEPS)
def test_several_boxes_at_once_are_read_as_all_of_them(step, language):
    if step.question.kind is not Kind.MANY_OF:
        return
    exclusive = {choice.value for choice in step.question.choices if choice.exclusive}
    boxes = [(c, value) for c, value in picks(step, language) if value not in exclusive]
    for first in range(len(boxes)):
        some = boxes[first : first + 3]
        reading = read(step, ", ".join(choice.value for choice, _ in some), language)
        assert isinstance(reading, Understood), some
        assert set(reading.value) == {value for _, value in some}


def test_no_button_of_a_plain_question_sends_what_looks_like_danger():
    detector = load_detector()
    for step, language in offers():
        for choice in step.choices[language, Channel.WEB]:
            assert not detector.screen(choice.value).fires, (step.id, choice)
