"""Every route says who may call it, and the list is the one that was agreed."""

import pytest

from bot.web.entrances import Entrance, declared_entrance

AGREED = {
    "POST /webhooks/twilio/sms": Entrance.TWILIO,
    "POST /webhooks/twilio/fallback": Entrance.TWILIO,
    "POST /webhooks/twilio/status": Entrance.TWILIO,
    "POST /webhooks/twilio/call": Entrance.TWILIO,
    "GET /clinic/": Entrance.CLINICIAN,
    "GET /clinic/login": Entrance.PUBLIC,
    "POST /clinic/login": Entrance.PUBLIC,
    "POST /clinic/logout": Entrance.CLINICIAN,
    "GET /clinic/consults/<consult_id>": Entrance.CLINICIAN,
    "POST /clinic/consults/<consult_id>": Entrance.CLINICIAN,
    "POST /clinic/consults/<consult_id>/words": Entrance.CLINICIAN,
    "GET /alerts/<alert_id>/<token>": Entrance.LINK_DOOR,
    "POST /alerts/<alert_id>/<token>": Entrance.LINK_DOOR,
    "GET /c/<token>": Entrance.LINK_DOOR,
    "POST /c/<token>": Entrance.LINK_DOOR,
    "GET /c/<clinic_id>/<language>": Entrance.PUBLIC,
    "GET /chat/v1/clinics/<clinic_id>": Entrance.PUBLIC,
    "POST /chat/v1/sessions": Entrance.PUBLIC,
    "GET /chat/v1/messages": Entrance.CHAT,
    "GET /chat/v1/stream": Entrance.CHAT,
    "POST /chat/v1/messages": Entrance.CHAT,
    "DELETE /chat/v1/sessions/current": Entrance.CHAT,
    "GET /api/docs": Entrance.PUBLIC,
    "GET /api/openapi.json": Entrance.PUBLIC,
    "GET /healthz": Entrance.PUBLIC,
    "GET /readyz": Entrance.PUBLIC,
    "GET /metrics": Entrance.METRICS,
    "GET /": Entrance.PUBLIC,
    "GET /assets/<name>": Entrance.PUBLIC,
    "GET /widget.js": Entrance.PUBLIC,
    "GET /demo": Entrance.PUBLIC,
}
QUIET_METHODS = {"HEAD", "OPTIONS"}


def declared(app):
    return {
        f"{method} {rule.rule}": declared_entrance(app.view_functions[rule.endpoint])
        for rule in app.url_map.iter_rules()
        for method in rule.methods - QUIET_METHODS
    }


def test_every_route_declares_its_entrance_as_agreed(app):
    assert declared(app) == AGREED


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_route_that_declares_nothing_is_shut(app, method):
    app.add_url_rule("/forgotten", view_func=lambda: "in", methods=["GET", "POST"])
    assert getattr(app.test_client(), method)("/forgotten").status_code == 403


@pytest.mark.parametrize(
    "route", [route for route, kind in AGREED.items() if kind is Entrance.CLINICIAN]
)
def test_no_clinicians_route_answers_a_stranger(app, route):
    method, path = route.split(" ")
    response = getattr(app.test_client(), method.lower())(path.replace("<consult_id>", "x"))
    assert response.status_code in {401, 403}


@pytest.mark.parametrize(
    "route", [route for route, kind in AGREED.items() if kind is Entrance.TWILIO]
)
def test_no_webhook_answers_an_unsigned_request(app, route):
    path = route.split(" ")[1]
    assert app.test_client().post(path, data={"Body": "hi"}).status_code == 403


@pytest.mark.parametrize(
    "route", [route for route, kind in AGREED.items() if kind is Entrance.CHAT]
)
def test_no_chat_route_answers_without_a_token(app, route):
    method, path = route.split(" ")
    response = getattr(app.test_client(), method.lower())(path)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
