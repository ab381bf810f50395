"""axe finds nothing in any state, light or dark, large or small."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.fakes.chat import asking

HELLO = "Hello. This is an automated assistant."
CARD = {
    "texts": ["Call 911 now."],
    "links": [
        {"label": f"{verb} {number}", "href": f"tel:{number}"}
        for verb, number in (("Call", 911), ("Call", 988), ("Text", 988), ("Call", 811))
    ],
}
WAYS = {"can_skip": True, "skip": "skip", "can_go_back": True, "back": "back"}
LINES = [{"link_id": "born", "label": "Date of birth", "value": "May 14, 1990"}]
HUMAN = {"kind": "clinician", "name": "Dana, RN"}
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}

ANSWERED = {
    "choices": {"input": asking("one_of", "A", "B", **WAYS)},
    "several": {"input": asking("many_of", "A", "B", **WAYS)},
    "number": {"input": asking("number", minimum=1, maximum=9, unit="lb", **WAYS)},
    "date": {"input": asking("date", is_past=True, **WAYS)},
    "summary": {"input": asking("one_of", "Yes", "No"), "summary": LINES},
    "emergency": {"status": "held", "emergency": CARD},
    "human": {"status": "human", "speaker": HUMAN},
    "ended": {"status": "ended", "progress": {"answered": 20, "of_about": 20}},
    "not kept": {"is_stored": False},
}
THEMES = ["light", "dark"]


# axe weighs colours in the body alone, and the widget stands beside it: it is looked at in there.
INTO_THE_BODY = """() => {
    const host = document.querySelector("porchlight-chat");
    if (host.parentNode !== document.body) document.body.append(host);
    document.body.inert = false;
}"""


def violations(seat):
    seat.page.evaluate(INTO_THE_BODY)
    found = Axe().run(seat.page, context="porchlight-chat", options=RULES).response
    assert "color-contrast" in {each["id"] for each in found["passes"]}
    return [
        (each["id"], node["target"], node["any"] and node["any"][0]["message"])
        for each in found["violations"] + found["incomplete"]
        for node in each["nodes"]
        if "too short" not in str(node["any"])
    ]


@pytest.mark.parametrize("theme", THEMES)
def test_closed_open_and_answering(sit_down, theme):
    seat = sit_down('data-region="US"', color_scheme=theme)
    assert violations(seat) == []
    seat.chat.views = [
        {"say": [HELLO, state], "progress": {"answered": 1, "of_about": 9}, **view}
        for state, view in ANSWERED.items()
    ]
    seat.open()
    for state in ANSWERED:
        seat.sees(state)
        assert violations(seat) == [], state
        seat.write(f"answer to {state}")
    seat.sees("I heard you.")
    seat.button("In an emergency").click()
    assert violations(seat) == []
    seat.button("Menu").click()
    assert [each for each in violations(seat) if "overlapped" not in each[2]] == []


@pytest.mark.parametrize("theme", THEMES)
def test_a_phone_offline_refused_and_over(sit_down, theme):
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    seat = sit_down(color_scheme=theme, **phone)
    seat.chat.views = [{"say": [HELLO]}]
    seat.open().sees(HELLO)
    assert violations(seat) == []
    seat.context.set_offline(True)
    seat.write("hello?")
    expect(seat.log.get_by_text("Not sent yet")).to_be_visible()
    assert violations(seat) == []
    seat.chat.status = (422, None)
    seat.context.set_offline(False)
    expect(seat.log.get_by_text("too long")).to_be_visible()
    assert violations(seat) == []
    seat.chat.status = (401, None)
    seat.write("hello??")
    expect(seat.banner).to_contain_text("has ended")
    assert violations(seat) == []


def test_forced_colours_keep_what_can_be_pressed_visible(sit_down):
    seat = sit_down(forced_colors="active")
    seat.chat.views = [{"say": [HELLO], "input": asking("many_of", "A", "B")}]
    seat.open().sees(HELLO)
    for part in (".choice", ".send", "textarea", ".send-choices"):
        style = "e => getComputedStyle(e).borderTopStyle"
        assert seat.widget.locator(part).first.evaluate(style) != "none", part
