"""The web chat's interface: `/chat/v1`, JSON, a token in the Authorization header.

What must stay true: danger in a text is answered with the emergency card whatever else is to be
said about the request, also when this very program fails. Danger whose turn could not be taken is
kept on disk, whether or not the page says it again.
"""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

import msgspec
from flask import Blueprint, Response, current_app, g, request
from marshmallow import Schema

from bot.core.errors import CallerError, NotFound, StoreUnavailable
from bot.core.messages import Channel
from bot.services.chat import (
    ChatAnswer,
    ChatText,
    keep_chat_danger,
    leave_chat,
    open_chat,
    read_chat,
    say_in_chat,
)
from bot.services.chat_budgets import ChatRules
from bot.services.chat_views import ClinicAnswer, ClinicShown, OpenedAnswer
from bot.services.parts import Parts
from bot.web.answers import error_headers, status_of
from bot.web.chat_body import JSON_TYPE, Unusable, plain_text, read_body
from bot.web.chat_entrance import caller_address, clinic_of_request, listen, refusal
from bot.web.chat_schemas import SessionWanted, TextSent
from bot.web.deadline import REPEAT_SECONDS, WEBHOOK_SECONDS, limited_to
from bot.web.entrances import Entrance, entrance
from bot.web.origins import may_ask, share_with_origin

log = logging.getLogger(__name__)

chat = Blueprint("chat", __name__, url_prefix="/chat/v1")
chat.after_request(share_with_origin)

RULES = "chat_rules"


@chat.get("/clinics/<clinic_id>")
@entrance(Entrance.PUBLIC)
def show_clinic(clinic_id: str) -> Response:
    """Tell what a widget needs before a chat begins."""
    clinic = clinic_of_request(clinic_id)
    if clinic is None:
        raise NotFound("clinic")
    shown = ClinicShown(
        id=clinic.id,
        name=clinic.name,
        phone=clinic.phone,
        languages=clinic.languages,
        region=clinic.region,
        storage=clinic.chat_storage,
    )
    return _json(ClinicAnswer(shown, clinic.chat_greeting or msgspec.UNSET))


@chat.post("/sessions")
@entrance(Entrance.PUBLIC)
def begin() -> Response:
    """Begin a chat."""
    listen()
    try:
        wanted = _fields(SessionWanted())
        clinic = clinic_of_request(wanted["clinic"])
        if clinic is None:
            raise NotFound("clinic")
        if not may_ask([clinic]):
            return refusal(HTTPStatus.FORBIDDEN, clinic_id=clinic.id)
        language = wanted.get("language", "").lower().partition("-")[0]
        with limited_to(WEBHOOK_SECONDS):
            opened = open_chat(
                _parts(), _rules(), clinic, language=language, caller=caller_address()
            )
    except Unusable as error:
        return refusal(error.status, errors=error.errors)
    view = msgspec.structs.asdict(opened.view)
    answer = OpenedAnswer(token=opened.token, expires_at=opened.expires_at, **view)
    return _json(answer, HTTPStatus.CREATED)


@chat.get("/messages")
@entrance(Entrance.CHAT)
def show_messages() -> Response:
    """Tell what was said (after the message whose id is `after`), and what is open."""
    return _json(read_chat(_parts(), g.chat_key, after=request.args.get("after")))


@chat.post("/messages")
@entrance(Entrance.CHAT)
def say() -> Response:
    """Take the turn of one message."""
    try:
        return _say(_fields(TextSent()))
    except Unusable as error:
        if g.danger.fires:
            _record_danger()
        return refusal(error.status, errors=error.errors)
    except CallerError as error:
        return refusal(status_of(error), headers=error_headers(error))


@chat.delete("/sessions/current")
@entrance(Entrance.CHAT)
def leave() -> Response:
    """End the chat: its token is worthless from now on."""
    leave_chat(_parts(), g.chat_key)
    return Response(status=HTTPStatus.NO_CONTENT)


def _say(fields: dict[str, Any]) -> Response:
    text = plain_text(fields.get("text", ""))
    said = ChatText(fields["client_id"], text, fields.get("change"), _parts().now())
    try:
        answer = _take_turn(said)
    except CallerError:
        raise
    except Exception:
        if not g.danger.fires:
            raise
        log.exception("turn_failed")
        _keep_danger(said)
        return refusal(HTTPStatus.SERVICE_UNAVAILABLE)
    return refusal(HTTPStatus.UNAUTHORIZED) if answer.is_over else _json(answer.view)


def _take_turn(said: ChatText) -> ChatAnswer:
    with limited_to(WEBHOOK_SECONDS):
        answer = say_in_chat(
            _parts(), _rules(), g.chat_key, said, finding=g.danger, caller=caller_address()
        )
    if answer.is_lost:
        _keep_danger(said)
    return answer


def _record_danger() -> None:
    """Take the turn of a text that shows danger although its request is to be refused.

    Whoever wrote it must be heard of, be the text too long or the request without an id.
    """
    said = ChatText(_parts().new_id(), g.chat_text, received_at=_parts().now())
    try:
        _take_turn(said)
    except Exception:
        log.exception("turn_failed")
        _keep_danger(said)


def _keep_danger(said: ChatText) -> None:
    """Keep danger on disk whose time ran out, or whose turn failed, before that was done."""
    try:
        with limited_to(REPEAT_SECONDS):
            is_kept = keep_chat_danger(_parts(), g.chat_key, said)
    except StoreUnavailable:
        is_kept = False
    if not is_kept:
        log.error("crisis_not_recorded", extra={"channel": Channel.WEB.value})


def _fields(schema: Schema) -> dict[str, Any]:
    """Return the checked fields of the body. Raises Unusable."""
    if g.is_unread:
        raise Unusable(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return read_body(request.get_data(), request.mimetype, schema)


def _json(content: Any, status: HTTPStatus = HTTPStatus.OK) -> Response:
    return Response(msgspec.json.encode(content), status.value, content_type=JSON_TYPE)


def _rules() -> ChatRules:
    rules: ChatRules = current_app.extensions[RULES]
    return rules


def _parts() -> Parts:
    parts: Parts = current_app.extensions["porchlight"]
    return parts
