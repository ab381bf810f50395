"""The page behind a secure link."""

import re
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import func, select, update

from bot.core.clock import utc_now
from bot.core.errors import StoreUnavailable
from bot.store.tables import ConversationRow, MessageRow, SecureLinkRow
from tests.web.conftest import CRISIS

BORN = "1985-03-14"


def token_in(page):
    return re.search(r'name="csrf_token" value="([^"]+)"', page.get_data(as_text=True))[1]


def words(response):
    return unescape(re.sub(r"<[^>]+>", " ", response.get_data(as_text=True)))


def link_in(texts):
    return re.search(r"https://clinic\.example(/c/\S+)", " ".join(texts))[1].rstrip(".")


@pytest.fixture
def path(twilio):
    """The address of a link that was offered by text, before a date of birth is known."""
    twilio.say("hello")
    twilio.say("yes")
    return link_in(twilio.say("2"))


@pytest.fixture
def browser(app):
    return app.test_client()


def enter(browser, path, **form):
    return browser.post(path, data={"csrf_token": token_in(browser.get(path)), **form})


def write(browser, text="", *, client_id=None, **form):
    page = browser.get("/c/")
    shown = re.search(r'name="client_id" value="([^"]+)"', page.get_data(as_text=True))[1]
    data = {"csrf_token": token_in(page), "client_id": client_id or shown, "text": text, **form}
    return browser.post("/c/", data=data)


def test_a_link_opens_the_same_conversation_with_its_next_question(browser, path, parts):
    assert "Answer your questions on this page" in words(browser.get(path))
    assert enter(browser, path).status_code == 303
    page = browser.get("/c/")
    assert "date of birth" in words(page)
    write(browser, "3/14/1985")
    with parts.engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(ConversationRow)) == 1
    assert "3/14/1985" in words(browser.get("/c/"))


def test_the_token_is_not_in_the_page_once_it_is_open(browser, path):
    answer = enter(browser, path)
    assert answer.headers["Location"] == "/c/"
    cookie = browser.get_cookie("porchlight").value
    assert path.removeprefix("/c/") not in cookie


def test_opening_the_address_alone_changes_nothing(browser, path, parts):
    for _ in range(9):
        assert browser.get(path).status_code == 200
    with parts.engine.connect() as connection:
        assert connection.scalar(select(SecureLinkRow.used_at)) is None


def test_before_a_birth_date_is_known_a_link_opens_once(app, browser, path):
    assert enter(browser, path).status_code == 303
    stranger = app.test_client()
    assert enter(stranger, path).status_code == 404
    assert stranger.get("/c/").status_code == 404


def test_once_it_is_known_the_birth_date_opens_it_again(app, browser, path):
    enter(browser, path)
    write(browser, "3/14/1985")
    other = app.test_client()
    assert "Date of birth" in words(other.get(path))
    assert enter(other, path, born="1985-03-15").status_code == 403
    assert other.get("/c/").status_code == 404
    assert enter(other, path, born=BORN).status_code == 303
    assert other.get("/c/").status_code == 200


def test_a_few_wrong_dates_close_the_link_even_for_the_right_one(app, browser, path):
    enter(browser, path)
    write(browser, "3/14/1985")
    guesser = app.test_client()
    answers = [enter(guesser, path, born=f"1985-03-{day}").status_code for day in range(15, 20)]
    assert set(answers) == {403, 404} or answers[0] == 403
    assert guesser.get(path).status_code == 404


@pytest.mark.parametrize("born", ["", "nonsense", "14.3.1985", "1985-02-31", "9" * 400])
def test_a_date_that_is_none_is_a_wrong_one(app, browser, path, born):
    enter(browser, path)
    write(browser, "3/14/1985")
    assert enter(app.test_client(), path, born=born).status_code == 403


def test_an_old_link_is_closed(browser, path, parts):
    enter(browser, path)
    with parts.engine.begin() as connection:
        connection.execute(update(SecureLinkRow).values(expires_at=utc_now() - timedelta(1)))
    assert browser.get(path).status_code == 404
    assert browser.get("/c/").status_code == 404


