"""The style sheet: readable in light and dark, asking for nothing from elsewhere."""

import re
from pathlib import Path

import pytest

import bot.web

FOLDER = Path(bot.web.__file__).parent
SHEET = (FOLDER / "static" / "porchlight.css").read_text()
PAGES = sorted((FOLDER / "templates").glob("*.html"))
SCRIPTS = {
    "demo.html": '<script src="/widget.js" data-clinic="demo"',
    "link_chat.html": '<script src="/widget.js" data-clinic="{{ clinic.id }}"',
    "link_door.html": """<script src="{{ url_for('assets.asset', name='door.js') }}" defer>""",
}
"""The only ones: what a clinic pastes into its page, and the door that becomes such a page."""
ENOUGH = 4.5
"""WCAG 2.2, success criterion 1.4.3 (AA), text of ordinary size."""

PAIRS = [
    (ink, ground)
    for ground in ("ground", "panel")
    for ink in ("ink", "soft", "accent", "stat", "urgent", "routine")
] + [
    ("accent-ink", "accent"),
    ("stat", "stat-ground"),
    ("ink", "stat-ground"),
    ("urgent", "urgent-ground"),
    ("routine", "routine-ground"),
    ("ink", "theirs"),
    ("ink", "ours"),
    ("soft", "theirs"),
    ("soft", "ours"),
]


def colours(theme):
    blocks = re.findall(r":root \{(.*?)\}", SHEET, re.DOTALL)
    found = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", blocks[0]))
    if theme == "dark":
        found.update(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", blocks[1]))
    return found


def luminance(colour):
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first, second):
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), PAIRS)
def test_text_stands_out_from_its_ground(theme, ink, ground):
    known = colours(theme)
    assert contrast(known[ink], known[ground]) >= ENOUGH


def test_the_sheet_loads_nothing():
    assert "url(" not in SHEET
    assert "@import" not in SHEET


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_has_no_script_and_turns_no_escaping_off(page):
    source = page.read_text()
    if page.name in SCRIPTS:
        assert source.count(SCRIPTS[page.name]) == 1
        source = source.replace(SCRIPTS[page.name], "")
    for forbidden in ("|safe", "| safe", "autoescape", "<script", "onclick", "style="):
        assert forbidden not in source


def test_every_field_of_a_form_has_a_label():
    for page in PAGES:
        source = page.read_text()
        named = set(re.findall(r'<label for="(\w+)"', source))
        fields = re.findall(r'<(?:input|select|textarea) id="(\w+)"', source)
        assert set(fields) <= named, page.name
