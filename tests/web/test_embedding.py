"""The widget's file and the page that shows it."""

import gzip
import re

import pytest
import yaml

from bot.app import create_app
from bot.rules.resources import load_resources
from bot.web.widget_file import FOLDER, SCRIPTS, build_widget
from tests.web.conftest import settings_for

MOST_BYTES = 25_000
"""Packed, style and all: less than one picture on most clinics' sites."""

SOURCES = {name: (FOLDER / name).read_text() for name in SCRIPTS}
WORDS = yaml.safe_load((FOLDER / "words.yaml").read_text())


@pytest.fixture(scope="module")
def file():
    return build_widget(load_resources())


def test_the_file_is_small_and_packed_as_it_is_counted(client):
    response = client.get("/widget.js", headers={"Accept-Encoding": "gzip"})
    assert response.headers["Content-Encoding"] == "gzip"
    assert len(response.data) <= MOST_BYTES
    assert gzip.decompress(response.data) == client.get("/widget.js").data


def test_any_site_may_load_the_file_and_keep_it_for_minutes(client):
    response = client.get("/widget.js", headers={"Origin": "https://clinic.example"})
    assert response.status_code == 200
    assert response.mimetype == "text/javascript"
    assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Cache-Control"] == "public, max-age=300"
    assert response.headers["Vary"] == "Accept-Encoding"
    assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_a_browser_that_has_the_file_is_told_so(client, encoding):
    first = client.get("/widget.js", headers={"Accept-Encoding": encoding})
    seen = {"Accept-Encoding": encoding, "If-None-Match": first.headers["ETag"]}
    again = client.get("/widget.js", headers=seen)
    assert (again.status_code, again.data) == (304, b"")


def test_packed_and_plain_bytes_are_told_apart(client):
    tags = {
        client.get("/widget.js", headers={"Accept-Encoding": encoding}).headers["ETag"]
        for encoding in ("gzip", "identity")
    }
    assert len(tags) == 2


def test_every_regions_numbers_are_in_the_file_and_the_emergency_number_is_first(file):
    resources = load_resources()
    baked = file.source.decode()
    for entry in resources.entries.values():
        for action in entry.actions:
            assert action.href in baked
    us = baked.index('"US":')
    assert baked.index("tel:911", us) < baked.index("tel:988", us)


def test_the_widget_says_the_same_things_in_both_languages():
    assert set(WORDS) == {"en", "es"}
    assert set(WORDS["en"]) == set(WORDS["es"])
    for key, english in WORDS["en"].items():
        assert re.findall(r"{\w+}", english) == re.findall(r"{\w+}", WORDS["es"][key]), key


def test_every_word_of_the_widget_is_used_and_every_word_used_is_there():
    source = "\n".join(SOURCES.values())
    quoted = set(re.findall(r'"([a-z_]+)"', source))
    assert set(WORDS["en"]) <= quoted
    assert set(re.findall(r'say\("([a-z_]+)"', source)) <= set(WORDS["en"])


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_stays_small_and_turns_no_text_into_markup(name):
    source = SOURCES[name]
    assert len(source.splitlines()) <= 300
    forbidden = (
        "innerHTML outerHTML insertAdjacentHTML document.write eval( Function( localStorage"
    )
    for word in [*forbidden.split(), 'setAttribute("style', "cookie ="]:
        assert word not in source, word


def test_the_joined_scripts_call_nothing_by_the_same_name():
    names = [
        name
        for source in SOURCES.values()
        for name in re.findall(r"^(?:async )?(?:function|const|let) (\w+)", source, re.MULTILINE)
    ]
    assert len(names) == len(set(names))


def test_the_file_asks_nobody_else_for_anything(file):
    source = file.source.decode()
    assert "@import" not in source
    assert "url(" not in source
    known = {"www.w3.org", "www.wikipedia.org", "988lifeline.org"}
    assert set(re.findall(r"https?://([\w.-]+)", source)) <= known


def test_old_safari_can_read_the_scripts():
    """No syntax or function that came after Safari 15.0 and would stop the whole file."""
    source = "\n".join(SOURCES.values())
    for late in (r"\(\?<[=!]", r"\.at\(", r"structuredClone", r"randomUUID", r"static \{"):
        assert not re.search(late, source), late
    for late in (r"Object\.hasOwn", r"AbortSignal\.(timeout|any)", r"\|\|=|&&=|\?\?="):
        assert not re.search(late, source), late


def test_the_demo_page_is_there_in_demo_mode_alone(database_url, tmp_path, client):
    assert client.get("/demo").status_code == 404
    app = create_app(settings_for(database_url, tmp_path / "demo", DEMO="1"))
    app.extensions["porchlight"].clinics.refresh()  # the clinic of the other application
    for asked, language in (("", "en"), ("?lang=es", "es"), ("?lang=<b>", "en")):
        page = app.test_client().get(f"/demo{asked}").get_data(as_text=True)
        assert f'<html lang="{language}">' in page
        assert 'src="/widget.js" data-clinic="demo"' in page
        assert "Harbor Clinic" in page
    app.extensions["porchlight"].engine.dispose()


def test_the_demo_page_says_the_same_things_in_both_languages():
    words = yaml.safe_load((FOLDER.parent / "words" / "demo.yaml").read_text())
    assert set(words["en"]) == set(words["es"])
    assert all(len(words["en"][key]) == len(words["es"][key]) for key in ("nav", "steps"))
