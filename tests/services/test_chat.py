"""The web chat on each database: sessions, turns, what is open, what is shown."""

from dataclasses import replace
from threading import Barrier, Thread

import pytest

from bot.core.errors import IdTaken, NotFound, SessionOver
from bot.services.chat import leave_chat
from bot.services.chat_tokens import new_chat_token, read_chat_token
from bot.services.consult_sheet import read_sheet
from bot.services.consults import list_consults
from bot.services.handover import release, speak, take_over
from bot.services.timers import fire_due_timers
from bot.store import tables
from tests.services.test_consults import DANGER
from tests.services.visiting import Chat, said

BORN = "3/14/1985"


@pytest.fixture
def chat(door):
    return Chat(door)


@pytest.fixture
def visitor(chat):
    return chat.visitor()


def conversation(door):
    (row,) = [row for row in door.rows(tables.ConversationRow) if row.is_current]
    return row


def test_only_the_hash_of_a_token_is_stored(door, chat, visitor):
    (row,) = door.rows(tables.ChatSessionRow)
    secret = visitor.opened.token.partition(".")[2]
    stored = repr([vars(row), *(vars(patient) for patient in door.rows(tables.PatientRow))])
    assert row.token_hash == visitor.key.token_hash
    assert secret[:43] not in stored
    assert row.address_hash == door.rows(tables.PatientRow)[0].address_hash


def test_a_token_that_was_changed_anywhere_is_nobodys(chat, visitor):
    token = visitor.opened.token
    for place in range(len(token)):
        other = "A" if token[place] != "A" else "B"
        changed = token[:place] + other + token[place + 1 :]
        assert read_chat_token(chat.parts, changed) is None, place


def test_a_genuine_token_without_a_session_opens_nothing(chat, visitor):
    visitor.key = read_chat_token(chat.parts, new_chat_token(chat.parts, chat.clinic.id))
    with pytest.raises(SessionOver):
        visitor.read()
    with pytest.raises(SessionOver):
        visitor.send("hello")


def test_two_visitors_have_two_conversations(chat, door):
    first, second = chat.visitor(), chat.visitor()
    first.say("1")
    assert len(first.read().messages) == 4
    assert len(second.read().messages) == 2
    assert len(door.rows(tables.PatientRow)) == 2


def test_an_unused_session_ends_and_use_puts_its_end_off(chat, visitor, clock):
    clock.advance(hours=23)
    visitor.say("1")
    clock.advance(hours=23)
    assert visitor.read().messages
    clock.advance(hours=1, seconds=1)
    with pytest.raises(SessionOver):
        visitor.read()
    with pytest.raises(SessionOver):
        visitor.send(BORN)


def test_reading_alone_does_not_keep_a_session_alive(visitor, clock):
    clock.advance(hours=23)
    visitor.read()
    clock.advance(hours=1)
    with pytest.raises(SessionOver):
        visitor.read()


@pytest.mark.parametrize("end", ["expires", "is left"])
def test_danger_after_the_end_of_a_session_is_answered_recorded_and_paged(
    chat, visitor, door, clock, end
):
    if end == "expires":
        clock.advance(days=2)
    else:
        leave_chat(chat.parts, visitor.key)
    answer = visitor.send(DANGER)
    assert answer.is_over
    assert "911" in answer.view.emergency.texts[0]
    assert len(door.rows(tables.AlertRow)) == 1
    assert conversation(door).status == "held"


def test_a_left_session_cannot_be_left_again(chat, visitor):
    leave_chat(chat.parts, visitor.key)
    with pytest.raises(SessionOver):
        leave_chat(chat.parts, visitor.key)


def test_sessions_long_over_are_forgotten_but_not_what_was_said(chat, visitor, door, clock):
    clock.advance(days=9)
    chat.visitor()
    assert len(door.rows(tables.ChatSessionRow)) == 1
    assert len(door.rows(tables.PatientRow)) == 2


