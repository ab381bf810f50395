"""The door of a secure link, and the chat that it opens."""

import re
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import func, select, update

from bot.core.clock import utc_now
from bot.core.errors import StoreUnavailable
from bot.store.tables import AlertRow, ChatSessionRow, ConversationRow, MessageRow, SecureLinkRow
from tests.web.chatting import Chatter, texts
from tests.web.conftest import CRISIS, PATIENT, PUBLIC

BORN = "1985-03-14"
OTHER_DAYS = [f"1985-03-{day}" for day in range(15, 30)]
PAGES_OF_OTHERS = ("https://www.harbor.example", "https://evil.example", "null")


def words(response):
    return unescape(re.sub(r"<[^>]+>", " ", response.get_data(as_text=True)))


def link_in(said):
    return re.search(r"https://clinic\.example(/c/\S+)", " ".join(said))[1].rstrip(".")


@pytest.fixture
def path(twilio):
    """The address of a link that was offered by text, before a date of birth is known."""
    twilio.say("hello")
    twilio.say("yes")
    return link_in(twilio.say("2"))


@pytest.fixture
def known(twilio):
    """The address of a link that was asked for once the date of birth was known."""
    for text in ("hello", "yes", "1", "March 14 1985"):
        twilio.say(text)
    return link_in(twilio.say("LINK"))


@pytest.fixture
def browser(app):
    return app.test_client()


def unlock(browser, path, born="", **more):
    return browser.post(path, json={"text": born}, **more)


def enter(browser, path, born=""):
    response = unlock(browser, path, born)
    assert response.status_code == 200, response.data
    return Chatter(browser, response.json["token"], response.json)


def count(parts, table):
    with parts.engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(table))


def test_a_link_opens_the_same_conversation_with_its_next_question(browser, path, parts):
    assert "Answer your questions on this page" in words(browser.get(path))
    visitor = enter(browser, path)
    seen = visitor.read()
    assert seen["messages"][0]["text"] == "hello"
    assert "date of birth" in seen["messages"][-1]["text"]
    assert seen["input"]["kind"] == "date"
    visitor.say("1985-03-14")
    assert count(parts, ConversationRow) == 1
    assert "1985-03-14" in texts(visitor.read(), "patient")


def test_of_the_session_only_a_hash_is_kept_and_the_link_is_used_up(browser, path, parts):
    visitor = enter(browser, path)
    assert browser.get_cookie("porchlight") is None
    with parts.engine.connect() as connection:
        kept = connection.execute(select(ChatSessionRow.token_hash)).scalars().all()
        assert connection.scalar(select(SecureLinkRow.used_at)) is not None
    assert len(kept) == 1
    assert visitor.token not in kept
    assert path.removeprefix("/c/") not in visitor.token


def test_no_page_shows_what_a_link_opens_with(browser, known, twilio):
    visitor = enter(browser, known, BORN)
    other = link_in(twilio.say("LINK"))
    shown = " ".join(texts(visitor.read()))
    assert shown.count("/c/…") == 2
    for path in (known, other):
        assert path not in shown


def test_looking_at_the_address_changes_nothing(browser, path, parts):
    for _ in range(9):
        assert browser.get(path).status_code == 200
        assert browser.head(path).status_code == 200
    with parts.engine.connect() as connection:
        assert connection.scalar(select(SecureLinkRow.used_at)) is None
    enter(browser, path)


@pytest.mark.parametrize("link", ["path", "known"])
def test_a_link_opens_once(app, browser, link, request):
    address = request.getfixturevalue(link)
    enter(browser, address, BORN if link == "known" else "")
    other = app.test_client()
    assert other.get(address).status_code == 404
    assert unlock(other, address, BORN).status_code == 404


def test_once_it_is_known_the_birth_date_is_asked_for(browser, known):
    page = browser.get(known)
    assert "Date of birth" in words(page)
    assert "1985" not in page.get_data(as_text=True)
    assert unlock(browser, known, "1985-03-15").status_code == 403
    assert unlock(browser, known, "").status_code == 403
    visitor = enter(browser, known, BORN)
    assert "Which state" in texts(visitor.read())[-1]


def test_opening_one_link_closes_the_others_of_the_conversation(browser, known, twilio):
    another = link_in(twilio.say("link"))
    enter(browser, known, BORN)
    assert unlock(browser, another, BORN).status_code == 404


