"""A visitor at a page with the widget: what they press, and what they see."""

from __future__ import annotations

from playwright.sync_api import expect

PATIENCE_MILLISECONDS = 30_000
"""How long anything may take to appear: a test must not fail because the machine is busy."""


class Seat:
    """One tab. Everything that goes wrong in it is kept in `faults`."""

    def __init__(self, context, address, chat=None):
        self.context, self.address, self.chat = context, address, chat
        self.faults, self.asked = [], []
        self.page = context.new_page()
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(address)
        self.widget = self.page.locator("porchlight-chat")

    def button(self, name, *, exact=True):
        return self.widget.get_by_role("button", name=name, exact=exact)

    @property
    def dialog(self):
        return self.widget.get_by_role("dialog")

    @property
    def log(self):
        return self.widget.get_by_role("log")

    @property
    def field(self):
        return self.widget.locator("#write")

    @property
    def banner(self):
        return self.widget.get_by_role("status")

    @property
    def alert(self):
        return self.widget.get_by_role("alert")

    def open(self):
        self.widget.locator("button.launcher").click()
        expect(self.widget.locator(".panel")).to_be_visible()
        return self

    def write(self, text):
        self.field.fill(text)
        self.field.press("Enter")
        return self

    def said(self):
        return self.log.locator(".message > .said").all_inner_texts()

    def sees(self, text, *, times=1):
        expect(self.log.get_by_text(text, exact=True)).to_have_count(times)
        return self

    def focused(self):
        """What has the focus, down into the widget: its tag, id and accessible name."""
        return self.page.evaluate(
            """() => {
                let at = document.activeElement;
                while (at && at.shadowRoot && at.shadowRoot.activeElement)
                    at = at.shadowRoot.activeElement;
                const name = at.getAttribute("aria-label") || at.innerText || "";
                return [at.tagName.toLowerCase(), at.id || at.className, name.trim()];
            }"""
        )
