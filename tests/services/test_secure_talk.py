"""A patient who texts goes on behind a secure link, on each database."""

import re
from datetime import date
from threading import Barrier, Thread

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from bot.core.errors import NotFound, SessionOver
from bot.core.messages import Channel
from bot.services.chat import leave_chat
from bot.services.chat_news import listening_since, read_news
from bot.services.chat_tokens import read_chat_token
from bot.services.handover import release
from bot.services.secure_link import (
    MOST_TRIES,
    WrongBirth,
    hear_danger_at_door,
    look_at_link,
    open_secure_link,
)
from bot.store import tables
from bot.store.rows import CHANGE, CLINICIAN, INBOUND, SILENCE
from tests.services.conftest import FakeDetector
from tests.services.visiting import RULES, Chat, Visitor, said

BORN = date(1985, 3, 14)
WRONG = date(1985, 3, 15)
DANGER = "I will kill myself"


class Texter:
    """A patient who has texted as far as the state they are in, and asks for a link."""

    def __init__(self, door):
        self.chat = Chat(door)
        self.door = door
        for text in ("hello", "yes", "1", "March 14 1985"):
            self.say(text)

    @property
    def parts(self):
        return self.door.parts

    def say(self, text):
        return " ".join(self.door.send(text).texts)

    def link(self):
        return re.search(r"/c/([\w-]+)", self.say("link"))[1]

    def enter(self, link=None, born=BORN):
        opened = open_secure_link(self.parts, RULES, link or self.link(), born)
        return Visitor(self.chat, opened)


@pytest.fixture
def texter(door):
    return Texter(door)


def test_the_session_is_of_the_texting_patient_and_reads_on(door, texter):
    visitor = texter.enter()
    (patient,) = door.rows(tables.PatientRow)
    (session,) = door.rows(tables.ChatSessionRow)
    assert patient.channel == Channel.SMS
    assert session.address_hash == patient.address_hash
    assert session.token_hash == visitor.key.token_hash
    seen = visitor.read()
    assert "hello" in said(seen, "patient")
    assert "Which state" in said(seen)[-1]
    assert visitor.say("CA").input.kind == "one_of"
    assert len(door.rows(tables.ConversationRow)) == 1


def test_of_many_who_open_a_link_at_once_one_gets_in(texter):
    link, together = texter.link(), Barrier(4)
    opened, refused = [], []

    def enter():
        together.wait()
        try:
            opened.append(texter.enter(link))
        except NotFound:
            refused.append(1)

    threads = [Thread(target=enter) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(opened), len(refused)) == (1, 3)


