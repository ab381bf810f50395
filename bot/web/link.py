"""The pages of a secure link: a door that asks for the date of birth, then the chat itself.

The link's token stands in the address of the door alone. Once the door is open, the script of the
page takes that address away and gives the session's token to the widget, by hand: it is in no
address, no cookie and no page.
"""

from __future__ import annotations

from datetime import date
from http import HTTPStatus

import msgspec
from flask import Blueprint, Response, current_app, g, render_template, request

from bot.core.clinic import Clinic
from bot.core.errors import CallerError, NotFound, Unavailable
from bot.services.chat_budgets import ChatRules
from bot.services.emergency import emergency_links
from bot.services.parts import Parts
from bot.services.secure_link import (
    OpenedLink,
    hear_danger_at_door,
    look_at_link,
    open_secure_link,
)
from bot.web.answers import status_of
from bot.web.chat import RULES
from bot.web.chat_body import JSON_TYPE, Unusable, read_body
from bot.web.chat_entrance import listen, refusal
from bot.web.chat_schemas import BirthGiven
from bot.web.deadline import WEBHOOK_SECONDS, limited_to
from bot.web.entrances import Entrance, entrance
from bot.web.wording import patient_words

link = Blueprint("link", __name__, url_prefix="/c")

DEFAULT_LANGUAGE = "en"
MONTHS = range(1, 13)

Page = str | tuple[str, int]


@link.after_request
def name_no_address(response: Response) -> Response:
    """Let no other page know the address of the door: a token is in it."""
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@link.get("/<token>")
@entrance(Entrance.LINK_DOOR)
def door(token: str) -> Page:
    """Ask for the date of birth; opening the address alone changes nothing."""
    try:
        found = look_at_link(_parts(), token)
    except NotFound:
        return _closed()
    clinic = _parts().clinics.of(found.clinic_id)
    if clinic is None:
        return _closed()
    return render_template(
        "link_door.html",
        asks_birth=found.asks_birth,
        emergency=emergency_links(_parts(), found.clinic_id, found.language),
        months=MONTHS,
        **_page(clinic, found.language),
    )


@link.post("/<token>")
@entrance(Entrance.LINK_DOOR)
def unlock(token: str) -> Response:
    """Open the link with the date that was given; what shows danger is answered first."""
    listen()
    if g.danger.fires:
        clinic_id = hear_danger_at_door(_parts(), token, g.chat_text, g.danger)
        return refusal(HTTPStatus.FORBIDDEN, clinic_id=clinic_id or "")
    try:
        return _told(_open(token))
    except Unusable as error:
        return refusal(error.status, errors=error.errors)
    except (CallerError, Unavailable) as error:
        return refusal(status_of(error))


@link.get("/<clinic_id>/<language>")
@entrance(Entrance.PUBLIC)
def talk(clinic_id: str, language: str) -> Page:
    """Return the page that an opened door becomes, for a reload: the session is in the browser."""
    clinic = _parts().clinics.of(clinic_id)
    if clinic is None or language not in patient_words():
        return _closed()
    return render_template("link_talk.html", **_page(clinic, language))


def _open(token: str) -> OpenedLink:
    """Return what the browser gets. Raises Unusable, CallerError, Unavailable."""
    if g.is_unread:
        raise Unusable(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    given = read_body(request.get_data(), request.mimetype, BirthGiven())
    rules: ChatRules = current_app.extensions[RULES]
    with limited_to(WEBHOOK_SECONDS):
        return open_secure_link(_parts(), rules, token, _date(given["text"].strip()))


def _told(opened: OpenedLink) -> Response:
    told = {"token": opened.token, "expires_at": opened.expires_at}
    return Response(msgspec.json.encode(told), content_type=JSON_TYPE)


def _page(clinic: Clinic | None, language: str) -> dict[str, object]:
    spoken, words = _words(language)
    return {"clinic": clinic, "page_language": spoken, "words": words}


def _closed() -> tuple[str, int]:
    """Return the page of every link that does not open, whatever the reason."""
    asked = request.accept_languages.best_match(list(patient_words()), DEFAULT_LANGUAGE)
    page = _page(None, asked or DEFAULT_LANGUAGE)
    emergency = emergency_links(_parts(), "", asked or DEFAULT_LANGUAGE)
    body = render_template("link_closed.html", emergency=emergency, **page)
    return body, HTTPStatus.NOT_FOUND


def _words(language: str) -> tuple[str, dict[str, str]]:
    known = patient_words()
    spoken = language if language in known else DEFAULT_LANGUAGE
    return spoken, dict(known[spoken])


def _date(written: str) -> date | None:
    """Return the date; None for nothing. Raises Unusable for words: they are no try at it."""
    try:
        return date.fromisoformat(written) if written else None
    except ValueError:
        raise Unusable(HTTPStatus.UNPROCESSABLE_ENTITY) from None


def _parts() -> Parts:
    parts: Parts = current_app.extensions["porchlight"]
    return parts