def test_a_few_wrong_dates_close_every_link_even_for_the_right_one(browser, known, twilio):
    answers = [unlock(browser, known, day).status_code for day in OTHER_DAYS[:5]]
    assert answers == [403] * 5
    assert unlock(browser, known, BORN).status_code == 404
    assert browser.get(known).status_code == 404
    another = link_in(twilio.say("link"))
    assert unlock(browser, another, BORN).status_code == 404


def test_the_right_date_forgets_the_wrong_ones(browser, known, twilio):
    for day in OTHER_DAYS[:4]:
        unlock(browser, known, day)
    enter(browser, known, BORN)
    another = link_in(twilio.say("link"))
    assert unlock(browser, another, OTHER_DAYS[0]).status_code == 403
    enter(browser, another, BORN)


@pytest.mark.parametrize("born", ["nonsense", "14.3.1985", "1985-02-31", "9" * 400])
def test_what_is_no_date_is_no_try(browser, known, born):
    for _ in range(9):
        assert unlock(browser, known, born).status_code == 422
    enter(browser, known, BORN)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"text": 1}', b"born=1985-03-14"])
def test_what_is_no_question_to_the_door_is_refused(browser, known, body):
    response = browser.post(known, data=body, content_type="application/json")
    assert response.status_code in {400, 422}
    assert browser.post(known, data=body).status_code in {400, 415}


def test_an_old_link_is_closed(browser, known, parts):
    with parts.engine.begin() as connection:
        connection.execute(update(SecureLinkRow).values(expires_at=utc_now() - timedelta(1)))
    assert browser.get(known).status_code == 404
    assert unlock(browser, known, BORN).status_code == 404


def test_a_link_to_a_conversation_that_was_replaced_is_closed(browser, known, parts):
    with parts.engine.begin() as connection:
        connection.execute(update(ConversationRow).values(is_current=False))
    assert unlock(browser, known, BORN).status_code == 404


@pytest.mark.parametrize("token", ["x", "é", "a" * 3000, "%00", "..%2f"])
def test_a_token_of_nobodys_is_closed(browser, token):
    assert browser.get(f"/c/{token}").status_code == 404


def test_all_closed_links_look_alike(app, browser, known, parts):
    enter(browser, known, BORN)
    used = browser.get(known)
    with parts.engine.begin() as connection:
        connection.execute(
            update(SecureLinkRow).values(expires_at=utc_now() - timedelta(1), used_at=None)
        )
    pages = [used, browser.get(known), browser.get("/c/nobodys")]
    assert {(page.status_code, page.data) for page in pages} == {(404, used.data)}
    answers = [unlock(browser, each, BORN) for each in (known, "/c/nobodys")]
    assert len({(answer.status_code, answer.data) for answer in answers}) == 1


def test_the_closed_page_speaks_the_readers_language(browser):
    page = browser.get("/c/nobodys", headers={"Accept-Language": "es-MX,es;q=0.9"})
    assert 'lang="es"' in page.get_data(as_text=True)
    assert "ENLACE" in words(page)


def test_the_door_is_in_the_patients_language(app, twilio):
    twilio.say("hola")
    twilio.say("sí")
    path = link_in(twilio.say("2"))
    page = app.test_client().get(path)
    assert 'lang="es"' in page.get_data(as_text=True)
    assert "Seguir" in words(page)


def test_help_is_one_tap_away_at_the_door_and_where_it_is_closed(browser, known):
    for page in (browser.get(known), browser.get("/c/nobodys")):
        assert "911" in words(page)
        assert "988" in words(page)
    for href in ("tel:911", "tel:988", "sms:988"):
        assert f'href="{href}"' in browser.get(known).get_data(as_text=True)


def test_the_page_of_an_open_chat_can_be_loaded_again_and_tells_nothing(browser, known):
    page = browser.get("/c/demo/es")
    assert page.status_code == 200
    source = page.get_data(as_text=True)
    assert 'data-clinic="demo"' in source
    assert "data-link" in source
    assert 'lang="es"' in source
    assert browser.get("/c/demo/xx").status_code == 404
    assert browser.get("/c/nobody/en").status_code == 404


def test_no_page_of_a_link_names_its_address_to_another(browser, known):
    for page in (browser.get(known), browser.get("/c/demo/en"), unlock(browser, known, "x")):
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert page.headers["Cache-Control"] == "no-store"


