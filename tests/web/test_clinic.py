"""The clinicians' pages: who gets in, what they see, what they can do."""

import re
from html import unescape

import pytest
from sqlalchemy import select

from bot.services.alerts import alert_link
from bot.services.clinicians import Role, add_clinician, close_account
from bot.store.tables import AlertRow, ConsultRow
from tests.web.conftest import CLINIC, CRISIS, PATIENT, Twilio, add_clinic

EMAIL = "ana@clinic.example"
PASSWORD = "a long enough password"
LOGIN = "/clinic/login"
PAYLOADS = (
    "<img src=x onerror=alert(1)> I want to kill myself",
    "{{7*7}} I want to kill myself",
    "javascript:alert(1) I want to kill myself",
    '"><script>alert(1)</script> I want to kill myself',
    "\u202eI want to kill myself",
)


def add(parts, email=EMAIL, clinic_ids=("demo",)):
    return add_clinician(
        parts,
        email=email,
        name="Ana Ruiz",
        role=Role.CLINICIAN,
        clinic_ids=clinic_ids,
        password=PASSWORD,
    )


def token_in(page):
    return re.search(r'name="csrf_token" value="([^"]+)"', page.get_data(as_text=True))[1]


def log_in(client, email=EMAIL, password=PASSWORD):
    form = {"csrf_token": token_in(client.get(LOGIN)), "email": email, "password": password}
    return client.post(LOGIN, data=form)


@pytest.fixture
def ana(app, parts):
    add(parts)
    client = app.test_client()
    assert log_in(client).status_code == 303
    return client


@pytest.fixture
def consult_id(twilio, parts):
    twilio.say(CRISIS)
    with parts.engine.connect() as connection:
        return connection.scalar(select(ConsultRow.id))


def page_of(client, consult_id):
    return client.get(f"/clinic/consults/{consult_id}")


def press(client, consult_id, action, *, note="", version=None, outcome=""):
    page = page_of(client, consult_id)
    shown = re.search(r'name="version" value="(\d+)"', page.get_data(as_text=True))
    form = {
        "csrf_token": token_in(page),
        "version": version or (shown[1] if shown else "1"),
        "action": action,
        "note": note,
        "outcome": outcome,
    }
    return client.post(f"/clinic/consults/{consult_id}", data=form)


def words(response):
    return unescape(re.sub(r"<[^>]+>", " ", response.get_data(as_text=True)))


# ---------------------------------------------------------------- getting in


def test_nobody_sees_anything_without_logging_in(client, consult_id):
    for path in ("/clinic/", f"/clinic/consults/{consult_id}"):
        response = client.get(path)
        assert response.status_code == 401
        assert PATIENT not in response.get_data(as_text=True)


def test_the_right_password_opens_the_list(ana):
    assert "Nothing is waiting" in words(ana.get("/clinic/"))


@pytest.mark.parametrize(
    ("email", "password"), [(EMAIL, "wrong"), ("nobody@clinic.example", PASSWORD), ("", "")]
)
def test_a_wrong_login_says_the_same_for_everybody(client, parts, email, password):
    add(parts)
    response = log_in(client, email, password)
    assert response.status_code == 401
    assert "E-mail or password is wrong." in words(response)
    assert client.get("/clinic/").status_code == 401


def test_guessing_is_slowed_down(client, parts):
    add(parts)
    answers = [log_in(client, password=f"guess {n}").status_code for n in range(7)]
    assert answers[0] == 401
    assert answers[-1] == 429
    assert log_in(client).status_code == 429


def test_logging_out_ends_the_session_everywhere(ana, app):
    cookie = ana.get_cookie("porchlight").value
    ana.post("/clinic/logout", data={"csrf_token": token_in(ana.get("/clinic/"))})
    other = app.test_client()
    other.set_cookie("porchlight", cookie)
    assert other.get("/clinic/").status_code == 401


def test_a_closed_account_is_out_at_the_next_request(ana, parts):
    close_account(parts, EMAIL)
    assert ana.get("/clinic/").status_code == 401


