"""Which web pages may use the chat: the origins that a clinic's file names, and no other.

The page behind a secure link is our own. It alone may use the sessions that such links open.

A browser says in `Origin` which page a request comes from. Programs send none and are let in: they
are no danger to anybody's browser, and a token is needed all the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from flask import Response, current_app, g, request

from bot.core.clinic import Clinic
from bot.services.parts import Parts

ALLOWED_METHODS = "GET, POST, DELETE, OPTIONS"
ALLOWED_HEADERS = "Authorization, Content-Type, Last-Event-ID"
EXPOSED_HEADERS = "Retry-After"
PREFLIGHT_SECONDS = "600"
CHAT_CLINIC = "chat_clinic"
"""Where in `g` the clinic stands that a request turned out to be for."""


def may_ask(clinics: Iterable[Clinic]) -> bool:
    """Whether the page that this request comes from may use the chat of one of `clinics`."""
    origin = request.headers.get("Origin")
    if origin is None:
        return True
    if any(origin in clinic.chat_origins for clinic in clinics):
        return True
    return _is_the_demos(origin)


def is_own_page() -> bool:
    """Whether the page that this request comes from is one of ours, or no page at all."""
    origin = request.headers.get("Origin")
    if origin is None:
        return True
    ours = urlsplit(current_app.config["PUBLIC_URL"])
    return origin == f"{ours.scheme}://{ours.netloc}" or _is_the_demos(origin)


def _is_the_demos(origin: str) -> bool:
    return bool(current_app.config["DEMO"]) and origin == request.host_url.rstrip("/")


def share_with_origin(response: Response) -> Response:
    """Let the page of an allowed origin read the answer; to be called after every chat request.

    A preflight knows no clinic: there every clinic's origins count, and the request itself is
    then held to its own.
    """
    response.headers.add("Vary", "Origin")
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    origin = request.headers.get("Origin")
    parts: Parts = current_app.extensions["porchlight"]
    own: Clinic | None = g.get(CHAT_CLINIC)
    if origin is None or not may_ask(parts.clinics.all() if own is None else [own]):
        return response
    response.headers["Access-Control-Allow-Origin"] = origin
    response.headers["Access-Control-Expose-Headers"] = EXPOSED_HEADERS
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = ALLOWED_METHODS
        response.headers["Access-Control-Allow-Headers"] = ALLOWED_HEADERS
        response.headers["Access-Control-Max-Age"] = PREFLIGHT_SECONDS
    return response
