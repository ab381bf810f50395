"""The Flask application, without what no request of ours needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface

WITHOUT_COOKIES = ("/webhooks/", "/chat/", "/api/", "/c/", "/widget.js")


class PageSessions(SecureCookieSessionInterface):
    """Cookie sessions for pages; programs and the chat have none."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Return the session of a page's visitor, None for a program."""
        if request.path.startswith(WITHOUT_COOKIES):
            return None
        return super().open_session(app, request)


class Application(Flask):
    """Flask for plain functions alone: none of our views is a coroutine."""

    session_interface = PageSessions()

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return `func` as it is."""
        return func
