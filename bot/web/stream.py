"""`GET /chat/v1/stream`: what is new in a chat, as it happens.

A web process checks the visitor and gives the connection itself to the stream process; it is free
again at once. A sync worker full of streams would answer nothing any more, webhooks included.
"""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from flask import Blueprint, Response, current_app, g, request

from bot.channels.stream_wire import EVENT_STREAM, Listener, hand_over
from bot.services.chat_news import listening_since
from bot.services.parts import Parts
from bot.web.answers import error_shape
from bot.web.chat_body import JSON_TYPE
from bot.web.chat_entrance import refusal
from bot.web.entrances import Entrance, entrance
from bot.web.origins import share_with_origin

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

stream = Blueprint("stream", __name__, url_prefix="/chat/v1")
stream.after_request(share_with_origin)

FOLDER = "STREAM_DIR"
CONNECTION = "gunicorn.socket"
LISTENER = "porchlight.listener"
RETRY_SECONDS = 30
LONGEST_ID = 64


@stream.get("/stream")
@entrance(Entrance.CHAT)
def listen_on() -> Response:
    """Hand a visitor's connection to the stream process; 503 where there is none."""
    after = request.headers.get("Last-Event-ID", "")[:LONGEST_ID] or None
    session, told = listening_since(_parts(), g.chat_key, after=after)
    if CONNECTION not in request.environ:
        return refusal(HTTPStatus.SERVICE_UNAVAILABLE, headers=_retry())
    request.environ[LISTENER] = Listener(
        head=b"",
        clinic_id=session.clinic_id,
        token_hash=session.token_hash,
        address_hash=session.address_hash,
        expires_at=session.expires_at,
        conversation_id=told.conversation_id,
        place=told.place,
        status=told.status,
    )
    response = Response(status=HTTPStatus.OK, content_type=EVENT_STREAM)
    response.headers["X-Accel-Buffering"] = "no"
    return response


def give_streams_away(inner: WSGIApplication, folder: Path) -> WSGIApplication:
    """Return `inner`, whose answers that are streams are handed to the stream process in `folder`.

    Everything else passes unchanged. Must stand outside of whatever adds headers: the head of the
    answer goes along.
    """

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO") != "/chat/v1/stream":
            return inner(environ, start_response)
        heads: list[tuple[str, list[tuple[str, str]]]] = []

        def note(status: str, headers: list[tuple[str, str]], *_failure: Any) -> Any:
            heads.append((status, headers))
            return lambda _content: None

        body = b"".join(inner(environ, note))
        status, headers = heads[-1]
        listener = environ.get(LISTENER)
        if listener is None:
            start_response(status, headers)
            return [body]
        connection = environ[CONNECTION]
        head = _head(headers)
        if hand_over(folder, msgspec.structs.replace(listener, head=head), connection):
            # Closed here alone: the stream process has it now, and gunicorn must not shut it down.
            connection.close()
            raise StopIteration("the connection was handed over")
        return _refused(headers, start_response)

    return app


def _head(headers: list[tuple[str, str]]) -> bytes:
    kept = [(name, value) for name, value in headers if name.lower() != "content-length"]
    lines = ["HTTP/1.1 200 OK", *(f"{name}: {value}" for name, value in kept)]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1")


def _refused(headers: list[tuple[str, str]], start_response: StartResponse) -> Iterable[bytes]:
    status = HTTPStatus.SERVICE_UNAVAILABLE
    body = msgspec.json.encode(error_shape(status))
    own = {"content-type": JSON_TYPE, "content-length": str(len(body)), **_retry()}
    kept = [(name, value) for name, value in headers if name.lower() not in own]
    start_response(f"{status.value} {status.phrase}", [*kept, *own.items()])
    return [body]


def _retry() -> dict[str, str]:
    return {"Retry-After": str(RETRY_SECONDS)}


def _parts() -> Parts:
    parts: Parts = current_app.extensions["porchlight"]
    return parts
