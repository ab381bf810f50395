"""Lets in whoever holds a chat's token, and answers danger even where it lets nobody in.

What must stay true: the text of a request is read for danger before its token, its origin, its
form and its size are judged, and whatever the judgement, an answer to danger holds the emergency
card.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import msgspec
from flask import Response, current_app, g, request
from werkzeug.exceptions import RequestEntityTooLarge

from bot.core.clinic import Clinic
from bot.core.findings import NOTHING_FOUND, Finding
from bot.core.messages import Channel, InboundMessage
from bot.services.chat_tokens import TOKEN, ChatKey, clinic_named, read_chat_token
from bot.services.chat_views import EmergencyCard, card_for_anybody, emergency_card
from bot.services.emergency import screen, spoken_language
from bot.services.parts import Parts
from bot.web.answers import error_shape
from bot.web.chat_body import JSON_TYPE, text_to_screen
from bot.web.origins import CHAT_CLINIC, is_own_page, may_ask

BEARER = "bearer "
TRUSTED_PROXIES = "TRUSTED_PROXIES"


def check_chat() -> Response | None:
    """Let a request with a genuine token through; 400, 401 and 403 for any other.

    A token in the address is refused: addresses end up in logs and histories. Whether the session
    is still open, the use case asks.
    """
    if request.method == "OPTIONS":
        return None
    listen()
    if any(TOKEN.fullmatch(value) for value in request.args.values()) or "token" in request.args:
        return refusal(HTTPStatus.BAD_REQUEST)
    token = _bearer()
    key = read_chat_token(_parts(), token)
    if key is None:
        return refusal(HTTPStatus.UNAUTHORIZED, clinic_id=clinic_named(token))
    g.chat_key = key
    clinic = _parts().clinics.of(key.clinic_id)
    if clinic is not None:
        setattr(g, CHAT_CLINIC, clinic)
        if not (may_ask([clinic]) if key.conversation_id is None else is_own_page()):
            return refusal(HTTPStatus.FORBIDDEN)
    return None


def listen() -> None:
    """Read the request's text for danger, once; kept in `g` as `chat_text` and `danger`.

    A body that is too large is not read: it may hold anything, so it gets the card as well.
    """
    g.chat_text, g.danger, g.is_unread = "", NOTHING_FOUND, False
    if request.method != "POST":
        return
    try:
        g.chat_text = text_to_screen(request.get_data())
    except RequestEntityTooLarge:
        g.is_unread = True
        return
    g.danger = screen(_parts(), _heard(g.chat_text))


def refusal(
    status: HTTPStatus,
    *,
    clinic_id: str = "",
    errors: Any = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """Return an error in the one shape; with the emergency card if the text shows danger."""
    body: dict[str, Any] = error_shape(status)
    if errors:
        body["errors"] = errors
    card = _card(clinic_id)
    if card is not None:
        body["emergency"] = card
    response = Response(msgspec.json.encode(body), status.value, content_type=JSON_TYPE)
    response.headers.update(headers or {})
    if status is HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def caller_address() -> str:
    """Return the address of the visitor, as far as it can be believed; "" if there is none.

    Forwarded addresses count only from as many proxies as are configured: each of them adds one
    at the end, and whatever stands before was written by whoever liked to.
    """
    proxies: int = current_app.config[TRUSTED_PROXIES]
    named = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    if 0 < proxies <= len(named) and named[-proxies]:
        return named[-proxies]
    return request.remote_addr or ""


def _bearer() -> str:
    given = request.headers.get("Authorization", "")
    return given[len(BEARER) :].strip() if given.lower().startswith(BEARER) else ""


def _heard(text: str) -> InboundMessage:
    return InboundMessage(Channel.WEB, "", "", "", text, _parts().now())


def _card(clinic_id: str) -> EmergencyCard | None:
    finding: Finding = g.get("danger", NOTHING_FOUND)
    if not finding.fires and not g.get("is_unread"):
        return None
    key: ChatKey | None = g.get("chat_key")
    clinic = _parts().clinics.of(key.clinic_id if key else clinic_id)
    if clinic is None:
        return card_for_anybody()
    language = spoken_language(_parts(), finding, clinic, _heard(g.chat_text))
    return emergency_card(_parts(), clinic, finding, language)


def clinic_of_request(clinic_id: str) -> Clinic | None:
    """Return a clinic by id and remember that the request is for it; None if there is none."""
    clinic = _parts().clinics.of(clinic_id)
    if clinic is not None:
        setattr(g, CHAT_CLINIC, clinic)
    return clinic


def _parts() -> Parts:
    parts: Parts = current_app.extensions["porchlight"]
    return parts