# --- danger


@pytest.mark.parametrize("link", ["path", "known"])
def test_danger_at_the_door_is_answered_recorded_and_paged(browser, link, request, parts):
    address = request.getfixturevalue(link)
    for _ in range(6):
        answer = unlock(browser, address, CRISIS)
        assert answer.status_code == 403
        assert "tel:911" in {each["href"] for each in answer.json["emergency"]["links"]}
    assert count(parts, AlertRow) >= 1
    with parts.engine.connect() as connection:
        bodies = connection.execute(select(MessageRow.body)).scalars().all()
    assert bodies.count(CRISIS) == 6
    assert count(parts, ConversationRow) == 1
    enter(browser, address, BORN if link == "known" else "")


def test_danger_at_a_door_that_is_closed_is_answered_and_recorded(browser, known, parts):
    enter(browser, known, BORN)
    assert unlock(browser, known, CRISIS).json["emergency"]["links"]
    assert count(parts, AlertRow) >= 1


@pytest.mark.parametrize(
    "body", [{"text": CRISIS}, {"text": CRISIS, "x": 1}, {"text": CRISIS * 99}]
)
def test_danger_at_nobodys_door_is_answered(browser, body):
    answer = browser.post("/c/nobodys", json=body)
    assert "911" in " ".join(answer.json["emergency"]["texts"])


def test_danger_at_the_door_is_answered_while_the_database_is_away(browser, known, monkeypatch):
    def gone(*_arguments, **_named):
        raise StoreUnavailable("gone")

    monkeypatch.setattr("bot.services.secure_link.find_link", gone)
    answer = unlock(browser, known, CRISIS)
    assert "911" in " ".join(answer.json["emergency"]["texts"])
    assert unlock(browser, known, BORN).status_code == 503


def test_danger_in_the_chat_is_recorded_in_the_texting_patients_conversation(
    browser, known, parts, monkeypatch
):
    visitor = enter(browser, known, BORN)
    view = visitor.say(CRISIS)
    assert view["status"] == "held"
    assert view["emergency"]["links"]
    assert count(parts, ConversationRow) == 1
    monkeypatch.setattr("bot.services.taking_turns.open_turn", _gone)
    kept = visitor.say(CRISIS)
    assert kept["is_stored"] is False
    assert kept["emergency"]["links"]
    parts.health.note_success()
    monkeypatch.undo()
    visitor.send("anything")
    assert count(parts, ConversationRow) == 1


def _gone(*_arguments, **_named):
    raise StoreUnavailable("gone")


def test_danger_after_the_session_is_over_is_recorded_all_the_same(browser, known, parts):
    visitor = enter(browser, known, BORN)
    visitor.leave()
    answer = visitor.send(CRISIS)
    assert answer.status_code == 401
    assert answer.json["emergency"]["links"]
    assert count(parts, AlertRow) >= 1


# --- whose page may use the session


def test_only_our_own_page_may_use_the_session_of_a_link(browser, known):
    visitor = enter(browser, known, BORN)
    for origin in PAGES_OF_OTHERS:
        headers = {**visitor.headers, "Origin": origin}
        assert browser.get("/chat/v1/messages", headers=headers).status_code == 403
        assert visitor.send("CA", headers={"Origin": origin}).status_code == 403
    assert visitor.send("CA", headers={"Origin": PUBLIC}).status_code == 200


@pytest.mark.parametrize("origin", PAGES_OF_OTHERS)
def test_the_door_opens_to_no_other_page(browser, known, origin):
    assert unlock(browser, known, BORN, headers={"Origin": origin}).status_code == 403
    enter(browser, known, BORN)


def test_the_token_of_a_link_is_no_token_of_another_conversation(browser, known, parts):
    visitor = enter(browser, known, BORN)
    clinic, conversation, secret = visitor.token.split(".")
    forged = [f"{clinic}.{secret}", f"{clinic}.{'0' * len(conversation)}.{secret}"]
    for token in forged:
        assert Chatter(browser, token, {}).look().status_code == 401
    assert visitor.look().status_code == 200