def test_the_cookie_is_kept_from_scripts_other_sites_and_plain_http(client, parts):
    add(parts)
    cookie = log_in(client).headers["Set-Cookie"]
    for attribute in ("HttpOnly", "SameSite=Lax", "Secure"):
        assert attribute in cookie


def test_logging_in_forgets_what_the_browser_held_before(client, parts):
    add(parts)
    client.get(LOGIN)
    before = client.get_cookie("porchlight").value
    log_in(client)
    assert client.get_cookie("porchlight").value != before


# ---------------------------------------------------------------- forms of other sites


@pytest.mark.parametrize("path", [LOGIN, "/clinic/logout", "/clinic/consults/x", "/alerts/a/b"])
def test_a_form_without_our_token_is_refused(ana, path):
    assert ana.post(path, data={"action": "accept"}).status_code == 403


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://clinic.example"])
def test_a_form_of_another_site_is_refused_even_with_a_token(ana, consult_id, origin):
    page = page_of(ana, consult_id)
    form = {"csrf_token": token_in(page), "version": "1", "action": "accept"}
    response = ana.post(f"/clinic/consults/{consult_id}", data=form, headers={"Origin": origin})
    assert response.status_code == 403


# ---------------------------------------------------------------- what is shown


def test_a_crisis_is_on_the_list_first_and_says_why(ana, consult_id):
    page = words(ana.get("/clinic/"))
    assert PATIENT in page
    assert "stat" in page
    assert "Crisis language, suicide" in page


def test_the_list_can_be_filtered(ana, consult_id):
    assert PATIENT in words(ana.get("/clinic/?priority=stat"))
    assert PATIENT not in words(ana.get("/clinic/?priority=routine"))
    assert PATIENT not in words(ana.get("/clinic/?show=mine"))
    assert PATIENT in words(ana.get("/clinic/?show=nonsense&priority=nonsense"))


def test_a_request_shows_what_was_written_and_which_help_was_named(ana, consult_id):
    page = words(page_of(ana, consult_id))
    assert CRISIS in page
    assert "988" in page
    assert "Danger was seen in this conversation and no clinician has closed it." in page
    assert "held: nothing but emergency resources" in page


def test_answers_skips_and_what_was_not_asked_are_told_apart(ana, twilio, parts):
    for said in ("hello", "yes", "1", "3/14/1985", "California", "HUMAN"):
        twilio.say(said)
    with parts.engine.connect() as connection:
        consult_id = connection.scalar(select(ConsultRow.id))
    response = page_of(ana, consult_id)
    page = words(response)
    assert "questions were not asked" in page
    assert "1985-03-14" in page
    assert "Asks for a person" in page
    assert "Not triaged" in page


def test_an_instruments_items_are_shown_in_their_own_words(ana, twilio, parts):
    for said in ("Hi", "yes", "1", "March 14 1985", "California", *["1"] * 9):
        twilio.say(said)
    with parts.engine.connect() as connection:
        consult_id = connection.scalar(select(ConsultRow.id))
    page = words(page_of(ana, consult_id))
    assert "Little interest or pleasure in doing things" in page
    assert "Answer of concern: better off dead or hurting oneself (PHQ-9, item 9)" in page
    assert "{clinic_name}" not in page


def test_times_are_those_of_the_clinic(ana, consult_id):
    assert re.search(r"\d\d:\d\d E[SD]T", words(page_of(ana, consult_id)))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_a_patient_writes_is_inert(ana, twilio, parts, payload):
    twilio.say(payload)
    with parts.engine.connect() as connection:
        consult_id = connection.scalar(select(ConsultRow.id))
    source = page_of(ana, consult_id).get_data(as_text=True)
    assert "<img" not in source
    assert "<script" not in source
    assert f'<bdi dir="auto">{_escaped(payload)}</bdi>' in source


def _escaped(text):
    pairs = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&#34;"), ("'", "&#39;"))
    for plain, safe in pairs:
        text = text.replace(plain, safe)
    return text


def test_pages_ask_for_nothing_from_elsewhere_and_are_not_kept(ana, consult_id):
    response = page_of(ana, consult_id)
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Strict-Transport-Security"]
    source = response.get_data(as_text=True)
    assert not re.search(r'(src|href)="(https?:)?//', source)
    assert "style=" not in source
    assert "<script" not in source


