"""A visitor and the chat: answering, reading, changing, and what is said to a screen reader."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.fakes.chat import asking

HELLO = "Hello. This is an automated assistant."
PLACE = "Where are you today?"
STATES = [("1", "California"), ("2", "New York")]


def test_a_choice_shows_its_words_and_sends_its_value(sit_down):
    seat = sit_down()
    seat.chat.views = [
        {"say": [HELLO, PLACE], "input": asking("one_of", *STATES)},
        {"say": ["Thank you."]},
    ]
    seat.open().sees(PLACE)
    seat.button("New York").click()
    seat.sees("Thank you.")
    assert seat.said() == [HELLO, PLACE, "New York", "Thank you."]
    assert [body["text"] for body in seat.chat.sent()] == ["2"]
    assert seat.faults == []


def test_several_choices_go_out_together(sit_down):
    seat = sit_down()
    seat.chat.views = [{"say": ["Which?"], "input": asking("many_of", "Asthma", "Gout", "Ulcer")}]
    seat.open().sees("Which?")
    expect(seat.button("Send these")).to_be_disabled()
    seat.widget.get_by_label("Asthma").check()
    seat.widget.get_by_label("Ulcer").check()
    seat.button("Send these").click()
    seat.sees("Asthma, Ulcer").sees("I heard you.")
    assert [body["text"] for body in seat.chat.sent()] == ["Asthma, Ulcer"]


def test_free_text_is_possible_beside_every_kind_of_question(sit_down):
    seat = sit_down()
    kinds = ["yes_no", "one_of", "many_of", "number", "date", "text"]
    seat.chat.views = [
        {"say": [kind], "input": asking(kind, "A", "B", unit="lb", minimum=1)} for kind in kinds
    ]
    seat.open()
    for kind in kinds:
        seat.sees(kind).write(f"words for {kind}")
    seat.sees("I heard you.")
    assert [body["text"] for body in seat.chat.sent()] == [f"words for {k}" for k in kinds]


def test_number_and_date_come_with_the_right_keyboard(sit_down):
    seat = sit_down()
    seat.chat.views = [
        {"say": ["Weight?"], "input": asking("number", minimum=50, maximum=700, unit="lb")},
        {"say": ["Born?"], "input": asking("date", is_past=True)},
    ]
    seat.open().sees("Weight?")
    field = seat.widget.get_by_label("Your number (lb)")
    expect(field).to_have_attribute("inputmode", "decimal")
    expect(field).to_have_accessible_description("From 50 to 700")
    field.fill("150")
    field.press("Enter")
    born = seat.sees("Born?").widget.get_by_label("Your date")
    expect(born).to_have_attribute("type", "date")
    born.fill("1990-05-14")
    born.press("Enter")
    seat.sees("1990-05-14").sees("I heard you.")
    assert [body["text"] for body in seat.chat.sent()] == ["150", "1990-05-14"]


def test_back_and_skip_send_what_the_server_gave(sit_down):
    seat = sit_down()
    ways = {"can_skip": True, "skip": "omitir", "can_go_back": True, "back": "atrás"}
    seat.chat.views = [{"say": ["Q"], "input": asking("text", **ways)}] * 2
    seat.open().sees("Q")
    seat.button("Skip").click()
    seat.sees("Q", times=2)
    seat.button("Back").click()
    seat.sees("I heard you.")
    assert [body["text"] for body in seat.chat.sent()] == ["omitir", "atrás"]


def test_an_earlier_answer_and_a_line_of_the_summary_can_be_changed(sit_down):
    seat = sit_down()
    lines = [{"link_id": "born", "label": "Date of birth", "value": "May 14, 1990"}]
    right = {"input": asking("one_of", "Yes", "No"), "summary": lines}
    seat.chat.views = [
        {"say": [PLACE]},
        {"say": ["Right?"], **right},
        {"say": ["Where?"], **right},
    ]
    seat.open().sees(PLACE).write("California").sees("Right?")
    seat.button("Change your answer: California").click()
    seat.sees("Where?")
    seat.button("Change Date of birth").click()
    seat.sees("I heard you.")
    assert [body.get("change") for body in seat.chat.sent()] == [None, "q", "born"]


def test_progress_is_told_in_words(sit_down):
    seat = sit_down()
    seat.chat.views = [{"say": ["Q"], "progress": {"answered": 6, "of_about": 20}}]
    seat.open().sees("Q")
    expect(seat.widget.get_by_role("progressbar")).to_have_accessible_name(
        "Question 7 of about 20"
    )


def test_a_second_tap_does_not_answer_the_next_question(sit_down):
    seat = sit_down()
    seat.chat.views = [{"say": ["Q1"], "input": asking("yes_no", "Yes", "No")}]
    seat.open().sees("Q1")
    seat.chat.slow_seconds = 1.5
    seat.button("Yes").focus()
    seat.page.keyboard.press("Enter")
    expect(seat.button("Yes")).to_have_count(0, timeout=1000)
    seat.page.keyboard.press("Enter")
    seat.write("done").sees("I heard you.", times=2)
    assert [body["text"] for body in seat.chat.sent()] == ["Yes", "done"]


def test_the_language_changes_with_the_talk(sit_down):
    seat = sit_down()
    spanish = {"language": "es", "say": ["Hola."]}
    seat.chat.views = [{"say": [HELLO]}, spanish]
    seat.open().sees(HELLO)
    seat.button("Menu").click()
    seat.button("Español").click()
    seat.sees("Hola.")
    assert [body["text"] for body in seat.chat.sent()] == ["Español"]
    expect(seat.button("En una emergencia")).to_be_visible()
    expect(seat.widget.locator(".root")).to_have_attribute("lang", "es")


COUNT_READINGS = """
    const log = document.querySelector("porchlight-chat").shadowRoot.querySelector("[role=log]");
    window.readings = {}; window.changed = [];
    new MutationObserver((changes) => {
        for (const change of changes) {
            if (change.type === "characterData") window.changed.push(change.target.data);
            for (const node of change.removedNodes)
                if (node.classList?.contains("message")) window.changed.push("gone");
            for (const node of change.addedNodes) {
                if (log.getAttribute("aria-live") !== "polite") continue;
                if (!node.classList?.contains("message")) continue;
                const text = node.querySelector(":scope > .said").textContent;
                window.readings[text] = (window.readings[text] || 0) + 1;
            }
        }
    }).observe(log, {childList: true, subtree: true, characterData: true});
