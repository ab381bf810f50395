"""Keywords, silence, pictures, endings: what the conversation does around the flow."""

from hashlib import sha256

import pytest

from bot.conversation.model import (
    ConsultOpened,
    ConversationStarted,
    ConversationStatus,
    Flagged,
    LinkIssued,
    OptOutChanged,
    ReplyKind,
)
from bot.core.decisions import Priority
from bot.core.messages import Channel, OptOutType
from bot.core.segments import is_gsm7

SCREENED_OUT = ("Hi", "yes", "1", "3/14/1990", "TX")


def test_a_first_text_is_greeted_by_an_assistant_that_says_what_it_is(phone, events):
    outcome = phone.text("Hi there")
    said = " ".join(reply.text for reply in outcome.replies)
    for fact in ("automated", "not a person", "911", "988", "STOP", "HELP"):
        assert fact in said
    assert events(outcome, ConversationStarted)[0].replaces is None
    assert outcome.conversation.turn_number == 1


@pytest.mark.parametrize(
    ("text", "language"),
    [("hola", "es"), ("Buenas tardes", "es"), ("¿Quiero información?", "es"), ("Hi", "en"),
     ("", "en"), ("bonjour", "en")],
)  # fmt: skip
def test_the_first_words_tell_the_language(phone, text, language):
    assert phone.text(text).conversation.language == language


@pytest.mark.parametrize("word", ["STOP", "stop.", "Unsubscribe", "END", "Quit", "cancel"])
def test_the_carriers_own_words_are_recorded_and_not_answered_twice(at_phq9, events, word):
    outcome = at_phq9.text(word)
    assert outcome.replies == ()
    assert events(outcome, OptOutChanged)[0].opted_out


@pytest.mark.parametrize(
    "words", ["stop please", "PARAR", "Alto", "no más mensajes", "don’t text me", "opt out"]
)
def test_any_reasonable_way_to_say_stop_is_honoured_and_confirmed_once(at_phq9, words):
    outcome = at_phq9.text(words)
    assert outcome.conversation.opted_out
    (reply,) = outcome.replies
    assert "START" in reply.text
    assert at_phq9.text(words).replies == ()


def test_an_opted_out_patient_is_heard_but_not_texted(at_phq9):
    at_phq9.text("STOP")
    outcome = at_phq9.text("is anybody there")
    assert outcome.replies == ()
    assert outcome.conversation.turn_number == 7


def test_yes_from_an_opted_out_number_is_never_an_answer(phone):
    phone.text("Hi")
    phone.text("STOP")
    outcome = phone.text("YES")
    assert not outcome.conversation.opted_out
    assert outcome.conversation.flow_state.answers == ()
    assert "OK to start" in outcome.replies[-1].text


def test_start_brings_the_open_question_back(at_phq9):
    at_phq9.text("STOP")
    outcome = at_phq9.text("START")
    assert "again" in outcome.replies[0].text
    assert "Little interest" in outcome.replies[-1].text


@pytest.mark.parametrize("word", ["HELP", "help", "INFO", "Ayuda", "información"])
def test_help_gives_crisis_resources_in_the_middle_of_a_question(at_phq9, word):
    before = at_phq9.conversation.flow_state
    outcome = at_phq9.text(word)
    assert "911" in outcome.replies[0].text
    assert "988" in outcome.replies[0].text
    assert outcome.conversation.flow_state == before


def test_help_that_the_carrier_has_answered_is_not_answered_again(at_phq9):
    assert at_phq9.text("HELP", opt_out_type=OptOutType.HELP).replies == ()


def test_the_bot_is_silent_while_a_clinician_speaks(at_phq9):
    at_phq9.become(status=ConversationStatus.HUMAN)
    for text in ("yes", "thanks", "BACK", "I tried to kill myself in 2015"):
        assert at_phq9.text(text).replies == ()


@pytest.mark.parametrize(
    ("fields", "code", "words"),
    [({"media_count": 1}, "picture", "pictures"), ({"has_location": True}, "location", "map")],
)
def test_what_cannot_be_read_is_said_flagged_and_asked_again(at_phq9, events, fields, code, words):
    before = at_phq9.conversation.flow_state
    outcome = at_phq9.text("", **fields)
    assert words in outcome.replies[0].text
    assert "911" in outcome.replies[0].text
    assert "Little interest" in outcome.replies[-1].text
    assert [flag.code for flag in events(outcome, Flagged)] == [code]
    assert outcome.conversation.flow_state.answers == before.answers


def test_a_text_that_comes_with_a_picture_is_read(at_phq9):
    outcome = at_phq9.text("1", media_count=1)
    assert outcome.conversation.flow_state.answers[-1].link_id == "phq9_1"


def test_without_its_flow_a_message_reaches_a_person(at_phq9, events):
    at_phq9.flow = None
    outcome = at_phq9.text("1")
    assert "911" in outcome.replies[0].text
    (consult,) = events(outcome, ConsultOpened)
    assert (consult.priority, consult.reasons) == (Priority.URGENT, ("flow-unavailable",))


def test_not_now_ends_kindly_and_asks_no_clinician(phone, events):
    outcome = phone.through(*SCREENED_OUT)
    assert phone.status is ConversationStatus.ENDED
    assert "HUMAN" in outcome.replies[-1].text
    assert outcome.facts["disposition"] == "not-now"
    assert events(outcome, ConsultOpened) == []


def test_after_the_end_a_person_can_still_be_asked_for(phone, events):
    phone.through(*SCREENED_OUT)
    outcome = phone.text("human")
    assert events(outcome, ConsultOpened)[0].reasons == ("human:patient",)
    assert "911" in outcome.replies[0].text


def test_after_the_end_the_patient_can_start_over(phone, events):
    old = phone.through(*SCREENED_OUT).conversation
    outcome = phone.text("start over")
    assert events(outcome, ConversationStarted)[0].replaces == old.id
    assert outcome.conversation.id != old.id
    assert outcome.conversation.turn_number == 1
    assert phone.status is ConversationStatus.ACTIVE


def test_after_the_end_any_other_text_says_what_is_possible(phone):
    phone.through(*SCREENED_OUT)
    (reply,) = phone.text("thanks!").replies
    assert "START OVER" in reply.text


def test_a_human_can_be_asked_for_in_the_middle(at_phq9, events):
    outcome = at_phq9.text("I want to talk to a person")
    assert events(outcome, ConsultOpened)[0].reasons == ("human:patient",)
    assert outcome.replies


def test_the_secure_link_is_issued_and_only_its_hash_is_kept(phone, events):
    outcome = phone.through("Hi", "yes", "2")
    (link,) = events(outcome, LinkIssued)
    said = " ".join(reply.text for reply in outcome.replies)
    assert "https://door.test/c/token1" in said
    assert link.token_hash == sha256(b"token1").hexdigest()
    assert link.expires_at > phone.now


def test_texts_by_sms_stay_in_the_cheap_alphabet(phone):
    for text in ("hola", "si", "1", "14/3/1990", "CA", "1", "PERSONA", "AYUDA", "PAUSA"):
        for reply in phone.text(text).replies:
            assert is_gsm7(reply.text), reply.text


def test_on_the_web_accents_stay(phone):
    outcome = phone.text("hola", channel=Channel.WEB)
    assert "á" in " ".join(reply.text for reply in outcome.replies)


def test_every_reply_of_the_flow_is_routine(at_phq9):
    assert {reply.kind for reply in at_phq9.text("1").replies} == {ReplyKind.ROUTINE}
