"""From a text to the web: the door of a secure link, and the same conversation in the widget."""

from __future__ import annotations

import re
import sqlite3
from itertools import count

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.clinic import Workspace, running_clinic
from tests.browser.seat import Seat
from tests.browser.test_axe import RULES, violations
from tests.browser.visit import Mouse, Thumb, Visit, answer_everything

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
SMALL = {"viewport": {"width": 320, "height": 568}, "has_touch": True, "is_mobile": True}
NUMBERS = count(2000)
SIDE = {
    "en": {
        "begin": ("hello", "yes", "1", "March 14 1985"),
        "link": "LINK",
        "go_on": "Go on",
        "wrong": "That does not match",
        "missing": "with 4 digits",
        "closed": "This link is closed",
        "over": "This page is closed",
        "crisis": "I want to kill myself tonight",
    },
    "es": {
        "begin": ("hola", "sí", "1", "14 de marzo de 1985"),
        "link": "enlace",
        "go_on": "Seguir",
        "wrong": "No coincide",
        "missing": "con 4 cifras",
        "closed": "Este enlace está cerrado",
        "over": "Esta página está cerrada",
        "crisis": "me quiero matar esta noche",
    },
}


@pytest.fixture(scope="module")
def clinic(tmp_path_factory):
    with running_clinic(tmp_path_factory.mktemp("linked")) as served:
        yield served


class Texter:
    """A patient with a phone; the first texts of the screening are behind them."""

    def __init__(self, clinic, language="en", *, begin=True):
        self.words = SIDE[language]
        self.language = language
        self.line = clinic.phone(f"+1500555{next(NUMBERS)}")
        if begin:
            for text in self.words["begin"]:
                self.line.send(text)

    def say(self, text):
        return " ".join(self.line.send(text))

    def link(self):
        return link_in(self.say(self.words["link"]))


def link_in(said):
    return re.search(r"http://\S+/c/[\w-]+", said)[0]


class Door(Visit):
    """A browser at a link's address."""

    def __init__(self, context, address, *, language="en"):
        self.sent = {}
        super().__init__(context, address, language=language)
        self.words = SIDE[language]
        self.problem = self.page.locator("#problem")

    def give(self, year, month="3", day="14"):
        self.page.locator("#month").select_option(month)
        self.page.locator("#day").fill(day)
        self.page.locator("#year").fill(year)
        return self.press()

    def press(self):
        self.page.get_by_role("button", name=self.words["go_on"]).click()
        return self

    def enter(self, year=None):
        """Pass the door, and wait for the question that is open."""
        with self.page.expect_response(
            lambda r: r.url.endswith("/chat/v1/messages") and r.ok
        ) as answered:
            self.press() if year is None else self.give(year)
        self.view = answered.value.json()
        last = self.log.locator(".message > .said").last
        expect(last).to_have_text(self.view["messages"][-1]["text"])
        return self


def axe_finds(seat):
    if seat.page.locator("porchlight-chat").count():
        return violations(seat)
    found = Axe().run(seat.page, options=RULES).response["violations"]
    return [(each["id"], node["target"]) for each in found for node in each["nodes"]]


def consult_requests(clinic, open_context):
    workspace = Workspace(open_context(), clinic)
    return workspace.page.locator("main a[href*='/clinic/consults/']").count()


@pytest.mark.parametrize(
    ("hand", "language", "options"),
    [
        pytest.param(Mouse(), "en", {}, id="on a desk, in English"),
        pytest.param(Thumb(), "es", PHONE, id="on a phone, in Spanish"),
    ],
)
def test_the_rest_of_a_screening_is_answered_behind_the_link(
    clinic, open_context, hand, language, options
):
    before = consult_requests(clinic, open_context)
    texter = Texter(clinic, language)
    door = Door(open_context(**options), texter.link(), language=language)
    assert axe_finds(door) == []
    door.give("1958")
    expect(door.problem).to_contain_text(door.words["wrong"])
    assert axe_finds(door) == []
    door.enter("1985")
    assert door.page.url.endswith(f"/c/demo/{language}")
    assert axe_finds(door) == []
    assert door.said()[0] == SIDE[language]["begin"][0]
    turns = answer_everything(door, hand)
    assert turns > 30
    assert axe_finds(door) == []
    assert door.faults == []
    assert {url.split("/")[2] for url in door.asked} == {clinic.address.removeprefix("http://")}
    expect(door.widget.locator(".after")).to_be_hidden()
    assert consult_requests(clinic, open_context) == before + 1


def test_before_a_birth_date_is_known_the_link_alone_opens(clinic, open_context):
    texter = Texter(clinic, begin=False)
    for text in ("hello", "yes"):
        texter.say(text)
    door = Door(open_context(**PHONE), link_in(texter.say("2")))
    expect(door.page.locator("#month")).to_have_count(0)
    assert axe_finds(door) == []
    door.enter()
    assert door.question == "dob"


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_used_and_an_expired_link_say_so_and_how_to_get_another(
    clinic, open_context, language, tmp_path
):
    texter = Texter(clinic, language)
    address = texter.link()
    Door(open_context(), address, language=language).enter("1985")
    locale = {"locale": "es-MX" if language == "es" else "en-US"}
    used = Door(open_context(**locale, **SMALL), address, language=language)
    expect(used.page.locator("h1")).to_have_text(used.words["closed"])
    assert axe_finds(used) == []
    address = texter.link()
    door = Door(open_context(**locale), address, language=language)
    with sqlite3.connect(clinic.folder / "instance" / "porchlight.db", timeout=60) as database:
        database.execute("UPDATE secure_links SET expires_at = '2020-01-01 00:00:00.000000'")
    door.give("1985")
    expect(door.page.locator("h1")).to_have_text(door.words["closed"])
    assert axe_finds(door) == []