@pytest.mark.parametrize("token", ["x", "é", "a" * 3000, "%00", "..%2f"])
def test_a_token_of_nobodys_is_closed(browser, token):
    assert browser.get(f"/c/{token}").status_code == 404


def test_the_page_is_in_the_patients_language(app, twilio):
    twilio.say("hola")
    twilio.say("sí")
    path = link_in(twilio.say("2"))
    page = app.test_client().get(path)
    assert 'lang="es"' in page.get_data(as_text=True)
    assert "Seguir" in words(page)


def test_a_choice_can_be_pressed(browser, path):
    enter(browser, path)
    write(browser, "3/14/1985")
    write(browser, "California")
    page = browser.get("/c/").get_data(as_text=True)
    assert 'name="choice"' in page
    before = words(browser.get("/c/"))
    assert write(browser, choice="1").status_code == 303
    assert words(browser.get("/c/")) != before


def test_the_same_form_sent_twice_is_one_turn(browser, path, parts):
    enter(browser, path)
    for _ in range(2):
        write(browser, "3/14/1985", client_id="once")
    with parts.engine.connect() as connection:
        query = select(func.count()).select_from(MessageRow)
        inbound = query.filter_by(direction="inbound", channel="web")
        assert connection.scalar(inbound) == 2


def test_danger_on_the_page_is_answered_with_where_help_is(browser, path):
    enter(browser, path)
    write(browser, CRISIS)
    page = words(browser.get("/c/"))
    assert "911" in page
    assert "988" in page


def test_danger_is_answered_while_the_database_is_away(browser, path, monkeypatch):
    enter(browser, path)
    token = token_in(browser.get("/c/"))

    def gone(*_arguments, **_named):
        raise StoreUnavailable("gone")

    monkeypatch.setattr("bot.services.secure_link.find_link", gone)
    monkeypatch.setattr("bot.services.taking_turns.open_turn", gone)
    response = browser.post("/c/", data={"csrf_token": token, "client_id": "x", "text": CRISIS})
    assert response.status_code == 200
    assert words(response).count("988") >= 2


def test_danger_is_answered_though_the_link_is_closed_by_now(browser, path, parts):
    enter(browser, path)
    token = token_in(browser.get("/c/"))
    with parts.engine.begin() as connection:
        connection.execute(update(SecureLinkRow).values(expires_at=utc_now() - timedelta(1)))
    form = {"csrf_token": token, "client_id": "x"}
    assert browser.post("/c/", data={**form, "text": "hello"}).status_code == 404
    response = browser.post("/c/", data={**form, "text": CRISIS})
    assert response.status_code == 200
    assert words(response).count("988") >= 2


def test_the_page_is_nobodys_without_a_link(browser):
    assert browser.get("/c/").status_code == 404
    assert browser.post("/c/", data={"text": "hi"}).status_code in {403, 404}


def test_what_is_written_is_inert(browser, path):
    enter(browser, path)
    write(browser, "<script>alert(1)</script>")
    source = browser.get("/c/").get_data(as_text=True)
    assert "<script" not in source
    assert "&lt;script&gt;" in source


def test_help_is_one_tap_away_on_every_page_of_a_link(browser, path):
    door = browser.get(path)
    enter(browser, path)
    for page in (door, browser.get("/c/")):
        for href in ("tel:911", "tel:988", "sms:988"):
            assert f'href="{href}"' in page.get_data(as_text=True)


def test_a_question_of_the_engines_own_can_be_pressed_too(browser, path):
    enter(browser, path)
    page = write(browser, "03/04/1990")
    assert page.status_code == 303
    shown = browser.get("/c/").get_data(as_text=True)
    assert shown.count('type="radio"') >= 2


def test_on_hold_only_the_risk_screens_choices_can_be_pressed(browser, path):
    enter(browser, path)
    write(browser, "03/04/1990")
    write(browser, "I want to kill myself")
    shown = browser.get("/c/").get_data(as_text=True)
    assert shown.count('type="radio"') == 2
    assert "April" not in shown.split("<fieldset>")[1]


def test_on_hold_the_birth_date_is_still_asked_for(app, browser, path):
    enter(browser, path)
    write(browser, "March 14 1985")
    write(browser, "I want to kill myself")
    assert 'name="born"' in app.test_client().get(path).get_data(as_text=True)