def test_nothing_older_than_the_links_conversation_is_shown(browser, twilio, parts):
    for text in ("hello", "yes", "1", "March 14 1985"):
        twilio.say(text)
    with parts.engine.begin() as connection:
        connection.execute(update(ConversationRow).values(status="ended"))
    twilio.say("START OVER")
    twilio.say("yes")
    visitor = enter(browser, link_in(twilio.say("2")))
    seen = visitor.read()
    assert "March 14 1985" not in texts(seen)
    assert seen["messages"][0]["text"] == "START OVER"
    with parts.engine.connect() as connection:
        older = connection.scalar(select(MessageRow.id).order_by(MessageRow.created_at).limit(1))
    assert visitor.look(older).status_code == 404


def test_a_session_goes_along_when_its_conversation_begins_anew(browser, known, parts):
    visitor = enter(browser, known, BORN)
    with parts.engine.begin() as connection:
        connection.execute(update(ConversationRow).values(status="ended"))
    view = visitor.say("START OVER")
    assert "not a person" in " ".join(texts(view, "bot"))
    assert count(parts, ConversationRow) == 2
    assert visitor.say("yes")["status"] == "active"


# --- the side of the texts


def test_who_texts_while_the_questions_are_on_the_page_is_not_asked_by_text(
    browser, known, twilio, parts
):
    visitor = enter(browser, known, BORN)
    before = visitor.read()["input"]
    said = " ".join(twilio.say("CA"))
    assert "private page" in said
    assert "state" not in said
    seen = visitor.read()
    assert seen["input"] == before
    assert texts(seen)[-2:] == ["CA", said]
    assert visitor.say("CA")["input"] != before


def test_a_word_by_text_takes_the_questions_back_and_the_page_follows(browser, known, twilio):
    visitor = enter(browser, known, BORN)
    assert "Which state" in " ".join(twilio.say("TEXT"))
    assert "Which state" in texts(visitor.read())[-1]
    twilio.say("CA")
    visitor.say("1")
    assert "private page" in " ".join(twilio.say("1"))


@pytest.mark.parametrize("text", ["HUMAN", "pause"])
def test_a_command_by_text_is_obeyed_without_a_question(browser, known, twilio, text):
    visitor = enter(browser, known, BORN)
    said = " ".join(twilio.say(text))
    assert "private page" not in said
    assert "Which state" not in said
    assert visitor.read()["input"]["link_id"] == "place"


def test_a_language_by_text_is_spoken_on_both_sides(browser, known, twilio):
    visitor = enter(browser, known, BORN)
    said = " ".join(twilio.say("español"))
    assert "pagina privada" in said
    assert visitor.read()["language"] == "es"


def test_who_wants_no_texts_may_go_on_on_the_page(browser, known, twilio, parts):
    visitor = enter(browser, known, BORN)
    twilio.say("STOP")
    assert twilio.say("hello?") == []
    view = visitor.say("CA")
    assert texts(view, "bot")
    assert visitor.say(CRISIS)["emergency"]["links"]


def test_who_wants_no_texts_may_open_a_link_they_have(browser, known, twilio):
    twilio.say("STOP")
    visitor = enter(browser, known, BORN)
    assert "Which state" in texts(visitor.read())[-1]


def test_danger_by_text_holds_the_page_as_well(browser, known, twilio):
    visitor = enter(browser, known, BORN)
    assert "911" in " ".join(twilio.say(CRISIS))
    seen = visitor.read()
    assert seen["status"] == "held"
    assert seen["emergency"]["links"]


def test_talk_about_somebody_else_by_text_brings_help_and_a_link_but_no_question(
    browser, known, twilio
):
    enter(browser, known, BORN)
    said = twilio.say("my brother wants to kill himself")
    assert "911" in said[0]
    assert "/c/" in said[-1]
    assert "Which state" not in " ".join(said)


def test_the_same_message_under_the_same_id_is_one_turn(browser, known, parts):
    visitor = enter(browser, known, BORN)
    first = visitor.say("CA", client_id="once")
    assert visitor.say("CA", client_id="once")["messages"] == first["messages"]
    assert visitor.send("NY", client_id="once").status_code == 409


def test_a_phone_that_is_nobodys_gets_no_link_of_another(browser, known, twilio):
    others = link_in(
        [*twilio.say("hi", From="+15005550002"), *twilio.say("link", From="+15005550002")]
    )
    visitor = enter(browser, others)
    assert "March 14 1985" not in texts(visitor.read())
    assert PATIENT != "+15005550002"