"""


def test_each_message_is_read_one_time(sit_down):
    seat = sit_down()
    seat.chat.views = [{"say": [HELLO]}, {"say": ["One"]}, {"say": ["Two"]}]
    seat.open().sees(HELLO)
    seat.page.evaluate(COUNT_READINGS)
    seat.write("first").sees("One").write("second").sees("Two")
    seat.chat.bot("Three")
    seat.page.evaluate("window.dispatchEvent(new Event('online'))")
    seat.sees("Three").button("Close the chat").click()
    seat.open().sees("Three")
    once = ["first", "One", "second", "Two", "Three"]
    assert seat.page.evaluate("window.readings") == dict.fromkeys(once, 1)
    assert seat.page.evaluate("window.changed") == []


HOSTILE = [
    '<img src=x onerror="window.stung=1"><script>window.stung=1</script>',
    "<b>bold</b> &lt; [link](javascript:stung=1) javascript:stung=1 https://elsewhere.example",
    "\u202egnp.exe \u2066\u2067 \u05e9\u05dc\u05d5\u05dd! (right to left)",
    "👩‍👩‍👧‍👦🏳️‍🌈" * 40 + "z\u0335\u0321\u0322\u0323" * 40,
    "W" * 10_000,
    "${stung=1} {{stung}} \u0000 \ud7ff \ufffe",
]


def test_hostile_text_stays_text(sit_down):
    seat = sit_down()
    offers = asking("one_of", *HOSTILE[:3])
    lines = [{"link_id": HOSTILE[0], "label": HOSTILE[0], "value": HOSTILE[1]}]
    speaker = {"kind": "clinician", "name": HOSTILE[0]}
    seat.chat.clinic["name"] = HOSTILE[0]
    seat.chat.views = [
        {"say": [HELLO]},
        {"say": HOSTILE, "input": offers, "summary": lines, "speaker": speaker},
    ]
    seat.open().sees(HELLO).write(HOSTILE[0])
    expect(seat.log.locator(".message.bot")).to_have_count(1 + len(HOSTILE))
    assert seat.page.evaluate("window.stung") is None
    assert seat.widget.locator(".log a, .log img, .log script, .log b").count() == 0
    panel = seat.widget.locator(".panel").bounding_box()
    for message in seat.log.locator(".message").all():
        box = message.bounding_box()
        assert box["x"] >= panel["x"]
        assert box["x"] + box["width"] <= panel["x"] + panel["width"]
    assert seat.faults == []
