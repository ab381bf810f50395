from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twilio.twiml.messaging_response import MessagingResponse

from bot.channels.twiml import EMPTY, reply_document


def bodies(document):
    return [body.text or "" for body in ElementTree.fromstring(document).iter("Body")]


def test_no_text_is_an_empty_response():
    assert reply_document([]) == EMPTY
    assert list(ElementTree.fromstring(EMPTY)) == []


def test_each_text_is_a_message_in_order():
    assert bodies(reply_document(["one", "two"])) == ["one", "two"]


def test_twilios_library_writes_the_same_document():
    theirs = MessagingResponse()
    theirs.message(status_callback="https://a.example/s?x=1&y=2").body('Fish & <chips> "now"')
    ours = reply_document(
        ['Fish & <chips> "now"'], status_callbacks=["https://a.example/s?x=1&y=2"]
    )
    assert ElementTree.canonicalize(ours.decode()) == ElementTree.canonicalize(str(theirs))


def test_a_text_without_a_callback_is_sent_all_the_same():
    document = ElementTree.fromstring(
        reply_document(["a", "b"], status_callbacks=["https://a.example/"])
    )
    assert [m.get("statusCallback") for m in document] == ["https://a.example/", None]


def test_the_same_texts_give_the_same_bytes():
    assert reply_document(["é 👋"]) == reply_document(["é 👋"])


@pytest.mark.parametrize("character", ["\0", "\x0b", "\ufffe", "\ud800"])
def test_what_xml_cannot_hold_is_left_out(character):
    assert bodies(reply_document([f"a{character}b"])) == ["ab"]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.text(), max_size=4))
def test_every_text_gives_a_readable_document(texts):
    assert len(bodies(reply_document(texts))) == len(texts)
