"""One Chromium for all browser tests, a fresh context for each, and a clinic's page."""

from __future__ import annotations

import os
import shutil

import pytest
from playwright.sync_api import expect, sync_playwright

from bot.rules.resources import load_resources
from bot.web.widget_file import build_widget
from tests.browser.seat import PATIENCE_MILLISECONDS, Seat
from tests.fakes.chat import serving_chat

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
NO_CHROMIUM = "no Chromium: the browser tests need one in the PATH"
DESKTOP = {"width": 1280, "height": 800}


def pytest_collection_modifyitems(items):
    """Mark them, so that they can be left out."""
    for item in items:
        if "tests/browser" in str(item.path):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser():
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if program is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(NO_CHROMIUM)
    expect.set_options(timeout=PATIENCE_MILLISECONDS)
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-dev-shm-usage"]
        opened = playwright.chromium.launch(executable_path=program, args=arguments)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def widget_file():
    return build_widget(load_resources())


@pytest.fixture
def open_context(browser):
    """Opens a browser context with its own storage; closed after the test."""
    made = []

    def open_one(**options):
        context = browser.new_context(**{"viewport": DESKTOP, "locale": "en-US", **options})
        context.set_default_timeout(PATIENCE_MILLISECONDS)
        made.append(context)
        return context

    yield open_one
    for context in made:
        context.close()


@pytest.fixture
def clinic_site(widget_file):
    """A clinic's website, and the fake chat behind its widget."""
    with serving_chat(widget_file.source) as served:
        yield served


@pytest.fixture
def sit_down(open_context, clinic_site):
    """Opens the clinic's page as a visitor; `attributes` are those of the script tag."""

    def sit(attributes="", *, page="", headers=None, context=None, **options):
        chat, chat_address, site = clinic_site
        source = f"{chat_address}/widget.js"
        tag = f'<script src="{source}" data-clinic="demo" {attributes} async></script>'
        chat.page = (
            "<!doctype html><html lang=en><head><title>Harbor Clinic</title>"
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"{tag}</head><body>{page or '<main><h1>Harbor Clinic</h1></main>'}</body></html>"
        )
        chat.page_headers = headers or {}
        return Seat(context or open_context(**options), site, chat)

    return sit
