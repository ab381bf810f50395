"""Which pages may use a clinic's chat."""

import msgspec
import pytest

from bot.app import create_app
from tests.web.chatting import begin, chatter
from tests.web.conftest import CLINIC, CRISIS, add_clinic

OURS = "https://www.harbor.example"
OTHERS = "https://evil.example"
NEIGHBOURS = "https://neighbour.example"


@pytest.fixture
def app(settings):
    made = create_app(settings)
    parts = made.extensions["porchlight"]
    add_clinic(parts, msgspec.structs.replace(CLINIC, chat_origins=(OURS,)))
    other = {"id": "other", "sms_numbers": ("+15005550007",), "messaging_service_sids": ()}
    add_clinic(parts, msgspec.structs.replace(CLINIC, chat_origins=(NEIGHBOURS,), **other))
    yield made
    parts.engine.dispose()


def from_page(origin):
    return {"Origin": origin}


def test_a_page_of_the_clinic_may_use_the_chat_and_read_the_answers(client):
    response = begin(client, headers=from_page(OURS))
    assert response.status_code == 201
    assert response.headers["Access-Control-Allow-Origin"] == OURS
    assert "Origin" in response.headers.getlist("Vary")
    assert "Access-Control-Allow-Credentials" not in response.headers


@pytest.mark.parametrize(
    "origin",
    [
        OTHERS,
        NEIGHBOURS,
        "null",
        f"{OURS}.evil.example",
        OURS.upper(),
        f"{OURS}:443",
        "http://www.harbor.example",
        "https://clinic.example",
        "http://localhost",
    ],
)
def test_any_other_page_is_refused(client, origin):
    response = begin(client, headers=from_page(origin))
    assert response.status_code == 403
    assert "Access-Control-Allow-Origin" not in response.headers


@pytest.mark.parametrize("origin", [OTHERS, NEIGHBOURS])
def test_a_token_is_of_no_use_to_another_page(client, origin):
    visitor = chatter(client)
    path = "/chat/v1/messages"
    headers = {**visitor.headers, **from_page(origin)}
    response = client.get(path, headers=headers)
    assert response.status_code == 403
    assert "Access-Control-Allow-Origin" not in response.headers
    danger = visitor.send(CRISIS, headers=from_page(origin))
    assert danger.status_code == 403
    assert danger.json["emergency"]


def test_a_program_that_names_no_origin_is_let_in(client):
    assert begin(client).status_code == 201


@pytest.mark.parametrize("path", ["/chat/v1/sessions", "/chat/v1/messages"])
def test_a_preflight_is_answered_for_pages_of_clinics_alone(client, path):
    asked = {"Access-Control-Request-Method": "POST"}
    allowed = client.options(path, headers={**asked, **from_page(OURS)})
    assert allowed.status_code == 200
    assert allowed.headers["Access-Control-Allow-Origin"] == OURS
    assert "Authorization" in allowed.headers["Access-Control-Allow-Headers"]
    assert "DELETE" in allowed.headers["Access-Control-Allow-Methods"]
    refused = client.options(path, headers={**asked, **from_page(OTHERS)})
    assert "Access-Control-Allow-Origin" not in refused.headers


def test_refusals_can_be_read_by_the_clinics_own_page(client):
    response = client.get("/chat/v1/messages", headers=from_page(OURS))
    assert response.status_code == 401
    assert response.headers["Access-Control-Allow-Origin"] == OURS


def test_only_the_demo_allows_the_address_it_is_served_from(client, app):
    served = "http://localhost"
    assert begin(client, headers=from_page(served)).status_code == 403
    app.config["DEMO"] = True
    assert begin(client, headers=from_page(served)).status_code == 201
    assert begin(client, headers=from_page(OTHERS)).status_code == 403
