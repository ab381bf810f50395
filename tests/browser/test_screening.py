"""The real server and the real flow: whole screenings, danger, restarts, a person who steps in."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.clinic import Workspace, running_clinic
from tests.browser.visit import Keys, Mouse, Thumb, Visit, answer_everything

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
CRISIS = {"en": "I want to kill myself tonight", "es": "me quiero matar esta noche"}


@pytest.fixture(scope="module")
def clinic(tmp_path_factory):
    with running_clinic(tmp_path_factory.mktemp("clinic")) as served:
        yield served


def visit(open_context, clinic, language="en", **options):
    return Visit(
        open_context(**options), f"{clinic.address}/demo?lang={language}", language=language
    )


def consult_requests(clinic, open_context):
    workspace = Workspace(open_context(), clinic)
    workspace.page.goto(f"{clinic.address}/clinic/")
    return workspace.page.locator("main a[href*='/clinic/consults/']").count()


@pytest.mark.parametrize(
    ("hand", "language", "options"),
    [
        pytest.param(Mouse(), "en", {}, id="by mouse, in English"),
        pytest.param(Keys(), "es", {}, id="by keyboard alone, in Spanish"),
        pytest.param(Thumb(), "es", PHONE, id="on a phone, in Spanish"),
        pytest.param(Thumb(), "en", PHONE, id="on a phone, in English"),
    ],
)
def test_a_whole_screening_ends_as_a_consult_request(
    clinic, open_context, hand, language, options
):
    before = consult_requests(clinic, open_context)
    tab = visit(open_context, clinic, language, **options).begin()
    turns = answer_everything(tab, hand)
    assert turns > 30
    assert tab.faults == []
    assert {url.split("/")[2] for url in tab.asked} == {clinic.address.removeprefix("http://")}
    assert consult_requests(clinic, open_context) == before + 1


@pytest.mark.parametrize("language", ["en", "es"])
def test_danger_in_the_middle_of_a_question_brings_the_card(clinic, open_context, language):
    tab = visit(open_context, clinic, language).begin()
    tab.turn(lambda: tab.widget.locator(".choices button").first.click())
    tab.turn(lambda: tab.write(CRISIS[language]))
    card = tab.alert.get_by_role("link")
    assert card.first.get_attribute("href") == "tel:911"
    assert "tel:988" in [link.get_attribute("href") for link in card.all()]
    expect(tab.log.locator(".crisis").first).to_contain_text("911")
    tab.page.reload()
    expect(tab.alert.get_by_role("link").first).to_have_attribute("href", "tel:911")
    Workspace(open_context(), clinic).open_with(clinic, CRISIS[language])


def test_a_server_that_is_killed_and_comes_back_loses_nothing(open_context, tmp_path):
    with running_clinic(tmp_path) as clinic:
        tab = visit(open_context, clinic).begin()
        tab.turn(lambda: tab.button("Yes").click())
        question = tab.said()[-1]
        clinic.stop()
        tab.write("March 14 1985")
        expect(tab.log.get_by_text("Not sent yet")).to_be_visible()
        tab.button("In an emergency").click()
        expect(tab.widget.get_by_role("link", name="Call 911").first).to_be_visible()
        clinic.start()
        tab.page.evaluate("window.dispatchEvent(new Event('online'))")
        expect(tab.log.get_by_text("Not sent yet")).to_have_count(0)
        expect(tab.log.locator(".message.bot")).to_have_count(4)
        said = tab.said()
        assert said.count("March 14 1985") == 1
        assert said.count(question) == 1
        tab.page.reload()
        expect(tab.log.locator(".message")).to_have_count(len(said))
        assert tab.said() == said


def test_a_clinician_steps_in_speaks_and_leaves(clinic, open_context):
    tab = visit(open_context, clinic).begin()
    tab.turn(lambda: tab.button("Yes").click())
    words = "I am going to kill myself with pills"
    tab.turn(lambda: tab.write(words))
    workspace = Workspace(open_context(), clinic)
    workspace.open_with(clinic, words)
    workspace.press("Accept")
    workspace.press("Take over")
    expect(tab.banner).to_contain_text("You are talking with")
    workspace.page.locator("#words").fill("This is Dana. Are you alone right now?")
    workspace.press("Send")
    tab.sees("This is Dana. Are you alone right now?")
    heard = tab.log.locator(".message.bot").count()
    tab.write("no, my sister is here")
    expect(tab.log.locator(".mark")).to_have_count(0)
    assert tab.log.locator(".message.bot").count() == heard
    workspace.page.reload()
    expect(workspace.page.locator("main")).to_contain_text("no, my sister is here")
