"""What every answer carries, and what an error looks like: one JSON shape, one page.

Nothing of an exception reaches the caller. `{code, status, message}` is the shape that
flask-smorest gives, so that all of /chat, /api and the webhooks speak alike.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, current_app, g, jsonify, render_template, request
from werkzeug.exceptions import HTTPException

from bot.core.clock import monotonic_seconds
from bot.core.errors import (
    CallerError,
    IdTaken,
    IllegalTransition,
    InvalidField,
    NotFound,
    PorchlightError,
    Refused,
    SessionOver,
    TooMany,
    Unavailable,
)
from bot.web.resting import note_store_failure

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger(__name__)

PAGES = ("/clinic/", "/c/", "/alerts/")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), interest-cohort=()",
}
STRICT_TRANSPORT = "max-age=31536000"
TOLD = "turn_is_told"
"""Set in `g` once a turn has its own line in the log: its request needs no second one."""

STATUS_OF: tuple[tuple[type[PorchlightError], HTTPStatus], ...] = (
    (InvalidField, HTTPStatus.UNPROCESSABLE_ENTITY),
    (NotFound, HTTPStatus.NOT_FOUND),
    (SessionOver, HTTPStatus.UNAUTHORIZED),
    (TooMany, HTTPStatus.TOO_MANY_REQUESTS),
    (Refused, HTTPStatus.FORBIDDEN),
    (IdTaken, HTTPStatus.CONFLICT),
    (IllegalTransition, HTTPStatus.CONFLICT),
    (CallerError, HTTPStatus.BAD_REQUEST),
    (Unavailable, HTTPStatus.SERVICE_UNAVAILABLE),
)


def prepare_answers(app: Flask, *, https: bool) -> None:
    """Give `app` its headers, its error answers and its request log."""
    fixed = {**HEADERS, **({"Strict-Transport-Security": STRICT_TRANSPORT} if https else {})}
    app.wsgi_app = _with_headers(app.wsgi_app, fixed)  # type: ignore[method-assign, assignment]

    @app.before_request
    def note_start() -> None:
        g.started = monotonic_seconds()

    @app.after_request
    def finish(response: Response) -> Response:
        if not (response.status_code == HTTPStatus.OK and g.get(TOLD)):
            _log_request(response)
        return response

    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(PorchlightError, _own_error)
    app.register_error_handler(Exception, _unexpected)


def _with_headers(inner: WSGIApplication, fixed: Mapping[str, str]) -> WSGIApplication:
    """Return `inner` with the `fixed` headers on every answer that does not set its own."""
    pairs = tuple((name.lower(), (name, value)) for name, value in fixed.items())

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(
            status: str, headers: list[tuple[str, str]], failure: Any = None, /
        ) -> Callable[[bytes], object]:
            own = {name.lower() for name, _ in headers}
            headers.extend(pair for name, pair in pairs if name not in own)
            return start_response(status, headers, failure)

        return inner(environ, start)

    return app


def status_of(error: PorchlightError) -> HTTPStatus:
    """Return the HTTP status of one of our errors; 500 for what is not the caller's fault."""
    for kind, status in STATUS_OF:
        if isinstance(error, kind):
            return status
    return HTTPStatus.INTERNAL_SERVER_ERROR


def error_answer(status: HTTPStatus) -> tuple[Response | str, int]:
    """Return the answer for `status`: a page for people, JSON for programs."""
    if f"{request.path}/".startswith(PAGES):
        return render_template("error.html", status=status), status.value
    return jsonify(error_shape(status)), status.value


def error_shape(status: HTTPStatus) -> dict[str, Any]:
    """Return what the body of every JSON answer that is an error holds at least."""
    return {"code": status.value, "status": status.phrase, "message": status.description}


def error_headers(error: PorchlightError) -> dict[str, str]:
    """Return the headers that go with one of our errors."""
    if isinstance(error, TooMany):
        return {"Retry-After": str(error.seconds)}
    return {"WWW-Authenticate": "Bearer"} if isinstance(error, SessionOver) else {}


def _http_error(error: HTTPException) -> Response | tuple[Response | str, int]:
    code = error.code or 500
    body, status = error_answer(HTTPStatus(code))
    answer = Response(body) if isinstance(body, str) else body
    answer.status_code = status
    for name, value in error.get_headers():
        if name == "Allow":
            answer.headers[name] = value
    return answer


def _own_error(error: PorchlightError) -> tuple[Response | str, int, dict[str, str]]:
    status = status_of(error)
    note_store_failure(current_app.extensions["porchlight"].health, error)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("request_failed", extra=_whereabouts(), exc_info=error)
    return *error_answer(status), error_headers(error)


def _unexpected(error: Exception) -> tuple[Response | str, int]:
    log.error("request_failed", extra=_whereabouts(), exc_info=error)
    return error_answer(HTTPStatus.INTERNAL_SERVER_ERROR)


def _whereabouts() -> dict[str, str]:
    rule = request.url_rule.rule if request.url_rule else "no route"
    return {"route": rule, "method": request.method if request.method in METHODS else "other"}


def _log_request(response: Response) -> None:
    started = getattr(g, "started", None)
    elapsed = round((monotonic_seconds() - started) * 1000, 1) if started else 0.0
    facts = {**_whereabouts(), "status_code": response.status_code, "duration_ms": elapsed}
    log.info("request", extra=facts)
