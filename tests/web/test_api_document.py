"""The interface's document says what happens: held against the routes and against the program."""

import re

import pytest
import schemathesis
from hypothesis import HealthCheck, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection

from bot.app import create_app
from tests.web.chatting import Chatter, begin
from tests.web.conftest import add_clinic, settings_for

EXAMPLES = 40
"""Requests made up for each operation, as documented; and as many that are not."""

CALM = list(HealthCheck)
TOO_LARGE = 413
"""A refusal that schemathesis does not count as one."""


@pytest.fixture
def made(database_url, tmp_path):
    generous = {
        f"CHAT_{what}_PER_{whose}": "1000000"
        for what in ("SESSIONS", "MESSAGES")
        for whose in ("ADDRESS", "CLINIC")
    }
    app = create_app(settings_for(database_url, tmp_path / "instance", **generous))
    add_clinic(app.extensions["porchlight"])
    yield app
    app.extensions["porchlight"].engine.dispose()


OPERATIONS = [
    ("/chat/v1/clinics/{clinic_id}", "GET"),
    ("/chat/v1/sessions", "POST"),
    ("/chat/v1/sessions/current", "DELETE"),
    ("/chat/v1/messages", "GET"),
    ("/chat/v1/messages", "POST"),
    ("/chat/v1/stream", "GET"),
]


def is_mended(case, operation):
    """Whether nothing is wrong with the request as it is sent.

    The header that it may lack is given to it, and query parameters nobody documented are ignored.
    """
    if operation.method.upper() not in ("GET", "DELETE") or list(operation.path_parameters):
        return False
    return {each.name for each in operation.query}.isdisjoint(case.query or {})


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_requests_as_documented_or_not_are_answered_as_documented(made, path, method, mode):
    client = made.test_client()
    operation = schemathesis.openapi.from_wsgi("/api/openapi.json", made)[path][method]

    @seed(20260302)
    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=CALM)
    @given(case=operation.as_strategy(generation_mode=mode))
    def holds(case):
        token = begin(client).json["token"]
        headers = {"Authorization": f"Bearer {token}"}
        response = case.call(headers=headers)
        is_well = response.status_code == TOO_LARGE or is_mended(case, operation)
        left_out = [negative_data_rejection] if is_well else []
        if response.status_code != 503 or "stream" not in path:  # no stream process runs here
            case.validate_response(response, headers=headers, excluded_checks=left_out)

    holds()


def test_the_document_names_every_chat_route_and_no_other(app, client):
    paths = client.get("/api/openapi.json").json["paths"]
    told = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    routes = {
        (method, re.sub(r"<(\w+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/chat/")
    }
    assert told == routes == {(method, path) for path, method in OPERATIONS}


def test_every_reference_leads_somewhere(client):
    document = client.get("/api/openapi.json").json
    for reference in set(re.findall(r'"#/([^"]+)"', client.get("/api/openapi.json").text)):
        found = document
        for name in reference.split("/"):
            found = found[name]


def test_the_page_shows_every_request_and_asks_nobody_else(client):
    page = client.get("/api/docs")
    assert page.status_code == 200
    for path, methods in client.get("/api/openapi.json").json["paths"].items():
        for method in methods:
            assert f"{method.upper()} {path}" in page.text
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page.text)


def test_real_answers_look_as_documented(made):
    client = made.test_client()
    document = schemathesis.openapi.from_wsgi("/api/openapi.json", made)

    def check(response, path, method):
        document[path][method].validate_response(response)

    check(client.get("/chat/v1/clinics/demo"), "/chat/v1/clinics/{clinic_id}", "GET")
    opened = begin(client, language="es")
    check(opened, "/chat/v1/sessions", "POST")
    visitor = Chatter(client, opened.json["token"], opened.json)
    for text in ("1", "3/14/1985", "???", "I want to kill myself"):
        check(visitor.send(text, client_id="same"), "/chat/v1/messages", "POST")
        check(visitor.send(text), "/chat/v1/messages", "POST")
    check(visitor.look(), "/chat/v1/messages", "GET")
    check(visitor.leave(), "/chat/v1/sessions/current", "DELETE")
    check(visitor.send("I want to kill myself"), "/chat/v1/messages", "POST")
