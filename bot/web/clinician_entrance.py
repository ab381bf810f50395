"""Lets in clinicians who are logged in, and guards every form against other sites.

The cookie holds the token of a session that is a row: it ends when unused, when too old, when
ended, and when the account is closed, at the very next request.
"""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, g, render_template, request, session
from flask_wtf.csrf import CSRFError, CSRFProtect

from bot.services.clinicians import Clinician
from bot.services.parts import Parts
from bot.services.sessions import end_session, open_session, signed_in
from bot.web.answers import error_answer
from bot.web.wording import called

SESSION_KEY = "clinician"
OPEN_TO_SITES = frozenset({"chat"})
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

csrf = CSRFProtect()


def check_clinician() -> Response | None:
    """Let a logged-in clinician in; answer 401 and the login page otherwise."""
    token = session.get(SESSION_KEY)
    clinician = None
    if isinstance(token, str):
        idle = current_app.config["SESSION_IDLE_SECONDS"]
        clinician = signed_in(_parts(), token, idle_seconds=idle)
    if clinician is None:
        problem = called("login", "expired") if session.pop(SESSION_KEY, None) else ""
        page = render_template("login.html", problem=problem, email="")
        return Response(page, HTTPStatus.UNAUTHORIZED)
    g.clinician = clinician
    return None


def log_in(clinician: Clinician) -> None:
    """Begin a session in this browser; whatever the browser held before is forgotten."""
    limit = int(current_app.permanent_session_lifetime.total_seconds())
    session.clear()
    session.permanent = True
    session[SESSION_KEY] = open_session(_parts(), clinician, limit_seconds=limit)


def log_out() -> None:
    """End this browser's session."""
    token = session.get(SESSION_KEY)
    session.clear()
    if isinstance(token, str):
        end_session(_parts(), token)


def guard_forms(app: Flask) -> None:
    """Refuse every form that does not come from one of our own pages."""
    app.config.update(WTF_CSRF_SSL_STRICT=False, WTF_CSRF_TIME_LIMIT=None)
    app.before_request(_check_origin)
    csrf.init_app(app)
    app.register_error_handler(CSRFError, lambda _error: error_answer(HTTPStatus.FORBIDDEN))


def _check_origin() -> None:
    """Refuse a form of another site by the origin that browsers name; not all of them do.

    The chat is called from other sites by design, knows its own origins, and takes no cookie.
    """
    origin = request.headers.get("Origin")
    if origin is None or request.method in SAFE_METHODS or request.blueprint in OPEN_TO_SITES:
        return
    ours = urlsplit(current_app.config["PUBLIC_URL"])
    if origin != f"{ours.scheme}://{ours.netloc}" and urlsplit(origin).netloc != request.host:
        abort(HTTPStatus.FORBIDDEN)


def _parts() -> Parts:
    parts: Parts = current_app.extensions["porchlight"]
    return parts
