"""The clinicians' pages: log in, the list of consult requests, one request, acting on it."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from flask import Blueprint, current_app, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bot.consults.model import FINISHED, ConsultAction, ConsultOutcome, ConsultStatus, Said
from bot.core.decisions import Priority
from bot.core.errors import IllegalTransition, InvalidField, Refused
from bot.services.clinicians import Clinician, TooManyTries, sign_in
from bot.services.consult_sheet import read_sheet
from bot.services.consults import OPEN, act, list_consults
from bot.services.handover import release, speak, take_over
from bot.services.parts import Parts
from bot.web.clinician_entrance import log_in, log_out
from bot.web.entrances import Entrance, entrance
from bot.web.sheet import sheet_page, summary_row
from bot.web.wording import called, clinic_words

home = Blueprint("home", __name__)
clinic = Blueprint("clinic", __name__, url_prefix="/clinic")

SHOWS: dict[str, tuple[frozenset[ConsultStatus], bool]] = {
    "open": (OPEN, False),
    "mine": (OPEN, True),
    "finished": (FINISHED, False),
}
"""What the list may show: which statuses, and whether only one's own."""

STEPS: dict[str, Callable[[Parts, Clinician, str], None]] = {
    "release": release,
    "take-over": take_over,
}
"""What can be done with the conversation of a request, besides the request itself."""

Page = str | Response | tuple[str, int]


@home.get("/")
@entrance(Entrance.PUBLIC)
def front_page() -> Page:
    """Lead whoever opens the bare address to the workspace."""
    return redirect(url_for("clinic.consults"))


@clinic.get("/login")
@entrance(Entrance.PUBLIC)
def login() -> Page:
    """Show the login page."""
    return render_template("login.html", problem="", email="")


@clinic.post("/login")
@entrance(Entrance.PUBLIC)
def enter() -> Page:
    """Log in with e-mail and password."""
    email = request.form.get("email", "")
    try:
        clinician = sign_in(_parts(), email, request.form.get("password", ""))
    except TooManyTries:
        return _login_problem("throttled", email), HTTPStatus.TOO_MANY_REQUESTS
    except Refused:
        return _login_problem("refused", email), HTTPStatus.UNAUTHORIZED
    log_in(clinician)
    return redirect(url_for("clinic.consults"), HTTPStatus.SEE_OTHER)


@clinic.post("/logout")
@entrance(Entrance.CLINICIAN)
def logout() -> Page:
    """End the session."""
    log_out()
    return redirect(url_for("clinic.login"), HTTPStatus.SEE_OTHER)


@clinic.get("/")
@entrance(Entrance.CLINICIAN)
def consults() -> Page:
    """List consult requests, the most urgent first; `show` and `priority` filter."""
    show = request.args.get("show", "open")
    statuses, only_mine = SHOWS.get(show, SHOWS["open"])
    wanted = request.args.get("priority", "")
    priority = Priority(wanted) if wanted in set(Priority) else None
    found = list_consults(
        _parts(), g.clinician, statuses=statuses, priority=priority, only_mine=only_mine
    )
    rows = [summary_row(each, _parts().clinics.of(each.clinic_id)) for each in found]
    return render_template(
        "consults.html",
        rows=rows,
        clinician=g.clinician,
        show=show,
        shows=[(name, called("shows", name)) for name in SHOWS],
        priority=wanted,
        priorities=[each.value for each in reversed(Priority)],
    )


@clinic.get("/consults/<consult_id>")
@entrance(Entrance.CLINICIAN)
def consult(consult_id: str) -> Page:
    """Show everything about one request."""
    return _consult_page(consult_id)


@clinic.post("/consults/<consult_id>")
@entrance(Entrance.CLINICIAN)
def take_action(consult_id: str) -> Page:
    """Do what the pressed button says, with the note beside it."""
    try:
        _act(consult_id, request.form.get("action", ""))
    except IllegalTransition:
        return _consult_page(consult_id, refused=True), HTTPStatus.CONFLICT
    return redirect(url_for("clinic.consult", consult_id=consult_id), HTTPStatus.SEE_OTHER)


@clinic.post("/consults/<consult_id>/words")
@entrance(Entrance.CLINICIAN)
def write_to_patient(consult_id: str) -> Page:
    """Say the clinician's words to the patient; words that could not be said are kept."""
    words = request.form.get("words", "")
    try:
        speak(_parts(), g.clinician, consult_id, words)
    except (IllegalTransition, InvalidField, Refused):
        return _consult_page(consult_id, refused=True), HTTPStatus.CONFLICT
    return redirect(
        url_for("clinic.consult", consult_id=consult_id) + "#talk", HTTPStatus.SEE_OTHER
    )


def _act(consult_id: str, name: str) -> None:
    """Do what a button says. Raises InvalidField if there is no such button."""
    if name in STEPS:
        STEPS[name](_parts(), g.clinician, consult_id)
        return
    try:
        action, version = ConsultAction(name), int(request.form.get("version", ""))
        outcome = ConsultOutcome(ended) if (ended := request.form.get("outcome")) else None
    except ValueError:
        raise InvalidField("action", "is not one of the buttons", "use the page") from None
    said = Said(request.form.get("note", ""), outcome)
    act(_parts(), g.clinician, consult_id, action, version=version, said=said)


def _consult_page(consult_id: str, *, refused: bool = False) -> str:
    """Return the page of a request; what was written is kept when it could not be done."""
    sheet = read_sheet(_parts(), g.clinician, consult_id)
    shown: dict[str, Any] = sheet_page(sheet, _parts().clinics.of(sheet.summary.clinic_id))
    problem = clinic_words()["conflict"] if refused else ""
    return render_template(
        "consult.html",
        sheet=shown,
        clinician=g.clinician,
        problem=problem,
        note=request.form.get("note", ""),
        words=request.form.get("words", ""),
        outcome=request.form.get("outcome", ""),
    )


def _login_problem(code: str, email: str) -> str:
    return render_template("login.html", problem=called("login", code), email=email)


def _parts() -> Parts:
    parts: Parts = current_app.extensions["porchlight"]
    return parts
