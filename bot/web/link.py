"""The page behind a secure link: a door that asks for the date of birth, then the conversation.

The token stands in the address of the door alone. Once it is open the browser holds a signed
cookie that names the link, and the page has an address that is worth nothing to anybody else.
"""

from __future__ import annotations

from datetime import date
from http import HTTPStatus
from typing import Any

import msgspec
from flask import Blueprint, Response, current_app, g, redirect, render_template, request, session
from flask import url_for as address_of

from bot.core.errors import NotFound
from bot.services.emergency import emergency_links
from bot.services.inbound import Reply
from bot.services.parts import Parts
from bot.services.secure_link import (
    LinkPage,
    OpenedLink,
    WrongBirth,
    look_at_link,
    open_secure_link,
    read_link_page,
    say_on_link_page,
)
from bot.store.secure_links import TalkText
from bot.web.entrances import Entrance, entrance
from bot.web.wording import patient_words

link = Blueprint("link", __name__, url_prefix="/c")

SESSION_KEY = "link"
DEFAULT_LANGUAGE = "en"

Page = str | tuple[str, int] | Any


def check_link() -> Response | None:
    """Let in a browser that has opened a link; show the closed page to any other."""
    try:
        g.link = msgspec.convert(session.get(SESSION_KEY), OpenedLink)
    except msgspec.ValidationError:
        return Response(_closed(), HTTPStatus.NOT_FOUND)
    return None


@link.get("/<token>")
@entrance(Entrance.LINK_DOOR)
def door(token: str) -> Page:
    """Ask for the date of birth; opening the address alone changes nothing."""
    try:
        return _door(token)
    except NotFound:
        return _closed(), HTTPStatus.NOT_FOUND


@link.post("/<token>")
@entrance(Entrance.LINK_DOOR)
def unlock(token: str) -> Page:
    """Open the link with the date that was given."""
    try:
        opened = open_secure_link(_parts(), token, _date(request.form.get("born", "")))
    except WrongBirth:
        return _door(token, problem="born_wrong"), HTTPStatus.FORBIDDEN
    except NotFound:
        return _closed(), HTTPStatus.NOT_FOUND
    session.clear()
    session[SESSION_KEY] = msgspec.to_builtins(opened)
    return redirect(address_of("link.talk"), HTTPStatus.SEE_OTHER)


@link.get("/")
@entrance(Entrance.SECURE_LINK)
def talk() -> Page:
    """Show the conversation and the open question."""
    try:
        page = read_link_page(_parts(), g.link.link_hash)
    except NotFound:
        return _closed(g.link.language), HTTPStatus.NOT_FOUND
    return _talk(page)


@link.post("/")
@entrance(Entrance.SECURE_LINK)
def say() -> Page:
    """Take what was written or chosen as the next text of the conversation."""
    text = request.form.get("text", "").strip() or ", ".join(request.form.getlist("choice"))
    client_id = request.form.get("client_id", "")[:64] or _parts().new_id()
    try:
        reply = say_on_link_page(_parts(), g.link, client_id=client_id, text=text)
    except NotFound:
        return _closed(g.link.language), HTTPStatus.NOT_FOUND
    if not reply.is_stored:
        return _from_memory(reply, text)
    return redirect(address_of("link.talk") + "#reply", HTTPStatus.SEE_OTHER)


def _door(token: str, *, problem: str = "") -> str:
    found = look_at_link(_parts(), token)
    words = _words(found.language)
    return render_template(
        "link_born.html",
        words=words,
        page_language=found.language,
        asks_birth=found.asks_birth,
        emergency=emergency_links(_parts(), found.clinic_id, found.language),
        problem=words.get(problem, ""),
    )


def _talk(page: LinkPage) -> str:
    return render_template(
        "link_talk.html",
        words=_words(page.language),
        page_language=page.language,
        talk=page.talk,
        choices=page.choices,
        emergency=emergency_links(_parts(), g.link.clinic_id, page.language),
        several=page.takes_several,
        client_id=_parts().new_id(),
    )


def _from_memory(reply: Reply, text: str) -> str:
    """Show a reply that could not be stored, emergency resources above all."""
    said = (TalkText("inbound", text), *(TalkText("outbound", each) for each in reply.texts))
    return _talk(LinkPage(g.link.language, said, (), takes_several=False))


def _closed(language: str = DEFAULT_LANGUAGE) -> str:
    return render_template("link_closed.html", words=_words(language), page_language=language)


def _words(language: str) -> dict[str, str]:
    known = patient_words()
    return dict(known.get(language, known[DEFAULT_LANGUAGE]))


def _date(written: str) -> date | None:
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None


def _parts() -> Parts:
    parts: Parts = current_app.extensions["porchlight"]
    return parts
