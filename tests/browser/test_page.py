"""The widget in other people's pages: their styles, their policies, their networks."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.seat import Seat
from tests.fakes.chat import asking

HELLO = "Hello. This is an automated assistant."
CARD = {
    "texts": ["Call 911 now."],
    "links": [
        {"label": "Call 911", "href": "tel:911"},
        {"label": "Text 988", "href": "sms:988"},
        {"label": "Bad", "href": "javascript:window.stung=1"},
    ],
}
HOSTILE_STYLE = """
:not(html) { all: unset !important; display: none !important; visibility: hidden !important; }
html { font-size: 2px !important; filter: none; }
body { transform: rotate(3deg); overflow: hidden; }
body > * , html > * { opacity: 0 !important; position: static !important; color: red !important; }
button, input, textarea { font: 90px/9 fantasy !important; pointer-events: none !important; }
"""


def strict_policy(chat_address):
    return {
        "Content-Security-Policy": (
            f"default-src 'none'; script-src {chat_address}; connect-src {chat_address}; "
            "style-src 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
        )
    }


def test_a_strict_policy_is_enough_and_nobody_else_is_asked(sit_down, clinic_site):
    _chat, chat_address, site = clinic_site
    seat = sit_down(headers=strict_policy(chat_address))
    refused = []
    seat.page.on("console", lambda line: refused.append(line.text))
    seat.chat.views = [{"say": [HELLO], "input": asking("yes_no", "Yes", "No"), "emergency": CARD}]
    seat.open().sees(HELLO)
    seat.button("Yes").click()
    seat.sees("I heard you.")
    background = "e => getComputedStyle(e).backgroundColor"
    assert seat.widget.locator(".head").evaluate(background) == "rgb(31, 95, 139)"
    assert {f"{u.scheme}://{u.netloc}" for u in map(urlsplit, seat.asked)} == {chat_address, site}
    assert not [line for line in refused if "Content Security Policy" in line]
    assert seat.faults == []


def test_a_link_that_is_neither_a_number_nor_a_page_over_https_is_left_out(sit_down):
    seat = sit_down()
    seat.chat.views = [{"say": [HELLO], "emergency": CARD}]
    seat.open()
    links = seat.alert.get_by_role("link")
    expect(links).to_have_count(2)
    assert [link.get_attribute("href") for link in links.all()] == ["tel:911", "sms:988"]


def test_a_hostile_style_sheet_changes_nothing(sit_down):
    boxes = []
    for style in ("", f"<style>{HOSTILE_STYLE}</style>"):
        seat = sit_down(page=f"{style}<main><h1>Clinic</h1></main>")
        seat.chat.messages.clear()
        seat.chat.views = [{"say": [HELLO], "input": asking("yes_no", "Yes", "No")}]
        seat.open().sees(HELLO)
        parts = [seat.widget.locator(".panel"), seat.button("Yes"), seat.field]
        boxes.append([part.bounding_box() for part in parts])
        seat.button("Yes").click()
        seat.sees("I heard you.")
    assert boxes[0] == boxes[1]


def test_the_widget_sets_nothing_in_the_page_but_its_own_element(sit_down):
    seat = sit_down()
    names = "Object.keys(window).filter((name) => /porch|baked|chat/i.test(name))"
    assert seat.page.evaluate(names) == []
    assert seat.page.evaluate("document.documentElement.children.length") == 3
    seat.page.evaluate("document.body.replaceChildren()")
    seat.open()


def test_inline_it_stands_in_the_page_without_a_button(sit_down):
    place = '<main><div id="here" style="height: 600px"></div></main>'
    seat = sit_down('data-mode="inline" data-target="#here"', page=place)
    expect(seat.widget.get_by_role("region", name="Harbor Clinic")).to_be_visible()
    expect(seat.widget.locator("button.launcher")).to_have_count(0)
    assert seat.page.locator("#here porchlight-chat").count() == 1
    seat.write("hello").sees("I heard you.", times=2)


def test_colour_corner_words_and_logo_are_the_clinics(sit_down):
    seat = sit_down(
        'data-color="#ffd700" data-corner="left" data-launcher="Ask us" data-greeting="Welcome!"'
        ' data-logo="/logo.png" data-language="es"'
    )
    button = seat.widget.locator("button.launcher")
    expect(button).to_have_text("Ask us")
    assert button.bounding_box()["x"] < 40
    colors = "e => [getComputedStyle(e).backgroundColor, getComputedStyle(e).color]"
    assert button.evaluate(colors) == ["rgb(255, 215, 0)", "rgb(0, 0, 0)"]
    seat.chat.views = [{"say": [HELLO], "language": "es"}]
    button.click()
    expect(seat.widget.get_by_text("Welcome!")).to_be_visible()
    seat.sees(HELLO)
    expect(seat.button("En una emergencia")).to_be_visible()
    assert seat.widget.locator("img").get_attribute("src").endswith("/logo.png")


def test_a_button_of_the_page_opens_the_chat(sit_down):
    seat = sit_down(page='<main><a href="#chat" data-porchlight-open>Ask</a></main>')
    seat.page.get_by_text("Ask").click()
    expect(seat.dialog).to_be_visible()


def kept(seat):
    return seat.page.evaluate("JSON.stringify({...sessionStorage})")


@pytest.mark.parametrize("way", ["button", "escape"])
def test_leaving_quickly_clears_everything_and_goes_somewhere_neutral(sit_down, way):
    seat = sit_down('data-leave="/neutral"')
    seat.chat.views = [{"say": [HELLO]}]
    seat.open().sees(HELLO).write("secret").sees("I heard you.")
    other = sit_down('data-leave="/neutral"', context=seat.context)
    other.open().sees("secret")
    assert "token" in kept(seat)
    with seat.page.expect_navigation(url="**/neutral"):
        if way == "button":
            seat.button("Leave quickly").click()
        else:
            seat.page.keyboard.press("Escape")
            seat.page.keyboard.press("Escape")
    assert kept(seat) == "{}"
    assert len(seat.chat.sent("DELETE", "/chat/v1/sessions/current")) == 1
    expect(other.widget.get_by_role("dialog")).to_have_count(0)
    assert kept(other) == "{}"
    assert seat.page.evaluate("history.length") == 2


def test_one_escape_closes_and_keeps_the_talk(sit_down):
    seat = sit_down()
    seat.open().sees("I heard you.")
    seat.page.keyboard.press("Escape")
    expect(seat.widget.locator(".panel")).to_be_hidden()
    assert "token" in kept(seat)
    assert seat.focused()[1] == "launcher"


def test_a_copy_of_the_chat_can_be_saved(sit_down, tmp_path):
    seat = sit_down()
    states = asking("one_of", ("1", "California"))
    seat.chat.views = [{"say": [HELLO], "input": states}]
    seat.open().sees(HELLO)
    seat.button("California").click()
    seat.sees("I heard you.").button("Menu").click()
    with seat.page.expect_download() as download:
        seat.button("Save a copy of this chat").click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    text = path.read_text()
    assert path.name == "conversation.txt"
    for line in ("Harbor Clinic", f"Automated assistant: {HELLO}", "You: California"):
        assert line in text


def test_a_narrow_phone_shows_everything_without_scrolling_sideways(sit_down):
    phone = {"viewport": {"width": 320, "height": 568}, "has_touch": True, "is_mobile": True}
    seat = sit_down(**phone)
    long = ["A choice whose words are longer than one line of a small phone can hold", "W" * 60]
    lines = [{"link_id": "a", "label": "L" * 50, "value": "V" * 50}]
    question = {"say": [HELLO], "input": asking("one_of", *long), "summary": lines}
    seat.chat.views = [{**question, "emergency": CARD, "progress": {"answered": 1, "of_about": 9}}]
    seat.open().sees(HELLO)
    panel = seat.widget.locator(".panel")
    assert panel.bounding_box() == {"x": 0, "y": 0, "width": 320, "height": 568}
    for part in (panel, seat.widget.locator(".scroller")):
        assert part.evaluate("e => e.scrollWidth <= e.clientWidth")
    assert seat.page.evaluate("document.body.inert")
    seat.button("Close the chat").click()
    assert not seat.page.evaluate("document.body.inert")


def test_what_is_pressed_is_large_enough_for_a_thumb(sit_down):
    seat = sit_down()
    ways = {"can_skip": True, "skip": "skip", "can_go_back": True, "back": "back"}
    seat.chat.views = [{"say": [HELLO], "input": asking("many_of", "A", "B", **ways)}]
    seat.open().sees(HELLO).write("A").sees("I heard you.")
    seat.button("Menu").click()
    for button in seat.widget.get_by_role("button").all():
        if button.is_visible():
            box = button.bounding_box()
            assert min(box["width"], box["height"]) >= 24, button.inner_text()


def test_a_choice_beside_a_field_keeps_its_distance_from_it(sit_down):
    seat = sit_down()
    unsure = asking("number", "Not sure", minimum=1, unit="lb")
    seat.chat.views = [{"say": [HELLO], "input": unsure}]
    seat.open().sees(HELLO)
    row = seat.widget.locator("form.field .row").bounding_box()
    assert seat.button("Not sure").bounding_box()["y"] - row["y"] - row["height"] >= 6


def test_the_menu_closes_when_something_else_is_pressed(sit_down):
    seat = sit_down()
    seat.open().sees("I heard you.").button("Menu").click()
    expect(seat.button("Español")).to_be_visible()
    seat.field.click()
    expect(seat.button("Español")).to_be_hidden()
    expect(seat.button("Menu")).to_have_attribute("aria-expanded", "false")


def test_large_letters_and_deep_zoom_leave_everything_within_reach(sit_down):
    """400 % of a 1280 x 1024 window is 320 x 256: WCAG 1.4.10."""
    seat = sit_down(viewport={"width": 320, "height": 256})
    seat.chat.views = [{"say": [HELLO], "input": asking("yes_no", "Yes", "No")}]
    seat.open().sees(HELLO)
    seat.button("Yes").scroll_into_view_if_needed()
    seat.button("Yes").click()
    seat.sees("I heard you.")


def test_the_keyboard_alone_opens_answers_and_closes(sit_down):
    seat = sit_down()
    seat.chat.views = [
        {"say": [HELLO], "input": asking("yes_no", "Yes", "No")},
        {"say": ["Which?"], "input": asking("many_of", "A", "B")},
        {"say": ["Weight?"], "input": asking("number", unit="lb")},
    ]
    press = seat.page.keyboard.press
    press("Tab")
    assert seat.focused()[1] == "launcher"
    press("Enter")
    seat.sees(HELLO)
    assert seat.focused()[1] == "write"
    press("Shift+Tab")
    press("Shift+Tab")
    assert seat.focused()[2] == "Yes"
    press("Enter")
    seat.sees("Which?")
    assert seat.focused()[1] == "answers"
    press("Tab")
    press("Space")
    press("Tab")
    press("Tab")
    assert seat.focused()[2] == "Send these"
    press("Enter")
    seat.sees("Weight?")
    assert seat.focused()[1] == "number"
    seat.page.keyboard.type("150")
    press("Enter")
    seat.sees("I heard you.")
    assert [body["text"] for body in seat.chat.sent()] == ["Yes", "A", "150"]
    press("Escape")
    assert seat.focused()[1] == "launcher"


def test_motion_is_still_for_who_asked_for_it(sit_down):
    seat = sit_down(reduced_motion="reduce")
    seat.chat.slow_seconds = 0.5
    seat.open().write("hello")
    dot = seat.widget.locator(".typing i").first
    assert dot.evaluate("e => getComputedStyle(e).animationName") == "none"


def test_no_script_of_the_widget_fails_without_storage_or_channels(open_context, clinic_site):
    chat, chat_address, site = clinic_site
    source = f'{chat_address}/widget.js" data-clinic="demo'
    chat.page = f'<!doctype html><html lang=en><title>C</title><script src="{source}"></script>'
    context = open_context()
    context.add_init_script("delete window.BroadcastChannel; delete window.visualViewport;")
    context.add_init_script(
        "Object.defineProperty(window, 'sessionStorage', {get() { throw new Error('no'); }});"
        "delete window.CSSStyleSheet.prototype.replaceSync;"
    )
    seat = Seat(context, site, chat)
    seat.open().write("hello").sees("I heard you.", times=2)
    assert seat.faults == []