# ---------------------------------------------------------------- acting


def test_a_request_is_accepted_and_completed_with_a_note(ana, consult_id):
    assert press(ana, consult_id, "accept").status_code == 303
    assert "with Ana Ruiz" in words(page_of(ana, consult_id))
    spoken = "Spoke with her, safe at home"
    assert press(ana, consult_id, "complete", note=spoken, outcome="safe").status_code == 303
    page = words(page_of(ana, consult_id))
    assert "This request is closed" in page
    assert "Spoke with her, safe at home" in page
    assert PATIENT in words(ana.get("/clinic/?show=finished"))


def test_ending_a_request_without_a_note_is_refused_and_says_so(ana, consult_id):
    press(ana, consult_id, "accept")
    response = press(ana, consult_id, "complete", note="  ")
    assert response.status_code == 409
    assert "a note is needed" in words(response)


def test_of_two_clinicians_one_wins_and_the_other_keeps_the_note(ana, app, parts, consult_id):
    add(parts, email="ben@clinic.example")
    ben = app.test_client()
    log_in(ben, email="ben@clinic.example")
    assert press(ana, consult_id, "accept", version="1").status_code == 303
    response = press(ben, consult_id, "accept", version="1", note="calling now")
    assert response.status_code == 409
    assert "somebody else changed the request" in words(response)
    assert "calling now" in response.get_data(as_text=True)


def test_a_held_conversation_is_released_and_the_patient_asked_again(ana, twilio, consult_id):
    twilio.say("hello")
    assert press(ana, consult_id, "release").status_code == 303
    page = words(page_of(ana, consult_id))
    assert "the screening is going on" in page
    assert "Release the hold" in page
    assert press(ana, consult_id, "take-over").status_code == 303
    assert "the bot is silent" in words(page_of(ana, consult_id))
    assert twilio.say("are you there?") == []
    assert press(ana, consult_id, "take-over").status_code == 409


@pytest.mark.parametrize("form", [{"action": "explode"}, {"action": "accept", "version": "x"}])
def test_a_button_that_does_not_exist_is_refused(ana, consult_id, form):
    token = token_in(page_of(ana, consult_id))
    response = ana.post(
        f"/clinic/consults/{consult_id}", data={"csrf_token": token, "version": "1", **form}
    )
    assert response.status_code == 422


def test_a_request_of_another_clinic_looks_like_none_at_all(app, parts, consult_id):
    elsewhere = {"id": "other", "name": "Other", "sms_numbers": ("+15005550077",)}
    add_clinic(parts, type(CLINIC)(**{**_fields(CLINIC), **elsewhere}))
    add(parts, email="eve@other.example", clinic_ids=("other",))
    eve = app.test_client()
    log_in(eve, email="eve@other.example")
    theirs = page_of(eve, consult_id)
    nobodys = page_of(eve, "f" * 32)
    assert (theirs.status_code, nobodys.status_code) == (404, 404)
    assert theirs.data.replace(consult_id.encode(), b"") == nobodys.data.replace(b"f" * 32, b"")
    assert PATIENT not in words(eve.get("/clinic/"))


def _fields(clinic):
    return {name: getattr(clinic, name) for name in clinic.__struct_fields__}


# ---------------------------------------------------------------- alerts


def test_an_alert_is_taken_by_the_button_behind_its_link(app, parts, consult_id):
    with parts.engine.connect() as connection:
        alert_id = connection.scalar(select(AlertRow.id))
    path = alert_link(parts, alert_id).removeprefix("https://clinic.example")
    nurse = app.test_client()
    page = nurse.get(path)
    assert page.status_code == 200
    assert PATIENT not in page.get_data(as_text=True)
    taken = nurse.post(path, data={"csrf_token": token_in(page)})
    assert "You have it" in words(taken)
    assert "already" in words(nurse.get(path))
    assert nurse.get(path[:-1] + ("0" if path[-1] != "0" else "1")).status_code == 404


def test_a_signed_text_is_no_way_into_the_pages(client):
    assert Twilio(client).text("hi", path="/clinic/login").status_code == 403
