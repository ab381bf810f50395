"""A whole screening in the browser: knows which question is open, answers as a person does."""

from __future__ import annotations

from pathlib import Path

import yaml
from playwright.sync_api import expect

from tests.browser.seat import Seat

SHEETS = Path(__file__).resolve().parents[1] / "transcripts" / "sheets"
MOST_TURNS = 80
OF_A_BROWSER = {"contact_detail": "213 555 0123", "dob": "1985-03-14"}
"""What is answered otherwise than by text: there is no "same number" on a website."""


def sheet(language):
    answers = yaml.safe_load((SHEETS / f"base-{language}.yaml").read_text())
    return {**answers, **OF_A_BROWSER}


class Visit(Seat):
    """A tab that knows the open question, from the answers that the widget gets."""

    def __init__(self, context, address, *, language="en"):
        self.view = {}
        self.language = language
        super().__init__(context, address)

    def begin(self, press=None):
        """Open the chat, and wait for its first question."""
        began = self.page.expect_response(lambda r: r.url.endswith("/sessions") and r.ok)
        with began as answered:
            (press or self.widget.locator("button.launcher").click)()
        self.view = answered.value.json()
        self.sees(self.view["messages"][-1]["text"])
        return self

    @property
    def question(self):
        return "check_answers" if self.view["summary"] else self.view["input"]["link_id"]

    def turn(self, act):
        """Do something that sends a message, and wait until its answer is on the screen."""
        with self.page.expect_response(
            lambda r: r.url.endswith("/messages") and r.request.method == "POST" and r.ok
        ) as answered:
            act()
        self.view = answered.value.json()
        last = self.view["messages"][-1]["text"]
        expect(self.log.locator(".message > .said").last).to_have_text(last)


def wanted(view, text):
    """The choices that `text` means; none when it is to be written."""
    choices = view["input"]["choices"]
    found = [c for c in choices if text in (c["value"], c["label"].lower())]
    starts = [c for c in choices if c["label"].lower().startswith(text.lower())]
    return found[:1] or starts[:1]


class Mouse:
    """Presses what can be pressed, and writes the rest."""

    def answer(self, visit, text):
        picked = wanted(visit.view, text)
        kind = visit.view["input"]["kind"]
        if picked and kind == "many_of":
            label = visit.widget.get_by_label(picked[0]["label"], exact=True)
            self.press(label)
            visit.turn(lambda: self.press(visit.widget.locator(".send-choices")))
        elif picked:
            button = visit.widget.locator(".choices").get_by_text(picked[0]["label"], exact=True)
            visit.turn(lambda: self.press(button))
        elif kind in ("number", "date"):
            visit.widget.locator("form.field input").fill(text)
            visit.turn(lambda: self.press(visit.widget.locator("form.field button")))
        else:
            visit.field.fill(text)
            visit.turn(lambda: self.press(visit.widget.locator("button.send")))

    def press(self, what):
        what.click()


class Thumb(Mouse):
    """The same with a finger."""

    def press(self, what):
        what.tap()


class Keys:
    """Only the keyboard: Tab until it is there, then Enter or Space."""

    def answer(self, visit, text):
        picked = wanted(visit.view, text)
        if not picked:
            self.reach(visit, lambda at: at[1] == "write")
            visit.page.keyboard.insert_text(text)
            visit.turn(lambda: visit.page.keyboard.press("Enter"))
        elif visit.view["input"]["kind"] == "many_of":
            label = visit.widget.get_by_label(picked[0]["label"], exact=True)
            self.reach(visit, lambda at: label.evaluate("e => e.matches(':focus')"))
            visit.page.keyboard.press("Space")
            self.reach(visit, lambda at: "send-choices" in at[1])
            visit.turn(lambda: visit.page.keyboard.press("Enter"))
        else:
            self.reach(visit, lambda at: at[2] == picked[0]["label"] and at[1] == "choice")
            visit.turn(lambda: visit.page.keyboard.press("Enter"))

    def reach(self, visit, is_there):
        for key in ["Tab"] * 30 + ["Shift+Tab"] * 60:
            if is_there(visit.focused()):
                return
            visit.page.keyboard.press(key)
        raise AssertionError(f"out of the keyboard's reach: {visit.focused()}")


def answer_everything(visit, hand):
    """Answer until nothing is asked any more; returns how many turns that took."""
    answers = sheet(visit.language)
    for turn in range(MOST_TURNS):
        if visit.view["status"] != "active" or visit.question is None:
            return turn
        hand.answer(visit, str(answers[visit.question]))
    raise AssertionError(f"no end: still at {visit.question}")