def test_wrong_dates_given_at_once_to_several_links_do_not_slip_past_the_limit(texter):
    links = [texter.link() for _ in range(3)]
    together, wrong = Barrier(9), []

    def guess(link):
        together.wait()
        try:
            open_secure_link(texter.parts, RULES, link, WRONG)
        except WrongBirth:
            wrong.append(1)
        except NotFound:
            pass

    threads = [Thread(target=guess, args=(link,)) for link in links * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(wrong) == MOST_TRIES
    with pytest.raises(NotFound):
        texter.enter(links[0])


def test_after_a_day_new_links_may_be_tried_again(texter, clock):
    link = texter.link()
    for _ in range(MOST_TRIES):
        with pytest.raises(WrongBirth):
            texter.enter(link, WRONG)
    with pytest.raises(NotFound):
        texter.enter(texter.link())
    clock.advance(hours=25)
    texter.enter()


def test_looking_changes_nothing_and_asks_for_the_date(door, texter):
    link = texter.link()
    assert look_at_link(texter.parts, link).asks_birth
    (row,) = door.rows(tables.SecureLinkRow)
    assert (row.used_at, row.failed_tries) == (None, 0)


def test_danger_at_the_door_is_recorded_where_the_link_leads(door, texter):
    link, finding = texter.link(), FakeDetector().screen(DANGER)
    assert hear_danger_at_door(texter.parts, link, DANGER, finding) == "demo"
    assert hear_danger_at_door(texter.parts, "nobodys", DANGER, finding) is None
    (conversation,) = door.rows(tables.ConversationRow)
    assert conversation.status == "held"
    assert door.rows(tables.AlertRow)
    assert texter.enter(link).read().emergency is not None


def test_a_session_that_was_left_reads_nothing(texter):
    visitor = texter.enter()
    leave_chat(texter.parts, visitor.key)
    with pytest.raises(SessionOver):
        visitor.read()
    with pytest.raises(SessionOver):
        visitor.send("CA")


def test_who_listens_hears_what_is_texted_and_nothing_of_before(texter):
    visitor = texter.enter()
    session, told = listening_since(texter.parts, visitor.key, after=None)
    reader = (session.clinic_id, session.address_hash)
    assert read_news(texter.parts, {reader: told}) == {}
    answer = texter.say("CA")
    news = read_news(texter.parts, {reader: told})[reader]
    assert [message.text for message in news.messages] == ["CA", answer]


def test_a_clinician_who_lets_the_questions_go_on_sends_no_question_by_text(
    door, texter, clinician
):
    visitor = texter.enter()
    visitor.say(DANGER)
    (consult,) = door.rows(tables.ConsultRow)
    release(texter.parts, clinician, consult.id)
    queued = {row.id for row in door.rows(tables.OutboxRow) if row.kind == "patient-text"}
    texts = [row.body for row in door.rows(tables.MessageRow) if row.id in queued]
    assert "private page" in " ".join(texts)
    assert "Which state" not in " ".join(texts)
    assert visitor.read().input.link_id == "place"
    assert texter.enter(re.search(r"/c/([\w-]+)", " ".join(texts))[1])


def test_a_token_names_its_conversation_and_no_other(texter):
    visitor = texter.enter()
    token = visitor.opened.token
    assert read_chat_token(texter.parts, token) == visitor.key
    for place in range(len(token)):
        other = "0" if token[place] != "0" else "1"
        changed = token[:place] + other + token[place + 1 :]
        assert read_chat_token(texter.parts, changed) is None, place


@pytest.mark.parametrize(
    ("direction", "kind"), [(CLINICIAN, "release"), (SILENCE, "reminder"), (INBOUND, CHANGE)]
)
def test_entries_that_nobody_said_are_not_told(door, texter, direction, kind):
    visitor = texter.enter()
    session, told = listening_since(texter.parts, visitor.key, after=None)
    (conversation,) = door.rows(tables.ConversationRow)
    with Session(texter.parts.engine) as store:
        place = {"conversation_id": conversation.id, "turn_number": conversation.turn_number + 1}
        store.add(
            tables.MessageRow(
                id="f" * 32,
                position=0,
                direction=direction,
                channel="sms",
                kind=kind,
                body="nobody's words",
                media_count=0,
                has_location=False,
                created_at=door.clock(),
                **place,
            )
        )
        row = store.get(tables.ConversationRow, conversation.id)
        row.turn_number += 1
        store.commit()
    reader = (session.clinic_id, session.address_hash)
    assert read_news(texter.parts, {reader: told})[reader].messages == ()


def test_a_session_goes_along_into_the_conversation_that_follows(door, texter):
    visitor = texter.enter()
    with Session(texter.parts.engine) as store:
        store.execute(update(tables.ConversationRow).values(status="ended"))
        store.commit()
    texter.say("START OVER")
    assert len(door.rows(tables.ConversationRow)) == 2
    assert "not a person" in " ".join(said(visitor.read()))
    assert visitor.say("yes").input.link_id == "dob"
    assert "March 14 1985" in said(visitor.read(), "patient")


def test_two_sides_that_speak_at_once_lose_no_word(door, texter):
    visitor, together = texter.enter(), Barrier(6)

    def speak(say, text):
        together.wait()
        say(text)

    sides = [(visitor.say, f"page {n}") for n in range(3)]
    sides += [(texter.say, f"text {n}") for n in range(3)]
    threads = [Thread(target=speak, args=side) for side in sides]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    bodies = {row.body for row in door.rows(tables.MessageRow) if row.direction == INBOUND}
    assert {text for _, text in sides} <= bodies