def test_a_few_wrong_dates_close_the_door(clinic, open_context):
    door = Door(open_context(), Texter(clinic).link())
    for year in ("1981", "1982", "1983", "1984", "1986"):
        door.give(year)
        expect(door.problem).to_contain_text(door.words["wrong"])
    door.give("1985")
    expect(door.page.locator("h1")).to_have_text(door.words["closed"])


@pytest.mark.parametrize("language", ["en", "es"])
def test_what_is_no_date_is_named_and_danger_in_its_place_brings_help(
    clinic, open_context, language
):
    texter = Texter(clinic, language)
    door = Door(open_context(**SMALL), texter.link(), language=language)
    door.press()
    expect(door.problem).to_contain_text(door.words["missing"])
    door.give("nineteen")
    expect(door.problem).to_contain_text(door.words["missing"])
    door.give(door.words["crisis"])
    alert = door.page.locator("#given")
    expect(alert.get_by_role("link").first).to_have_attribute("href", "tel:911")
    assert axe_finds(door) == []
    Workspace(open_context(), clinic).open_with(clinic, door.words["crisis"])
    door.enter("1985")
    expect(door.alert.get_by_role("link").first).to_have_attribute("href", "tel:911")


def test_a_reload_goes_on_and_another_tab_of_nobodys_is_closed(clinic, open_context):
    texter = Texter(clinic)
    door = Door(open_context(), texter.link()).enter("1985")
    said = door.said()
    door.page.reload()
    expect(door.log.locator(".message")).to_have_count(len(said))
    assert door.said() == said
    stranger = Seat(open_context(), f"{clinic.address}/c/demo/en")
    expect(stranger.banner).to_contain_text(SIDE["en"]["over"])
    assert axe_finds(stranger) == []


def test_no_secret_stays_in_the_address_the_history_or_the_page(clinic, open_context):
    address = Texter(clinic).link()
    door = Door(open_context(), address).enter("1985")
    secret = address.rpartition("/")[2]
    kept = door.page.evaluate(
        "[location.href, document.cookie, JSON.stringify({...localStorage}), history.length]"
    )
    assert secret not in str(kept)
    assert kept[1:3] == ["", "{}"]
    token = door.page.evaluate("JSON.parse(sessionStorage['porchlight:link:demo']).token")
    assert token not in door.page.content()
    assert not [url for url in door.asked if token in url]
    door.page.go_back()
    assert secret not in door.page.url


def test_leaving_quickly_ends_the_session_and_the_phone_goes_on(clinic, open_context):
    texter = Texter(clinic)
    door = Door(open_context(), texter.link()).enter("1985")
    door.page.route("https://www.wikipedia.org/**", lambda route: route.fulfill(body="neutral"))
    door.button("Leave quickly").click()
    door.page.wait_for_url("https://www.wikipedia.org/")
    door.page.goto(f"{clinic.address}/c/demo/en")
    expect(door.banner).to_contain_text(SIDE["en"]["over"])
    assert "private page" in texter.say("CA")
    assert "Which state" in texter.say("TEXT")


def test_what_is_texted_meanwhile_is_seen_live_on_the_page(clinic, open_context):
    texter = Texter(clinic)
    door = Door(open_context(), texter.link()).enter("1985")
    told = texter.say("are you there?")
    assert "private page" in told
    door.sees("are you there?").sees(told)
    assert "Which state" in texter.say("TEXT")
    door.turn(lambda: door.write("California"))
    assert door.question != "place"


def test_a_clinicians_words_reach_the_page_live(clinic, open_context):
    texter = Texter(clinic)
    door = Door(open_context(), texter.link()).enter("1985")
    words = "I am going to kill myself with pills"
    door.turn(lambda: door.write(words))
    workspace = Workspace(open_context(), clinic)
    workspace.open_with(clinic, words)
    workspace.press("Accept")
    workspace.press("Take over")
    expect(door.banner).to_contain_text("You are talking with")
    workspace.page.locator("#words").fill("This is Dana. Are you alone right now?")
    workspace.press("Send")
    door.sees("This is Dana. Are you alone right now?")


def test_what_cannot_be_sent_waits_and_goes_out_when_the_network_is_back(clinic, open_context):
    door = Door(open_context(), Texter(clinic).link()).enter("1985")
    door.context.set_offline(True)
    door.write("California")
    expect(door.log.get_by_text("Not sent yet")).to_be_visible()
    door.context.set_offline(False)
    expect(door.log.locator(".mark")).to_have_count(0)
    expect(door.log.get_by_text("California", exact=True)).to_have_count(1)


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_door_and_chat_fit_the_screen(clinic, open_context, width):
    texter = Texter(clinic)
    door = Door(open_context(viewport={"width": width, "height": 600}), texter.link())
    is_narrow = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    assert door.page.evaluate(is_narrow)
    door.enter("1985")
    assert door.page.evaluate(is_narrow)
    panel = door.widget.locator(".panel").bounding_box()
    assert panel["y"] + panel["height"] <= 600
    assert door.field.bounding_box()["y"] < 600