def test_one_message_sent_ten_times_at_once_is_one_turn(visitor, door):
    start, answers = Barrier(10), []

    def send():
        start.wait()
        answers.append(visitor.say("1", client_id="same"))

    threads = [Thread(target=send) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 10
    assert len({answer.messages for answer in answers}) == 1
    assert conversation(door).turn_number == 2


def test_an_id_stands_for_one_message_of_one_visitor(chat, visitor):
    visitor.say("1", client_id="a")
    with pytest.raises(IdTaken):
        visitor.send("2", client_id="a")
    with pytest.raises(IdTaken):
        visitor.send(change="dob", client_id="a")
    assert said(chat.visitor().say("1", client_id="a"), "patient") == ["1"]


def test_two_tabs_see_one_order(visitor):
    first = visitor.read()
    seen = first.messages[-1].id
    visitor.say("1")
    visitor.say(BORN)
    new = visitor.read(after=seen).messages
    assert visitor.read().messages == (*_closed(first.messages), *new)
    assert [message.sender for message in new] == ["patient", "bot", "patient", "bot"]
    assert visitor.read(after=new[-1].id).messages == ()
    assert visitor.read(after=new[1].id).messages == new[2:]


def _closed(messages):
    """Messages once their question is answered: without choices."""
    return tuple(type(m)(**{**_fields(m), "choices": ()}) for m in messages)


def _fields(message):
    return {name: getattr(message, name) for name in message.__struct_fields__}


def test_a_choice_is_shown_by_its_label_wherever_it_is_read(visitor):
    answered = visitor.say("1").messages[0]
    assert (answered.text, answered.shown) == ("1", "Yes")
    before = visitor.read().messages[1].id
    assert visitor.read(after=before).messages[0].shown == "Yes"


def test_an_earlier_answer_is_asked_again_and_changed(visitor):
    visitor.say("1")
    visitor.say(BORN)
    view = visitor.change("dob")
    assert "birth" in said(view)[0]
    assert "date of birth" in said(view, "patient")[0].lower()
    assert view.input.link_id == "dob"
    assert view.progress.answered < 3
    again = visitor.say("4/15/1986")
    assert again.messages[0].link_id == "dob"
    assert again.input.link_id == "place"


@pytest.mark.parametrize("target", ["place", "phq9_1", "nonsense", "greeting", "{topic}"])
def test_what_was_not_answered_cannot_be_changed(visitor, target):
    visitor.say("1")
    view = visitor.change(target)
    assert view.input.link_id == "dob"
    assert "no answer to change" in said(view)[0]


def test_nothing_is_changed_while_the_chat_is_held(visitor):
    visitor.say("1")
    visitor.say(DANGER)
    view = visitor.change("consent")
    assert view.status == "held"
    (told,) = said(view)
    assert "waits for a person" in told
    assert view.input.link_id == "asq_1"
    assert view.emergency is not None


def test_a_clinicians_words_come_under_their_name(visitor, door, clinician):
    visitor.say("1")
    visitor.say(DANGER)
    (request,) = list_consults(door.parts, clinician)
    seen = visitor.read().messages[-1].id
    take_over(door.parts, clinician, request.id)
    speak(door.parts, clinician, request.id, "Hello, how are you?")
    view = visitor.read(after=seen)
    words = view.messages[-1]
    assert (words.sender, words.speaker, words.text) == (
        "clinician",
        "Dr Doe",
        "Hello, how are you?",
    )
    assert (view.status, view.speaker.kind, view.speaker.name) == ("human", "clinician", "Dr Doe")
    assert clinician.id not in repr(view)
    assert said(visitor.say("thank you")) == []
    assert said(visitor.change("consent")) == []
    release(door.parts, clinician, request.id)
    assert visitor.read().speaker.kind == "bot"
    assert visitor.read().input.link_id == "dob"


def test_the_clinicians_transcript_says_what_was_to_be_changed(visitor, door, clinician):
    visitor.say("1")
    visitor.say(BORN)
    visitor.change("dob")
    visitor.say(DANGER)
    (request,) = list_consults(door.parts, clinician)
    lines = [line.text for line in read_sheet(door.parts, clinician, request.id).transcript]
    assert any(line.startswith("I want to change: ") for line in lines)
    assert "dob" not in lines


def test_the_language_can_be_switched_by_its_own_name(visitor):
    commands = visitor.read().language_commands
    assert visitor.say(commands["es"]).language == "es"
    assert visitor.say(commands["en"]).language == "en"


def test_skip_and_back_are_texts_that_do_so(visitor):
    visitor.say("1")
    view = visitor.say(BORN)
    assert view.input.can_go_back
    assert visitor.say(view.input.back).input.link_id == "dob"
    assert visitor.read().input.can_skip
    assert visitor.say(visitor.read().input.skip).input.link_id == "place"


def test_a_message_that_is_not_of_this_chat_is_not_found(chat, visitor):
    other = chat.visitor().read().messages[0].id
    with pytest.raises(NotFound):
        visitor.read(after=other)


def test_the_last_word_after_a_silence_waits_on_the_page(chat, door, clock):
    chat.rules = replace(chat.rules, session_seconds=60 * 86_400)
    visitor = chat.visitor()
    seen = visitor.say("1").messages[-1].id
    for _ in range(20):
        clock.advance(days=1)
        fire_due_timers(door.parts)
    view = visitor.read(after=seen)
    assert view.status == "expired"
    assert {message.sender for message in view.messages} == {"bot"}
    assert visitor.say("hello").input.link_id == "consent"
