"""Who may call a route. Every route says so, and what says nothing is shut.

A view is declared with `@entrance(Entrance.TWILIO)`. Before every request the declared check runs;
a route without a declaration answers 403, so one that was forgotten cannot be left open.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, TypeVar

from flask import Flask, abort, request
from werkzeug.wrappers import Response

log = logging.getLogger(__name__)


class Entrance(StrEnum):
    """How the caller of a route is known."""

    PUBLIC = "public"
    TWILIO = "twilio-signature"
    CLINICIAN = "clinician"
    CHAT = "chat-token"
    LINK_DOOR = "link-door"
    METRICS = "metrics-token"


SELF_CHECKED = frozenset({Entrance.PUBLIC, Entrance.LINK_DOOR})
"""Entrances with nothing to check before the view: the use case checks a link's own token."""


View = TypeVar("View", bound=Callable[..., Any])
Check = Callable[[], Response | None]

_DECLARED: dict[Callable[..., Any], Entrance] = {}


def entrance(kind: Entrance) -> Callable[[View], View]:
    """Declare who may call the decorated view."""

    def declare(view: View) -> View:
        _DECLARED[view] = kind
        return view

    return declare


def declared_entrance(view: Callable[..., Any] | None) -> Entrance | None:
    """Return what was declared for `view`, None when nothing was."""
    return _DECLARED.get(view) if view is not None else None


def guard_entrances(app: Flask, checks: Mapping[Entrance, Check]) -> None:
    """Run the declared check before every view of `app`.

    A check returns None to let the request in, a response to answer in its place, or aborts.
    """

    @app.before_request
    def check_entrance() -> Response | None:
        if request.endpoint is None:
            return None  # no such route: Flask answers 404 or 405 itself
        kind = declared_entrance(app.view_functions.get(request.endpoint))
        if kind in SELF_CHECKED:
            return None
        if kind is None or kind not in checks:
            log.error("route_without_entrance", extra={"route": request.endpoint})
            abort(403)
        return checks[kind]()
